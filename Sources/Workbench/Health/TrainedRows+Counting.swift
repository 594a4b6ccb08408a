// One look at the sequences of a run before its first step: what repeats, what weighs, what can be known without reading the question.

internal import DataReports
internal import Datasets
internal import Foundation
internal import Objectives
internal import Recipes

extension TrainedRows {
    /// Counts over the rows of a run.
    /// - Throws: where a sequence cannot be read.
    init(_ split: PreparedSplit, units: ExampleUnits, learning objective: any Objective) throws {
        let report = split.train.report
        (rows, rowsWithoutTarget) = (report.rows, report.rowsWithoutTarget)
        (rowsWithCutAnswer, answersLeftOut) = (report.rowsWithCutAnswer, report.answersLeftOut)
        rowsAdded = split.report.preparation.steps.reduce(0) { $0 + $1.rowsAdded }
        var survey = UnitCounter(units)
        try survey.look()
        survey.fill(&self)
        // Copies that a step made as they were stand in both counts.
        rowsAdded = max(rowsAdded, survey.copies)
        chanceLoss = survey.chanceLoss(objective, classes: split.labels.count)
        guard let heldOut = split.heldOut else { return }
        try survey.compare(ExampleUnits(heldOut.examples, of: units.unit), &self)
    }
}

/// What is counted while the units are walked.
private struct UnitCounter {
    /// Units and tokens that are looked at, at most.
    static let unitLimit = 50_000, tokenLimit = 20_000_000
    /// Different answers of which their frequencies are worth knowing, at most.
    static let answerLimit = 50

    struct Repeats {
        var count: Int
        let first: Int
    }

    let units: ExampleUnits
    private(set) var looked = 0
    private(set) var tokens = 0
    private var targetTokens = 0
    private var texts: [UInt64: Repeats] = [:]
    /// Of those that are there more than once, where their rows stand.
    private var places: [UInt64: Set<String>] = [:]
    /// Units of a row that was there before: a step copied it, or a mixture read its file again.
    private(set) var copies = 0
    private var answers: [UInt64: Repeats] = [:]
    /// The tokens that end answers of more than one, and how often; those that are all of an answer.
    private var ends: [Int32: Int] = [:]
    private var single: [Int32: Int] = [:]
    private var largest: (index: Int, targets: Int) = (0, 0)
    private var pairs: (equal: Int, chosen: Int, rejected: Int) = (0, 0, 0)
    private var seen: Set<Int32> = []
    private var unseen: (of: Int, count: Int) = (0, 0)
    /// What heads are to find, as it stands in the rows.
    private var wanted: [Float: Int] = [:]
    private var wantedSum = (plain: 0.0, squares: 0.0, count: 0)

    init(_ units: ExampleUnits) { self.units = units }

    mutating func look() throws {
        let half = min(units.count, Self.unitLimit) / 2
        while looked < min(units.count, Self.unitLimit), tokens < Self.tokenLimit {
            let examples = try units.examples(looked)
            count(examples, at: looked)
            for example in examples {
                if looked < half { seen.formUnion(example.ids) } else { countUnseen(example.ids, &unseen) }
            }
            looked += 1
        }
    }

    private mutating func count(_ examples: [TokenizedExample], at index: Int) {
        let text = Self.digest(examples)
        if let first = texts[text]?.first {
            let earliest = "\(units.place(first))", place = "\(units.place(index))"
            if !places[text, default: [earliest]].insert(place).inserted { copies += 1 }
        }
        texts[text, default: Repeats(count: 0, first: index)].count += 1
        let targets = examples.reduce(0) { $0 + $1.targetCount }
        tokens += examples.reduce(0) { $0 + $1.ids.count }
        targetTokens += targets
        if targets > largest.targets { largest = (index, targets) }
        for example in examples where !example.isRead {
            let answer = zip(example.ids, example.isTarget).filter(\.1).map(\.0)
            answers[Self.digest(answer), default: Repeats(count: 0, first: index)].count += 1
            if let end = answer.last {
                if answer.count > 1 { ends[end, default: 0] += 1 } else { single[end, default: 0] += 1 }
            }
        }
        for value in examples.flatMap(\.wanted) {
            wanted[value, default: 0] += 1
            wantedSum.plain += Double(value)
            wantedSum.squares += Double(value) * Double(value)
            wantedSum.count += 1
        }
        if examples.count == 2, units.unit == .pair {
            pairs.chosen += examples[0].targetCount
            pairs.rejected += examples[1].targetCount
            if examples[0].ids == examples[1].ids { pairs.equal += 1 }
        }
    }

