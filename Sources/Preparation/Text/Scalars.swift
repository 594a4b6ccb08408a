// Characters of UTF-8 text and what they are, by bytes where ASCII will do.

/// What a character is, as far as filters ask.
enum Script: Int, CaseIterable {
    case latin, han, kana, hangul, cyrillic, greek, arabic, hebrew, devanagari, thai, other

    /// The name in a recipe.
    var name: String { "\(self)" }

    /// The script of a letter, `nil` for what is no letter.
    init?(_ value: UInt32) {
        switch value {
        case 0x41...0x5A, 0x61...0x7A: self = .latin
        case ..<0xAA: return nil
        case 0xC0...0x24F where value != 0xD7 && value != 0xF7: self = .latin
        case 0x1E00...0x1EFF, 0x2C60...0x2C7F, 0xA722...0xA788, 0xFF21...0xFF3A, 0xFF41...0xFF5A: self = .latin
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x323AF, 0xF900...0xFAFF, 0x3005, 0x3007: self = .han
        case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9D:
            self = .kana
        case 0xAC00...0xD7A3, 0x1100...0x11FF, 0x3131...0x318E: self = .hangul
        case 0x400...0x481, 0x48A...0x52F: self = .cyrillic
        default:
            guard let scalar = Unicode.Scalar(value), scalar.properties.isAlphabetic else { return nil }
            switch value {
            case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
            case 0x600...0x6FF, 0x750...0x77F, 0x8A0...0x8FF, 0xFB50...0xFDFF, 0xFE70...0xFEFF: self = .arabic
            case 0x590...0x5FF, 0xFB1D...0xFB4F: self = .hebrew
            case 0x900...0x97F, 0xA8E0...0xA8FF: self = .devanagari
            case 0xE00...0xE7F: self = .thai
            case 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: self = .cyrillic
            case 0xAA, 0xBA: self = .latin
            default: self = .other
            }
        }
    }

    /// Scripts that put no spaces between words.
    var isUnspaced: Bool { self == .han || self == .kana || self == .thai }
}

/// Reading characters from UTF-8.
enum UTF8Reader {
    /// The character at `position` and its length. `bytes` come from a `String`, so they are UTF-8; what is not reads as U+FFFD.
    @inline(__always)
    static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> (value: UInt32, length: Int) {
        let first = UInt32(bytes[position])
        if first < 0x80 { return (first, 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, position + length <= bytes.count else { return (0xFFFD, 1) }
        var value = first & (0x7F >> UInt32(length))
        for offset in 1..<length { value = value << 6 | UInt32(bytes[position + offset] & 0x3F) }
        return (value, length)
    }

    /// Appends a character.
    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        switch value {
        case ..<0x80: bytes.append(UInt8(value))
        case ..<0x800:
            bytes.append(UInt8(0xC0 | value >> 6))
            bytes.append(UInt8(0x80 | value & 0x3F))
        case ..<0x10000:
            bytes.append(UInt8(0xE0 | value >> 12))
            bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | value & 0x3F))
        default:
            bytes.append(UInt8(0xF0 | value >> 18))
            bytes.append(UInt8(0x80 | value >> 12 & 0x3F))
            bytes.append(UInt8(0x80 | value >> 6 & 0x3F))
            bytes.append(UInt8(0x80 | value & 0x3F))
        }
    }
}

/// Whether a character is white space; line ends count.
@inline(__always)
func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x20, 0x09...0x0D: true
    case ..<0x85: false
    case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
}

/// Whether a character is a letter or a digit, or a mark that belongs to one.
@inline(__always)
func isWordCharacter(_ value: UInt32) -> Bool {
    if value < 0x80 { return value &- 48 < 10 || (value | 0x20) &- 97 < 26 }
    return isForeignWordCharacter(value)
}

private func isForeignWordCharacter(_ value: UInt32) -> Bool {
    switch value {
    case 0xC0...0x24F: return value != 0xD7 && value != 0xF7
    case 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0x3041...0x3096, 0x400...0x481: return true
    case 0x2000...0x206F, 0x3000...0x3004, 0x3008...0x3020, 0xFF01...0xFF0F: return false
    default:
        guard let scalar = Unicode.Scalar(value) else { return false }
        let properties = scalar.properties
        if properties.isAlphabetic || properties.numericType != nil { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark: return true
        default: return false
        }
    }
}

/// The ASCII twin of a full-width form, else the character.
@inline(__always)
func narrowed(_ value: UInt32) -> UInt32 { value >= 0xFF01 && value <= 0xFF5E ? value - 0xFEE0 : value }

/// The lower-case form of a character, where that is one character.
@inline(__always)
func lowercased(_ value: UInt32) -> UInt32 {
    if value < 0x80 { return value &- 65 < 26 ? value | 0x20 : value }
    if value >= 0x2E80 && value < 0xA640 { return value }
    guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenLowercased else { return value }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    guard let first = lower.first, lower.count == 1 else { return value }
    return first.value
}
