// What the training rows give away of the held-out ones: the same text, nearly the same, the same question, the same group.

internal import Foundation
internal import Recipes

/// A leak that the recipe does not allow.
public struct LeakageError: Error, Sendable, CustomStringConvertible {
    public let report: LeakageReport

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

final class LeakageCheck: RowSink {
    private let rule: LeakageRule
    private let next: any RowSink
    private let spool: RowSpool
    private let index: NearIndex
    private var shingler: Shingler
    private let content: TextFields
    private let prompts: PromptKeys
    private let group: TextFields?
    private let examples: ExampleText
    private var exactKey: TextKey
    private var normalisedKey: TextKey
    private var isHeldOut = ChunkedArray<Bool>(repeating: false)
    private(set) var report: LeakageReport

    init(
        _ rule: LeakageRule, groupBy: String?, columns: ColumnNames, near: DeduplicateStep, folder: URL,
        next: any RowSink
    ) {
        self.rule = rule
        self.next = next
        spool = RowSpool(folder: folder)
        index = NearIndex(threshold: near.threshold, folder: folder)
        shingler = Shingler(wordCount: near.shingleWords, characterCount: near.shingleCharacters)
        content = TextFields([], columns: columns, coversAll: false)
        prompts = PromptKeys(columns)
        group = groupBy.map { TextFields([columns[$0] ?? $0], columns: [:], coversAll: true) }
        examples = ExampleText(content)
        exactKey = TextKey(content, isNormalised: false)
        normalisedKey = TextKey(content, isNormalised: true)
        report = LeakageReport(rule: rule.rawValue)
    }

    func receive(_ row: Row) throws {
        try spool.append(row)
        isHeldOut.append(row.isHeldOut)
        try index.add(shingles(of: row))
    }

    private func shingles(of row: Row) -> [UInt64] {
        var bytes: [UInt8] = []
        content.appendText(of: row.fields, to: &bytes)
        return bytes.withUnsafeBufferPointer { shingler.shingles(of: $0) }
    }

    /// The ways of being the same, in the order in which they are looked for.
    private enum Kind: CaseIterable { case exact, normalised, prompt, group }

    private func key(_ kind: Kind, _ row: Row) -> UInt64? {
        switch kind {
        case .exact: return exactKey.hash(of: row)
        case .normalised: return normalisedKey.hash(of: row)
        case .prompt:
            let key = prompts.key(of: row)
            return key.isEmpty ? nil : ContentHash.of(Array(key.utf8))
        case .group:
            guard let group else { return nil }
            var hash = ContentHash(seed: 6)
            var isFound = false
            group.forEach(in: row.fields) {
                hash.add($0)
                isFound = true
            }
            return isFound ? hash.value : nil
        }
    }

    func finish() throws {
        let count = spool.count
        var leaks = ChunkedArray<Bool>(repeating: false, count: count)
        for row in 0..<count where isHeldOut[row] { report.heldOutRows += 1 }
        if report.heldOutRows > 0, report.heldOutRows < count {
            try findEqual(&leaks)
            try findNear(&leaks)
        }
        for row in 0..<count where isHeldOut[row] && leaks[row] { report.rows += 1 }
        if rule == .error, report.rows > 0 { throw LeakageError(report: report) }
        try spool.forEach { number, row in
            if rule == .drop, !row.isHeldOut, leaks[number] {
                report.droppedTrainRows += 1
            } else {
                try next.receive(row)
            }
        }
        try next.finish()
    }

    /// Rows that agree in a key. The held-out rows, which are few, make the tables; the training rows are looked up.
    private func findEqual(_ leaks: inout ChunkedArray<Bool>) throws {
        for kind in Kind.allCases where kind != .group || group != nil {
            var rowsOfKey: [UInt64: [Int]] = [:]
            try spool.forEach { number, row in
                if row.isHeldOut, let key = key(kind, row) { rowsOfKey[key, default: []].append(number) }
            }
            var found = LeakCount()
            try spool.forEach { number, row in
                guard !row.isHeldOut, let key = key(kind, row), let rows = rowsOfKey[key] else { return }
                leaks[number] = true
                found.trainRows += 1
                // Each held-out row counts once, with the first training row that gives it away.
                guard !rows.isEmpty else { return }
                found.heldOutRows += rows.count
                found.texts += 1
                for other in rows { leaks[other] = true }
                if found.examples.count < ExampleText.countPerKind {
                    found.examples.append(examples.pair(row, try spool.row(rows[0]), similarity: 1))
                }
                rowsOfKey[key] = []
            }
            switch kind {
            case .exact: report.exact = found
            case .normalised: report.normalised = found
            case .prompt: report.prompt = found
            case .group: report.group = found
            }
        }
    }

    private func findNear(_ leaks: inout ChunkedArray<Bool>) throws {
        let pairs = try index.pairs(
            side: { isHeldOut[$0] ? 1 : 0 }, across: true, shingles: { [self] in shingles(of: try spool.row($0)) })
        // Of rows with the same words one stands for all in the pairs.
        var leaking = (train: Set<UInt64>(), heldOut: Set<UInt64>())
        for pair in pairs {
            let isFirstHeldOut = isHeldOut[Int(pair.first)]
            let train = Int(isFirstHeldOut ? pair.second : pair.first)
            let heldOut = Int(isFirstHeldOut ? pair.first : pair.second)
            guard let trainKey = index.setKey(train), let heldOutKey = index.setKey(heldOut) else { continue }
            leaking.train.insert(trainKey)
            guard leaking.heldOut.insert(heldOutKey).inserted, report.near.examples.count < ExampleText.countPerKind
            else {
                continue
            }
            report.near.examples.append(
                examples.pair(try spool.row(train), try spool.row(heldOut), similarity: Double(pair.similarity)))
        }
        for row in 0..<spool.count {
            guard let key = index.setKey(row) else { continue }
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
}
