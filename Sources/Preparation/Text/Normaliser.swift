// One way of writing for texts that say the same: character references, accents, full-width forms, white space.

internal import Recipes
@_spi(_Unicode) internal import Swift

/// Rewrites texts as a `normalise` step says.
struct Normaliser {
    let rules: NormaliseStep
    private var buffer: [UInt8] = []

    init(_ rules: NormaliseStep) { self.rules = rules }

    /// The text rewritten, `nil` where it is as it should be.
    mutating func normalise(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            let traits = Self.traits(of: bytes)
            guard concerns(traits) else { return nil }
            buffer.removeAll(keepingCapacity: true)
            buffer.append(contentsOf: bytes)
            if rules.html, traits.hasAmpersand { decodeReferences() }
            if buffer.contains(where: { $0 >= 0x80 }) {
                if rules.unicode == .nfc, needsComposition() { compose() }
                if rules.fullWidth != .keep { narrow() }
                if rules.whitespace != .keep { unifySpaces() }
            }
            if rules.whitespace != .keep { tidySpaces() }
            if rules.letterCase == .lower { lower() }
            if buffer.count == bytes.count, buffer.elementsEqual(bytes) { return nil }
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    // MARK: Is there anything to do?

    private struct Traits {
        var hasAmpersand = false
        var isForeign = false
        var hasUntidySpace = false
    }

    /// One look at every byte: most texts are left at that.
    private static func traits(of bytes: UnsafeBufferPointer<UInt8>) -> Traits {
        var traits = Traits()
        var before: UInt8 = 0x20
        for byte in bytes {
            if byte <= 0x20 {
                if before <= 0x20 || (byte != 0x20 && byte != 0x0A) { traits.hasUntidySpace = true }
            } else if byte == UInt8(ascii: "&") {
                traits.hasAmpersand = true
            } else if byte >= 0x7F {
                traits.isForeign = true
            }
            before = byte
        }
        if before <= 0x20, !bytes.isEmpty { traits.hasUntidySpace = true }
        return traits
    }

    private func concerns(_ traits: Traits) -> Bool {
        rules.letterCase == .lower || (traits.hasAmpersand && rules.html) || traits.isForeign
            || (traits.hasUntidySpace && rules.whitespace != .keep)
    }

    // MARK: Capitals

    private mutating func lower() { buffer = Array(String(decoding: buffer, as: UTF8.self).lowercased().utf8) }

    // MARK: Character references

    private mutating func decodeReferences() {
        var output: [UInt8] = []
        output.reserveCapacity(buffer.count)
        buffer.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                let byte = bytes[position]
                guard byte == UInt8(ascii: "&") else {
                    output.append(byte)
                    position += 1
                    continue
                }
                let limit = min(bytes.count, position + 2 + HTMLEntities.maximumNameLength)
                if let end = (position + 1..<limit).first(where: { bytes[$0] == UInt8(ascii: ";") }),
                    let scalar = HTMLEntities.scalar(
                        named: UnsafeBufferPointer(rebasing: bytes[position + 1..<end]))
                {
                    UTF8Reader.append(scalar, to: &output)
                    position = end + 1
                } else {
                    output.append(byte)
                    position += 1
                }
            }
        }
        buffer = output
    }

    // MARK: Composition

    /// Whether a character stands in the text that canonical composition could change. What the ranges let pass is in that form
    /// already, whatever stands around it; most texts need no more than this look.
    private func needsComposition() -> Bool {
        buffer.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                if bytes[position] < 0xCC {
                    // ASCII, and letters up to U+02FF.
                    position += bytes[position] < 0x80 ? 1 : 2
                    continue
                }
                let (value, length) = UTF8Reader.scalar(bytes, position)
                switch value {
                case 0x400...0x482, 0x2010...0x2027, 0x2030...0x205E, 0x20A0...0x20C0, 0x2190...0x21FF: break
                case 0x3001...0x3029, 0x3030...0x3098, 0x30A0...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF: break
                case 0xAC00...0xD7A3, 0xFF00...0xFFEF, 0x1F300...0x1FAFF: break
                default: return true
                }
                position += length
            }
            return false
        }
    }

    private mutating func compose() {
        let text = String(decoding: buffer, as: UTF8.self)
        buffer.removeAll(keepingCapacity: true)
        for scalar in text._nfc { UTF8Reader.append(scalar.value, to: &buffer) }
    }

    // MARK: Full-width forms

    private mutating func narrow() {
        // All of them begin with 0xEF (U+F000 and above).
        guard buffer.contains(0xEF) else { return }
        let isAll = rules.fullWidth == .all
        mapScalars { value in
            guard (0xFF01...0xFF5E).contains(value) else { return value }
            let narrow = value - 0xFEE0
            return isAll || Self.isWordSign(narrow) ? narrow : value
        }
    }

    /// Letters, digits and the signs that stand within addresses, numbers and prices. Chinese commas, stops and brackets are
    /// full-width by right and stay.
    private static func isWordSign(_ value: UInt32) -> Bool {
        if value &- 48 < 10 || (value | 0x20) &- 97 < 26 { return true }
        switch UInt8(truncatingIfNeeded: value) {
        case UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "<"),
            UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "@"), UInt8(ascii: "_"):
            return true
        default: return false
        }
    }

    // MARK: White space

    /// Every kind of space as a space, every line end as one; characters that show nothing go.
    private mutating func unifySpaces() {
        mapScalars { value in
            switch value {
            case 0x200B, 0x2060, 0xFEFF: nil
            case 0x2028, 0x2029, 0x85: 0x0A
            case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: 0x20
            case 0x80...0x9F: nil
            default: value
            }
        }
    }

    private mutating func mapScalars(_ change: (UInt32) -> UInt32?) {
        var output: [UInt8] = []
        output.reserveCapacity(buffer.count)
        buffer.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                if bytes[position] < 0x80 {
                    output.append(bytes[position])
                    position += 1
                    continue
                }
                let (value, length) = UTF8Reader.scalar(bytes, position)
                if let new = change(value) { UTF8Reader.append(new, to: &output) }
                position += length
            }
        }
        buffer = output
    }

    /// Line ends as `\n`, control characters gone, no white space at the ends; where runs collapse, one space within a line and
    /// at most one empty line between two others.
    private mutating func tidySpaces() {
        var write = 0
        var pendingSpace = false
        var pendingBreaks = 0
        let collapses = rules.whitespace == .collapse
        var spaces: [UInt8] = []
        for read in buffer.indices {
            let byte = buffer[read]
            switch byte {
            case 0x20, 0x09:
                if collapses { pendingSpace = true } else { spaces.append(byte) }
            case 0x0A, 0x0D:
                // "\r\n" is one line end.
                if byte == 0x0A, read > 0, buffer[read - 1] == 0x0D { continue }
                if collapses {
                    pendingBreaks += 1
                } else {
                    spaces.append(0x0A)
                }
            case ..<0x20, 0x7F: continue
            default:
                if collapses {
                    if write > 0 {
                        if pendingBreaks > 0 {
                            for _ in 0..<min(2, pendingBreaks) {
                                buffer[write] = 0x0A
                                write += 1
                            }
                        } else if pendingSpace {
                            buffer[write] = 0x20
                            write += 1
                        }
                    }
                } else if write > 0 {
                    for space in spaces {
                        buffer[write] = space
                        write += 1
                    }
                }
                pendingSpace = false
                pendingBreaks = 0
                if !spaces.isEmpty { spaces.removeAll(keepingCapacity: true) }
                buffer[write] = byte
                write += 1
            }
        }
        buffer.removeLast(buffer.count - write)
    }
}
