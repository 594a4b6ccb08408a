// What answers are compared in: words of a–z, words of any script, or characters where a script puts no spaces between words.

/// The units of ROUGE and BLEU.
public enum TextUnits: String, Sendable {
    case words, anyWords, characters

    /// The share of letters from which on a corpus is compared in characters, or in words of any script: a name or two in English rows changes
    /// nothing, a share of rows in Chinese does.
    private static let leastShare = 0.1

    /// The units that fit the script of `references`.
    public init(fitting references: [String]) {
        var letters = 0, unspaced = 0, beyondLatin = 0
        for scalar in references.lazy.flatMap(\.unicodeScalars) where scalar.properties.isAlphabetic {
            letters += 1
            if Self.isUnspaced(scalar) { unspaced += 1 }
            if !scalar.isASCII { beyondLatin += 1 }
        }
        func isShare(_ count: Int) -> Bool { count > 0 && Double(count) >= Self.leastShare * Double(letters) }
        self = isShare(unspaced) ? .characters : isShare(beyondLatin) ? .anyWords : .words
    }

    /// Letters of scripts that write words without spaces: Chinese, Japanese, Thai, Lao, Burmese, Khmer.
    static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029,
            0x3040...0x312F, 0x31A0...0x31BF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
            0xFF66...0xFF9D, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}
