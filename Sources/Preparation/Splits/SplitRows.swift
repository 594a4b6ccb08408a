// Holding rows out of the training files: whole units of rows, so that what belongs together stands on one side.

internal import Datasets
internal import Foundation
internal import JSON
internal import Recipes

/// How many rows are held out, and how.
struct SplitPlan: Sendable, Equatable {
    var section: SplitSection
    /// Below 1 a share of the rows, from 1 on a number.
    var size: Double
    var seed: Int

    init(_ section: SplitSection, size: Double, seed: Int) {
        self.section = section
        self.size = size
        self.seed = seed
    }
}

final class SplitRows: RowSink {
    private let plan: SplitPlan
    private let next: any RowSink
    private let spool: RowSpool
    private let units: SplitUnits
    private let prompts: PromptKeys
    private let content: TextFields
    private let group: TextFields?
    private let time: TextFields?
    private let stratum: TextFields?
    private var strata: [String] = []
    private var stratumNumbers: [String: Int] = [:]
    private var stratumOfRow = ChunkedArray<Int32>(repeating: 0)
    private var times: [TimeKey] = []
    private var index: NearIndex?
    private var shingler: Shingler
    private(set) var report: SplitReport

    init(_ plan: SplitPlan, columns: ColumnNames, near: DeduplicateStep, scratch: ScratchSpace, next: any RowSink) {
        self.plan = plan
        self.next = next
        spool = RowSpool(scratch)
        units = SplitUnits(seed: plan.seed, scratch: scratch)
        prompts = PromptKeys(columns)
        content = TextFields([], columns: columns, coversAll: false)
        func field(_ name: String?) -> TextFields? {
            name.map { TextFields([columns[$0] ?? $0], columns: [:], coversAll: true) }
        }
        group = field(plan.section.groupBy)
        time = field(plan.section.timeField)
        stratum = field(plan.section.stratifyBy)
        let isTogether =
            plan.section.nearTogether && plan.section.timeField == nil && (plan.section.by == .prompt || group != nil)
        index = isTogether ? NearIndex(threshold: near.threshold, scratch: scratch) : nil
        shingler = Shingler(wordCount: near.shingleWords, characterCount: near.shingleCharacters)
        let by = time != nil ? "time" : group != nil ? "group" : plan.section.by.rawValue
        report = SplitReport(
            by: by, field: plan.section.timeField ?? plan.section.groupBy, stratifyBy: plan.section.stratifyBy,
            wanted: 0, heldOut: 0, units: 0)
    }

    func receive(_ row: Row) throws {
        try spool.append(row)
        if let index {
            withText(of: row) { shingler.scan($0) }
            try index.add(shingler)
        }
        if let stratum {
            let value = try value(stratum, row, plan.section.stratifyBy)
            let number = stratumNumbers[value] ?? strata.count
            if number == strata.count {
                stratumNumbers[value] = number
                strata.append(value)
            }
            stratumOfRow.append(Int32(number))
        }
        if let time {
            times.append(try timeKey(value(time, row, plan.section.timeField), row))
            return
        }
        let key: String
        if let group {
            // Two spellings of one group are one group.
            key = PromptKeys.key(ofText: try value(group, row, plan.section.groupBy))
        } else if plan.section.by == .prompt {
            key = prompts.key(of: row)
        } else {
            key = "\(row.index)"
        }
        try units.append(key: key)
    }

    /// Times sort by their numbers, or by the text of a date that begins with its year; another text has no order in time.
    private func timeKey(_ value: String, _ row: Row) throws -> TimeKey {
        let key = TimeKey(value, row: times.count)
        guard key.isTime, times.first.map({ $0.isNumber == key.isNumber }) ?? true else {
            let problem =
                key.isTime ? "some are numbers and some are dates" : "no number, and no date that begins with its year"
            throw StepError(
                "data.split.time_field", row.place.description,
                "\"\(plan.section.timeField ?? "")\" is \"\(value.prefix(40))\": \(problem)",
                hint: "write times as 2026-01-31, 2026-01-31T10:00:00 or as seconds, the same way in every row")
        }
        return key
    }

    private func value(_ field: TextFields, _ row: Row, _ name: String?) throws -> String {
        var value: String?
        field.forEach(in: row.fields) { text in value = value.map { $0 + "\u{1F}" + text } ?? text }
        guard let value else {
            throw StepError(
                "data.split", row.place.description, "the row has no field \"\(name ?? "")\"",
                hint: "every row needs it to be put on a side")
        }
        return value
    }

    private func withText<Result>(of row: Row, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var bytes: [UInt8] = []
        content.appendText(of: row.fields, to: &bytes)
        return bytes.withUnsafeBufferPointer { body($0) }
    }

    // MARK: Deciding

