// What the training rows give away of the held-out ones: the same text, nearly the same, the same question, the same group.

internal import Foundation
internal import Recipes
public import Vocabulary

/// A leak that the recipe does not allow.
public struct LeakageError: ClassifiedError {
    public let report: LeakageReport

    public var kind: FailureKind { .badInput }

    public var description: String {
        let kinds: [(String, LeakCount)] = [
            ("the same text", report.exact), ("the same text but for case and spacing", report.normalised),
            ("nearly the same words", report.near),
            ("the same question", report.prompt), ("the same group", report.group),
        ]
        let counts = kinds.filter { $0.1.heldOutRows > 0 }.map { "\($0.1.heldOutRows) with \($0.0)" }
        let first = kinds.lazy.compactMap { $0.1.examples.first }.first
        let place = first.map { ", as \($0.secondPlace) and \($0.firstPlace)" } ?? ""
        return
            "\(report.rows) of \(report.heldOutRows) held-out rows stand in the training rows too (\(counts.joined(separator: ", ")))\(place); "
            + "data.leakage: drop takes them out of training"
    }
}

/// Rows that agree in one of these give one another away.
struct RowKeys: BitwiseCopyable {
    var exact: UInt64 = 0
    var normalised: UInt64 = 0
    /// 0: none.
    var prompt: UInt64 = 0
    var group: UInt64 = 0
}

final class LeakageCheck: RowSink {
    private let rule: LeakageRule
    private let next: any RowSink
    private let scratch: ScratchSpace
    private var spool: RowSpool
    private var index: NearIndex
    /// Pairs of all near rows, where the split has found them already; with it, rows need not be set aside again.
    private var knownPairs: [NearPair]?
    private var shingler: Shingler
    private let content: TextFields
    private let prompts: PromptKeys
    private let group: TextFields?
    private let examples: ExampleText
    private var exactKey: TextKey
    private var normalisedKey: TextKey
    private let keys: SpilledArray<RowKeys>
    private var isHeldOut = BitArray()
    private(set) var report: LeakageReport

    init(
        _ rule: LeakageRule, groupBy: String?, columns: ColumnNames, near: DeduplicateStep, scratch: ScratchSpace,
        next: any RowSink
    ) {
        self.rule = rule
        self.next = next
        self.scratch = scratch
        spool = RowSpool(scratch)
        index = NearIndex(threshold: near.threshold, scratch: scratch)
        shingler = Shingler(wordCount: near.shingleWords, characterCount: near.shingleCharacters)
        content = TextFields([], columns: columns, coversAll: false)
        prompts = PromptKeys(columns)
        group = groupBy.map { TextFields([columns[$0] ?? $0], columns: [:], coversAll: true) }
        examples = ExampleText(content)
        exactKey = TextKey(content, isNormalised: false)
        normalisedKey = TextKey(content, isNormalised: true)
        keys = SpilledArray(RowKeys(), residentByteCount: 2 * scratch.limits.numberBytes, folder: scratch.folder)
        report = LeakageReport(rule: rule.rawValue)
    }

    /// Takes over what a split knows of the rows that it will push: the same rows in the same order, and which of them are near.
    func adopt(_ spool: RowSpool, _ index: NearIndex, _ pairs: [NearPair]) {
        precondition(isHeldOut.count == 0, "rows came before")
        self.spool = spool
        self.index = index
        knownPairs = pairs
    }

    func receive(_ row: Row) throws {
        isHeldOut.append(row.isHeldOut)
        try keys.append(keys(of: row))
        guard knownPairs == nil else { return }
        try spool.append(row)
        withText(of: row) { shingler.scan($0) }
        try index.add(shingler)
    }

    private func withText<Result>(of row: Row, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var bytes: [UInt8] = []
        content.appendText(of: row.fields, to: &bytes)
        return bytes.withUnsafeBufferPointer { body($0) }
    }

    private func keys(of row: Row) -> RowKeys {
        var keys = RowKeys(exact: exactKey.hash(of: row), normalised: normalisedKey.hash(of: row))
        let asked = prompts.key(of: row)
        if !asked.isEmpty { keys.prompt = ContentHash.of(Array(asked.utf8)) | 1 }
        if let group {
            var hash = ContentHash(seed: 6)
            var isFound = false
            group.forEach(in: row.fields) {
                hash.add($0)
                isFound = true
            }
            if isFound { keys.group = hash.value | 1 }
        }
        return keys
    }

