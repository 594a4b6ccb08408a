// The classes of characters that tokenizers split and filter by, as Rust's standard library and `regex` crate define them.

extension Unicode.Scalar {
    /// Whether the character was there in a version of Unicode: the libraries behind Hugging Face's tokenizers carry tables of
    /// different ages, and what came later counts as unassigned there.
    func isAssigned(inUnicode major: Int) -> Bool {
        if value < 0x370 { return true }
        guard let age = properties.age else { return false }
        return age.major < major || (age.major == major && age.minor == 0)
    }

    /// `\w` of Rust's regular expressions.
    var isWordCharacter: Bool {
        if isASCII {
            return ("a"..."z").contains(self) || ("A"..."Z").contains(self) || ("0"..."9").contains(self) || self == "_"
        }
        guard isAssigned(inUnicode: 16) else { return false }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    /// Any number: decimal, letter or other.
    var isNumeric: Bool {
        if isASCII { return ("0"..."9").contains(self) }
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    /// What BERT takes for punctuation: ASCII punctuation and symbols, and Unicode punctuation.
    var isBertPunctuation: Bool {
        if isASCII {
            switch value {
            case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
            default: return false
            }
        }
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation,
            .otherPunctuation:
            return isAssigned(inUnicode: 8)
        default: return false
        }
    }

    /// Control, format and private-use characters, but for tab and line ends.
    var isBertControl: Bool {
        if self == "\t" || self == "\n" || self == "\r" { return false }
        switch properties.generalCategory {
        case .control, .format, .privateUse: return isAssigned(inUnicode: 8)
        default: return false
        }
    }

    /// The ideographs that BERT puts spaces around; the gap before U+2B920 is Hugging Face's.
    var isChinese: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF,
            0xF900...0xFAFF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }

    var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return isAssigned(inUnicode: 9)
        default: return false
        }
    }

    var isNonspacingMark: Bool { properties.generalCategory == .nonspacingMark && isAssigned(inUnicode: 8) }
}