    func finish() throws {
        let count = spool.count
        let wanted = plan.size < 1 ? max(1, Int((plan.size * Double(count)).rounded())) : Int(plan.size)
        report.wanted = wanted
        guard wanted < count else {
            throw StepError(
                "data.val_size", "recipe", "asks for \(wanted) of \(count) rows",
                hint: "no row would be left to train on")
        }
        var isHeldOut = BitArray(count: count)
        if time != nil {
            times.sort()
            for key in times[(count - wanted)...] { isHeldOut[key.row] = true }
            times = []
            report.units = count
        } else {
            try chooseUnits(wanted, &isHeldOut)
        }
        report.heldOut = isHeldOut.trueCount
        guard report.heldOut > 0 else {
            throw StepError(
                "data.val_size", "recipe", "all rows belong together, so none can be held out",
                hint: "split by another field, or set data.split.near_together: false")
        }
        if stratum != nil { countStrata(isHeldOut) }
        if group != nil { countGroups(isHeldOut) }
        try spool.forEach { number, row in
            var row = row
            row.isHeldOut = isHeldOut[number]
            try next.receive(row)
        }
        try next.finish()
    }

    /// Goes through the units in their order and holds out what fits.
    private func chooseUnits(_ wanted: Int, _ isHeldOut: inout BitArray) throws {
        try units.number()
        var pairs: [NearPair] = []
        if let index {
            let units = units.ofRow
            pairs = try index.pairs(
                side: { Int(units[$0]) }, across: true,
                shingles: { [self] number in
                    let row = try spool.row(number)
                    return withText(of: row) { shingler.sortedPieces(of: $0) }
                })
            // What follows at once looks for the very same pairs.
            (next as? LeakageCheck)?.adopt(spool, index, pairs)
            self.index = nil
        }
        // Whole sets of alike rows, so that what the split holds apart the leakage check finds apart; where all rows hang together,
        // sets no larger than what is wanted, and that check tells what they have in common.
        for largest in [Int.max, max(1, wanted)] where isHeldOut.trueCount == 0 {
            var joined = JoinedUnits(pairs, units, largest: largest)
            var isChosen = BitArray(count: units.count)
            report.units = 0
            if stratum == nil {
                report.units = choose(&joined, wanted: wanted, of: spool.count, &isChosen) { _ in true }
            } else {
                try chooseByStratum(&joined, wanted: wanted, &isChosen)
            }
            for row in 0..<spool.count { isHeldOut[row] = isChosen[joined.root(Int(units.ofRow[row]))] }
        }
    }

    private func chooseByStratum(_ joined: inout JoinedUnits, wanted: Int, _ isChosen: inout BitArray) throws {
        // A unit counts for the stratum of its first row.
        var stratumOfUnit = [Int32](repeating: -1, count: units.count)
        var rows = [Int](repeating: 0, count: strata.count)
        for row in 0..<spool.count {
            let root = joined.root(Int(units.ofRow[row]))
            if stratumOfUnit[root] < 0 { stratumOfUnit[root] = stratumOfRow[row] }
            rows[Int(stratumOfUnit[root])] += 1
        }
        for number in strata.indices {
            let share = Int((Double(wanted) * Double(rows[number]) / Double(spool.count)).rounded())
            report.units += choose(
                &joined, wanted: rows[number] > 1 ? share : 0, of: rows[number], &isChosen
            ) { stratumOfUnit[$0] == Int32(number) }
        }
    }

    /// Chooses among the units that `isOwn` allows; how many there are.
    private func choose(
        _ joined: inout JoinedUnits, wanted: Int, of count: Int, _ isChosen: inout BitArray, isOwn: (Int) -> Bool
    ) -> Int {
        var held = 0
        var own = 0
        var smallest: (unit: Int, size: Int)?
        for unit in 0..<units.count where joined.root(unit) == unit && isOwn(unit) {
            own += 1
            let size = joined.size(ofRoot: unit)
            if size < count, size < smallest?.size ?? .max { smallest = (unit, size) }
            // A unit too large for what is still wanted stays in training.
            guard held < wanted, size < count, held + size <= wanted + wanted / 10 else { continue }
            isChosen[unit] = true
            held += size
        }
        // Where none is small enough, the smallest.
        if held == 0, wanted > 0, let smallest { isChosen[smallest.unit] = true }
        return own
    }

    private func countStrata(_ isHeldOut: BitArray) {
        var counts = strata.map { ClassCount(name: $0, before: 0, after: 0) }
        for row in 0..<spool.count {
            counts[Int(stratumOfRow[row])].before += 1
            if isHeldOut[row] { counts[Int(stratumOfRow[row])].after += 1 }
        }
        report.strata = counts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Checks what the split promises.
    private func countGroups(_ isHeldOut: BitArray) {
        guard time == nil else { return }
        var sides = [UInt8](repeating: 0, count: units.count)
        for row in 0..<spool.count { sides[Int(units.ofRow[row])] |= isHeldOut[row] ? 2 : 1 }
        report.groupsOnBothSides = sides.count { $0 == 3 }
    }
}
