// Normalisations that look at one character at a time.

/// What becomes of a character.
enum ScalarChange {
    case keep, remove, space
    /// A space before and one after.
    case surround
}

extension AlignedText {
    /// Changes each character as `change` says.
    mutating func mapScalars(_ change: (Unicode.Scalar) -> ScalarChange) {
        var builder = AlignedTextBuilder(changing: self)
        UTF8Scan.forEach(in: bytes, 0..<bytes.count) { scalar, place in
            switch change(scalar) {
            case .keep: builder.copy(place)
            case .remove: break
            case .space: builder.write([0x20], for: place)
            case .surround:
                builder.write([0x20], for: place)
                builder.copy(place)
                builder.write([0x20], for: place)
            }
        }
        self = builder.text()
    }

    /// Lower case, each character for itself.
    mutating func lowercase() {
        var builder = AlignedTextBuilder(changing: self)
        UTF8Scan.forEach(in: bytes, 0..<bytes.count) { scalar, place in
            if scalar.isASCII {
                if ("A"..."Z").contains(scalar) {
                    builder.write([UInt8(scalar.value) + 32], for: place)
                } else {
                    builder.copy(place)
                }
            } else {
                let lower = Array(scalar.properties.lowercaseMapping.utf8)
                if bytes[place].elementsEqual(lower) { builder.copy(place) } else { builder.write(lower, for: place) }
            }
        }
        self = builder.text()
    }

    /// Without white space at the ends.
    mutating func strip(left: Bool, right: Bool) {
        var lower = bytes.count
        var upper = 0
        UTF8Scan.forEach(in: bytes, 0..<bytes.count) { scalar, place in
            guard !scalar.properties.isWhitespace else { return }
            lower = min(lower, place.lowerBound)
            upper = place.upperBound
        }
        if !left { lower = 0 }
        if !right { upper = bytes.count }
        self = lower < upper ? slice(lower..<upper) : slice(0..<0)
    }

    /// Each byte as its character of the byte-level alphabet.
    mutating func writeInByteAlphabet() {
        var builder = AlignedTextBuilder(changing: self)
        for position in bytes.indices {
            builder.write(ByteAlphabet.utf8[Int(bytes[position])], for: position..<position + 1)
        }
        self = builder.text()
    }
}

extension Unicode.Scalar {
    /// BERT's `clean_text`.
    var bertCleaning: ScalarChange {
        if value == 0 || value == 0xFFFD || isBertControl { return .remove }
        return properties.isWhitespace ? .space : .keep
    }

    /// The `Nmt` normalizer: some control characters go, others and unusual spaces become spaces.
    var nmtCleaning: ScalarChange {
        switch value {
        case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: .remove
        case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: .space
        default: .keep
        }
    }
}