    func fill(_ facts: inout TrainedRows) {
        (facts.units, facts.tokens, facts.targetTokens) = (looked, tokens, targetTokens)
        facts.repeated = looked - texts.count
        if let most = Self.most(texts) {
            (facts.mostRepeats, facts.mostRepeated) = (most.count, "\(units.place(most.first))")
        }
        if targetTokens > 0 {
            facts.largestShare = Double(largest.targets) / Double(targetTokens)
            facts.largest = "\(units.place(largest.index))"
        }
        let answered = answers.values.reduce(0) { $0 + $1.count }
        facts.distinctAnswers = answers.count
        if let most = Self.most(answers) { facts.commonestAnswerShare = Double(most.count) / Double(answered) }
        // The token that most answers end with; of equals the one with the smaller number.
        if let end = ends.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }) {
            facts.emptyAnswers = single[end.key] ?? 0
        }
        (facts.equalPairs, facts.chosenTokens, facts.rejectedTokens) = pairs
        facts.trainingUnseen = unseen.of > 0 ? Double(unseen.count) / Double(unseen.of) : 0
    }

    /// Holds held-out units against those that were looked at.
    mutating func compare(_ heldOut: ExampleUnits, _ facts: inout TrainedRows) throws {
        var found = (of: 0, count: 0)
        while facts.heldOut < min(heldOut.count, Self.unitLimit), found.of < Self.tokenLimit {
            let examples = try heldOut.examples(facts.heldOut)
            if texts[Self.digest(examples)] != nil { facts.heldOutInTraining += 1 }
            for example in examples { countUnseen(example.ids, &found) }
            facts.heldOut += 1
        }
        facts.heldOutUnseen = found.of > 0 ? Double(found.count) / Double(found.of) : 0
    }

    private func countUnseen(_ ids: [Int32], _ found: inout (of: Int, count: Int)) {
        found.of += ids.count
        found.count += ids.count { !seen.contains($0) }
    }

    // MARK: What guessing costs

    /// The loss of whoever answers by how often each answer is; nil where that says nothing.
    func chanceLoss(_ objective: any Objective, classes: Int) -> Double? {
        switch objective {
        case is Regression:
            guard wantedSum.count > 0 else { return nil }
            let count = Double(wantedSum.count), mean = wantedSum.plain / count
            return wantedSum.squares / count - mean * mean
        case let task as Classification where Self.isPlain(task.loss):
            return Self.entropy(wanted.values.map(Double.init))
        case let task as Tagging where Self.isPlain(task.loss):
            return Self.entropy(wanted.values.map(Double.init))
        case let task as MultiLabelClassification where Self.isPlain(task.loss) && classes > 0 && looked > 0:
            let each = wanted.sorted { $0.key < $1.key }.map {
                Self.entropy([Double($0.value), Double(looked - $0.value)])
            }
            return each.reduce(0, +) / Double(classes)
        case is CrossEntropyObjective where answers.count <= min(Self.answerLimit, looked / 4) && targetTokens > 0:
            return Self.entropy(answers.values.map { Double($0.count) }) * Double(looked) / Double(targetTokens)
        default: return nil
        }
    }

    private static func isPlain(_ loss: ClassLoss) -> Bool { !loss.isBalanced && loss.gamma == 0 }

    /// −Σ p log p of how often things are, whatever their order.
    private static func entropy(_ counts: [Double]) -> Double {
        let total = counts.reduce(0, +)
        return counts.sorted().reduce(0) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 }
    }

    // MARK: Sameness

    /// The one that is there most often; of equals the first.
    private static func most(_ repeats: [UInt64: Repeats]) -> Repeats? {
        repeats.values.max { ($0.count, $1.first) < ($1.count, $0.first) }
    }

    /// Of tokens, marks and what is wanted (Fowler, Noll and Vo's hash).
    private static func digest(_ examples: [TokenizedExample]) -> UInt64 {
        var digest = start
        for example in examples {
            for (id, isTarget) in zip(example.ids, example.isTarget) {
                mix(UInt64(UInt32(bitPattern: id)) << 1 | (isTarget ? 1 : 0), &digest)
            }
            for value in example.wanted { mix(UInt64(value.bitPattern), &digest) }
            mix(.max, &digest)
        }
        return digest
    }

    private static func digest(_ ids: [Int32]) -> UInt64 {
        ids.reduce(into: start) { mix(UInt64(UInt32(bitPattern: $1)), &$0) }
    }

    private static let start: UInt64 = 0xcbf2_9ce4_8422_2325

    private static func mix(_ word: UInt64, _ digest: inout UInt64) {
        digest = (digest ^ word) &* 0x100_0000_01b3
        digest ^= digest >> 29
    }
}
