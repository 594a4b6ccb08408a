// Two texts, word by word: what one has and the other has not.

/// The differences of two texts, marked in both.
package enum TextDifference {
    /// More pieces than these are not compared: the table of what they share would be too large.
    private static let mostPieces = 2000

    /// Both texts with what the other lacks, in `del` and `ins`; as they stand where they are too long to be compared.
    package static func sides(_ first: String, _ second: String) -> (first: Markup, second: Markup) {
        let left = pieces(first)
        let right = pieces(second)
        guard left.count <= mostPieces, right.count <= mostPieces else { return (Markup(first), Markup(second)) }
        let common = commonPieces(left, right)
        return (marked(left, common.left, "del"), marked(right, common.right, "ins"))
    }

    /// Neighbours of one kind in one element.
    private static func marked(_ pieces: [String], _ isCommon: [Bool], _ name: StaticString) -> Markup {
        var output = Markup.empty
        var index = 0
        while index < pieces.count {
            var end = index
            while end < pieces.count, isCommon[end] == isCommon[index] { end += 1 }
            let text = pieces[index..<end].joined()
            output.append(isCommon[index] ? Markup(text) : Markup(name, [:], text))
            index = end
        }
        return output
    }

    /// Words, runs of spaces and single signs; where words are not written apart, characters.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var kind = 0
        for character in text {
            let scalar = character.unicodeScalars.first?.value ?? 0
            let own: Int
            if character.isWhitespace {
                own = 1
            } else if scalar >= 0x2E80 {
                own = 0
            } else {
                own = character.isLetter || character.isNumber ? 2 : 0
            }
            if own != 0, own == kind, !pieces.isEmpty {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
            kind = own
        }
        return pieces
    }

    /// Which pieces belong to a longest common subsequence.
    private static func commonPieces(_ left: [String], _ right: [String]) -> (left: [Bool], right: [Bool]) {
        let width = right.count + 1
        var lengths = [Int32](repeating: 0, count: (left.count + 1) * width)
        for row in stride(from: left.count - 1, through: 0, by: -1) {
            for column in stride(from: right.count - 1, through: 0, by: -1) {
                lengths[row * width + column] =
                    left[row] == right[column]
                    ? lengths[(row + 1) * width + column + 1] + 1
                    : max(lengths[(row + 1) * width + column], lengths[row * width + column + 1])
            }
        }
        var result = (
            left: [Bool](repeating: false, count: left.count), right: [Bool](repeating: false, count: right.count)
        )
        var (row, column) = (0, 0)
        while row < left.count, column < right.count {
            if left[row] == right[column] {
                result.left[row] = true
                result.right[column] = true
                (row, column) = (row + 1, column + 1)
            } else if lengths[(row + 1) * width + column] >= lengths[row * width + column + 1] {
                row += 1
            } else {
                column += 1
            }
        }
        return result
    }
}