    func finish() throws {
        let count = spool.count
        var leaks = BitArray(count: count)
        report.heldOutRows = isHeldOut.trueCount
        if report.heldOutRows > 0, report.heldOutRows < count {
            report.exact = try findEqual(&leaks) { $0.exact }
            report.normalised = try findEqual(&leaks) { $0.normalised }
            report.prompt = try findEqual(&leaks) { $0.prompt }
            if group != nil { report.group = try findEqual(&leaks) { $0.group } }
            try findNear(&leaks)
        }
        for row in 0..<count where isHeldOut[row] && leaks[row] { report.rows += 1 }
        if rule == .error, report.rows > 0 { throw LeakageError(report: report) }
        let trainRows = count - report.heldOutRows
        if rule == .drop, trainRows > 0, (0..<count).allSatisfy({ isHeldOut[$0] || leaks[$0] }) {
            throw StepError(
                "data.leakage", "recipe",
                "drop would take all \(trainRows) training rows out: each is like a held-out row",
                hint: "hold out other rows, or set data.leakage: report")
        }
        try spool.forEach { number, row in
            if rule == .drop, !isHeldOut[number], leaks[number] {
                report.droppedTrainRows += 1
            } else {
                var row = row
                // The split's rows were set aside before their sides were known.
                row.isHeldOut = isHeldOut[number]
                try next.receive(row)
            }
        }
        try next.finish()
    }

    /// Rows that agree in a key. The held-out rows, which are few, make the tables; the training rows are looked up.
    private func findEqual(_ leaks: inout BitArray, _ key: (RowKeys) -> UInt64) throws -> LeakCount {
        var found = LeakCount()
        let parts = scratch.parts(for: report.heldOutRows)
        for part in 0..<parts {
            var table = KeyTable(part: part, of: parts)
            try keys.forEach { row, keys in if isHeldOut[row] { table.append(key(keys), row: row) } }
            table.sort()
            try keys.forEach { row, keys in
                guard !isHeldOut[row], let match = table.rows(of: key(keys)) else { return }
                leaks[row] = true
                found.trainRows += 1
                // Each held-out row counts once, with the first training row that gives it away.
                guard match.isFirst else { return }
                found.heldOutRows += match.rows.count
                found.texts += 1
                for other in match.rows { leaks[table.row(other)] = true }
                if found.examples.count < ExampleText.countPerKind {
                    let heldOut = try spool.row(table.row(match.rows.lowerBound))
                    found.examples.append(examples.pair(try spool.row(row), heldOut, similarity: 1))
                }
            }
        }
        return found
    }

    private func findNear(_ leaks: inout BitArray) throws {
        let sides = isHeldOut
        let pairs =
            try knownPairs
            ?? index.pairs(
                side: { sides[$0] ? 1 : 0 }, across: true,
                shingles: { [self] number in
                    let row = try spool.row(number)
                    return withText(of: row) { shingler.sortedPieces(of: $0) }
                })
        // Of rows with the same words one stands for all in the pairs: what counts is on which sides their set of words stands.
        var sidesOfSet: [UInt64: UInt8] = [:]
        for pair in pairs {
            for row in [pair.first, pair.second] { if let key = try index.setKey(Int(row)) { sidesOfSet[key] = 0 } }
        }
        try index.forEachSetKey { row, key in
            if let known = sidesOfSet[key] { sidesOfSet[key] = known | (isHeldOut[row] ? 2 : 1) }
        }
        var leaking = (train: Set<UInt64>(), heldOut: Set<UInt64>())
        for pair in pairs {
            guard let first = try index.setKey(Int(pair.first)), let second = try index.setKey(Int(pair.second))
            else { continue }
            for (train, heldOut) in [(first, second), (second, first)]
            where sidesOfSet[train, default: 0] & 1 != 0 && sidesOfSet[heldOut, default: 0] & 2 != 0 {
                leaking.train.insert(train)
                let isNew = leaking.heldOut.insert(heldOut).inserted
                if isNew, report.near.examples.count < ExampleText.countPerKind { try addExample(pair) }
            }
        }
        try index.forEachSetKey { row, key in
            if isHeldOut[row], leaking.heldOut.contains(key) {
                report.near.heldOutRows += 1
                leaks[row] = true
            } else if !isHeldOut[row], leaking.train.contains(key) {
                report.near.trainRows += 1
                leaks[row] = true
            }
        }
        report.near.texts = leaking.heldOut.count
        report.search = index.report(shingler)
    }

    private func addExample(_ pair: NearPair) throws {
        let isFirstHeldOut = isHeldOut[Int(pair.first)]
        // Rows that stand for others of the same words may be on one side.
        guard isFirstHeldOut != isHeldOut[Int(pair.second)] else { return }
        let first = try spool.row(Int(pair.first))
        let second = try spool.row(Int(pair.second))
        report.near.examples.append(
            examples.pair(
                isFirstHeldOut ? second : first, isFirstHeldOut ? first : second, similarity: Double(pair.similarity)))
    }
}
