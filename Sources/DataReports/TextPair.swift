// Two texts side by side, what one has and the other has not marked.

internal import Preparation

/// Two rows that say the same, or nearly.
struct TextPair {
    let pair: PairExample
    /// What each of the two rows is.
    let names: (first: String, second: String)
    let places: PlaceNames

    var markup: Markup {
        let isSame = pair.firstText == pair.secondText
        let likeness =
            isSame || pair.similarity >= 1
            ? (isSame ? "the same text" : "the same words") : "Jaccard \(Figures.decimal(pair.similarity, places: 2))"
        let sides = Self.sides(pair.firstText, pair.secondText)
        return Markup(
            "figure", ["class": "pair"],
            Markup("figcaption", [:], likeness),
            Markup(
                "div", ["class": "sides"],
                side(names.first, pair.firstPlace, sides.first), side(names.second, pair.secondPlace, sides.second)))
    }

    private func side(_ name: String, _ place: String, _ text: Markup) -> Markup {
        Markup(
            "div", [:], Markup("h4", [:], Markup(name + " "), Markup("code", ["title": place], places.short(place))),
            Markup("p", ["class": "text", "dir": "auto"], text))
    }

    /// Both texts with their differences in `del` and `ins`.
    static func sides(_ first: String, _ second: String) -> (first: Markup, second: Markup) {
        let left = pieces(first)
        let right = pieces(second)
        let common = commonPieces(left, right)
        func marked(_ pieces: [String], _ isCommon: [Bool], _ name: StaticString) -> Markup {
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
        return (marked(left, common.left, "del"), marked(right, common.right, "ins"))
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
