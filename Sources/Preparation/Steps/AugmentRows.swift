// `augment`: changed copies of training rows, for classification. What changes is drawn from seed, row and copy.

internal import JSON
internal import Recipes

final class AugmentRows: RowStep {
    private let step: AugmentStep
    private let fields: TextFields
    private let seed: Int
    private let synonyms: [String: [String]]

    init(_ step: AugmentStep, _ report: StepReport, columns: ColumnNames, seed: Int, next: any RowSink) {
        self.step = step
        fields = TextFields(step.fields.map { columns[$0] ?? $0 }, columns: [:], coversAll: true)
        self.seed = seed
        synonyms = Dictionary(step.synonyms.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        try emit(row)
        guard !row.isHeldOut else { return }
        for number in 1...max(1, step.copies) {
            var copy = row
            copy.copy += number
            var draws = Draws(seed: seed, row: UInt64(row.index), copy: UInt64(copy.copy) << 8 | UInt64(report.index))
            var isChanged = false
            fields.rewrite(&copy.fields) { text, _ in
                let new = changed(text, &draws)
                if !new.utf8.elementsEqual(text.utf8) { isChanged = true }
                return new
            }
            // A copy that came out as it was teaches nothing new.
            guard isChanged else { continue }
            note { $0.rowsAdded += 1 }
            try emit(copy)
        }
    }

    private struct Draws {
        let seed: Int
        let row: UInt64
        let copy: UInt64
        private var number: UInt64 = 0

        init(seed: Int, row: UInt64, copy: UInt64) {
            self.seed = seed
            self.row = row
            self.copy = copy
        }

        mutating func next() -> UInt64 {
            number += 1
            return ContentHash.draw(
                seed: seed, purpose: DrawPurpose.augment.rawValue, row, copy &* 0x1_0000_0001 &+ number)
        }

        mutating func chance(_ share: Double) -> Bool { share > 0 && next().unitInterval < share }
    }

    /// The text with words replaced, left out, exchanged. Words are what spaces part, or single Chinese characters.
    private func changed(_ text: String, _ draws: inout Draws) -> String {
        let isSpaced = text.unicodeScalars.contains { isSpace($0.value) }
        var words: [String] =
            isSpaced
            ? text.unicodeScalars.split { isSpace($0.value) }.map { String($0) }
            : text.unicodeScalars.map { String($0) }
        for index in words.indices {
            if let choices = synonyms[words[index].lowercased()], !choices.isEmpty, draws.chance(step.replace) {
                words[index] = choices[Int(draws.next() % UInt64(choices.count))]
            }
        }
        if step.drop > 0 {
            let kept = words.filter { _ in !draws.chance(step.drop) }
            if !kept.isEmpty { words = kept }
        }
        if step.swap > 0, words.count > 1 {
            var index = 0
            while index + 1 < words.count {
                if draws.chance(step.swap) {
                    words.swapAt(index, index + 1)
                    index += 1
                }
                index += 1
            }
        }
        return words.joined(separator: isSpaced ? " " : "")
    }
}
