// The words of a text and the spans of it that are named.

internal import Spelling

/// A text's words, and the spans that a row names in it, counted in Unicode scalars as Python counts characters.
public struct TaggedText: Sendable, Equatable {
    /// In their order, apart.
    public var words: [Range<Int>]
    /// In their order, apart.
    public var spans: [TagSpan]

    public init(words: [Range<Int>], spans: [TagSpan]) {
        self.words = words
        self.spans = spans
    }

    /// The words of a text that nobody has parted: runs of letters, marks and digits; each ideograph and each other sign is a word by
    /// itself. So does BERT part texts before it makes tokens of them.
    public static func words(of text: String) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start: Int?
        var place = 0
        for scalar in text.unicodeScalars {
            let isOfWord = scalar.isOfWord
            if !isOfWord {
                if let start { words.append(start..<place) }
                start = nil
                if !scalar.properties.isWhitespace, !scalar.isUnprintable { words.append(place..<place + 1) }
            } else if start == nil {
                start = place
            }
            place += 1
        }
        if let start { words.append(start..<place) }
        return words
    }

    /// For each of `words`, which may be others than the row's, the span that it is of, by its number; where several are, the first.
    func spanOfWords(_ words: [Range<Int>]) -> [Int?] {
        var next = 0
        return words.map { word in
            while next < spans.count, spans[next].end <= word.lowerBound { next += 1 }
            return next < spans.count && spans[next].start < word.upperBound ? next : nil
        }
    }
}

extension Unicode.Scalar {
    /// Letters, their marks and digits, of scripts that part words.
    fileprivate var isOfWord: Bool {
        // Han: BERT's ranges.
        switch value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2CEAF, 0x2F800...0x2FA1F: return false
        default: break
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber, .format:
            return true
        default: return false
        }
    }
}
