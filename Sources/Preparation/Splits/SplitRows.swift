// Holding rows out of the training files: whole units of rows, so that what belongs together stands on one side.

internal import Datasets
internal import Digests
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
    private var units: UnitNumbers
    private let prompts: PromptKeys
    private let content: TextFields
    private let group: TextFields?
    private let time: TextFields?
    private let stratum: TextFields?
    private var strata: [String] = []
    private var stratumNumbers: [String: Int] = [:]
    /// Unit and stratum of each row.
    private var unitOfRow = ChunkedArray<Int32>(repeating: 0)
    private var stratumOfRow = ChunkedArray<Int32>(repeating: 0)
    private var times: [TimeKey] = []
    private let index: NearIndex?
    private var shingler: Shingler
    private(set) var report: SplitReport

    init(_ plan: SplitPlan, columns: ColumnNames, near: DeduplicateStep, folder: URL, next: any RowSink) {
        self.plan = plan
        self.next = next
        spool = RowSpool(folder: folder)
        units = UnitNumbers(seed: plan.seed)
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
        index = isTogether ? NearIndex(threshold: near.threshold, folder: folder) : nil
        shingler = Shingler(wordCount: near.shingleWords, characterCount: near.shingleCharacters)
        let by = time != nil ? "time" : group != nil ? "group" : plan.section.by.rawValue
        report = SplitReport(
            by: by, field: plan.section.timeField ?? plan.section.groupBy, stratifyBy: plan.section.stratifyBy,
            wanted: 0, heldOut: 0, units: 0)
    }

    func receive(_ row: Row) throws {
        try spool.append(row)
        if let index { try index.add(shingles(of: row)) }
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
            times.append(TimeKey(try value(time, row, plan.section.timeField), row: times.count))
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
        unitOfRow.append(Int32(units.number(of: key)))
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

    private func shingles(of row: Row) -> [UInt64] {
        var bytes: [UInt8] = []
        content.appendText(of: row.fields, to: &bytes)
        return bytes.withUnsafeBufferPointer { shingler.shingles(of: $0) }
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
        var isHeldOut = ChunkedArray<Bool>(repeating: false, count: count)
        if time != nil {
            times.sort()
            for key in times[(count - wanted)...] { isHeldOut[key.row] = true }
            report.units = count
        } else {
            try chooseUnits(wanted, &isHeldOut)
        }
        for row in 0..<count where isHeldOut[row] { report.heldOut += 1 }
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

    /// Goes through the units in the order of their digests and holds out what fits.
    private func chooseUnits(_ wanted: Int, _ isHeldOut: inout ChunkedArray<Bool>) throws {
        let count = spool.count
        var sizes = [Int](repeating: 0, count: units.count)
        for row in 0..<count { sizes[Int(unitOfRow[row])] += 1 }
        var joined = DisjointSets(sizes: sizes, largest: max(1, wanted))
        if let index {
            let pairs = try index.pairs(
                side: { Int(unitOfRow[$0]) }, across: true, shingles: { [self] in shingles(of: try spool.row($0)) })
            // The most alike first: where a set would grow beyond what can be held out, the least alike are parted.
            for pair in pairs.sorted(by: { ($1.similarity, $0.second, $0.first) < ($0.similarity, $1.second, $1.first) }
            ) {
                joined.join(Int(unitOfRow[Int(pair.first)]), Int(unitOfRow[Int(pair.second)]))
            }
        }
        var members = [[Int32]](repeating: [], count: units.count)
        for row in 0..<count { members[joined.root(Int(unitOfRow[row]))].append(Int32(row)) }
        let roots = units.order.filter { !members[$0].isEmpty }
        report.units = roots.count
        if stratum == nil {
            choose(roots, members, wanted: wanted, of: count, &isHeldOut)
            return
        }
        // A unit counts for the stratum of its first row.
        for number in strata.indices {
            let own = roots.filter { Int(stratumOfRow[Int(members[$0][0])]) == number }
            let rows = own.reduce(0) { $0 + members[$1].count }
            let share = Int((Double(wanted) * Double(rows) / Double(count)).rounded())
            if share > 0, rows > 1 { choose(own, members, wanted: share, of: rows, &isHeldOut) }
        }
    }

    private func choose(
        _ roots: [Int], _ members: [[Int32]], wanted: Int, of count: Int, _ isHeldOut: inout ChunkedArray<Bool>
    ) {
        var held = 0
        for root in roots {
            guard held < wanted else { break }
            let size = members[root].count
            // A unit too large for what is still wanted stays in training, unless nothing is held out yet.
            guard held + size <= max(wanted, wanted + wanted / 10) || held == 0 else { continue }
            guard size < count else { break }
            for row in members[root] { isHeldOut[Int(row)] = true }
            held += size
        }
    }

    private func countStrata(_ isHeldOut: ChunkedArray<Bool>) {
        var counts = strata.map { ClassCount(name: $0, before: 0, after: 0) }
        for row in 0..<spool.count {
            counts[Int(stratumOfRow[row])].before += 1
            if isHeldOut[row] { counts[Int(stratumOfRow[row])].after += 1 }
        }
        report.strata = counts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Checks what the split promises.
    private func countGroups(_ isHeldOut: ChunkedArray<Bool>) {
        guard time == nil else { return }
        var sides = [UInt8](repeating: 0, count: units.count)
        for row in 0..<spool.count { sides[Int(unitOfRow[row])] |= isHeldOut[row] ? 2 : 1 }
        report.groupsOnBothSides = sides.count { $0 == 3 }
    }
}

/// A moment as its field writes it: numbers by value, texts by their characters (as ISO 8601 sorts), equal ones by row.
private struct TimeKey: Comparable {
    let number: Double?
    let text: String
    let row: Int

    init(_ value: String, row: Int) {
        number = Double(value)
        text = value
        self.row = row
    }

    static func < (left: TimeKey, right: TimeKey) -> Bool {
        if let a = left.number, let b = right.number { return (a, left.row) < (b, right.row) }
        if (left.number == nil) != (right.number == nil) { return left.number != nil }
        if left.text.utf8.elementsEqual(right.text.utf8) { return left.row < right.row }
        return left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

/// Numbers for keys, and the order in which units are drawn: by SHA-256 of seed and key, so that it depends on neither files nor
/// their order.
struct UnitNumbers {
    private let seed: Int
    private var numbers: [UInt64: Int] = [:]
    private var digests: [UInt64] = []

    init(seed: Int) { self.seed = seed }

    var count: Int { digests.count }

    mutating func number(of key: String) -> Int {
        var hash = SHA256()
        hash.update("\(seed)\n" + key)
        let digest = hash.digest()[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if let number = numbers[digest] { return number }
        numbers[digest] = digests.count
        digests.append(digest)
        return digests.count - 1
    }

    var order: [Int] { digests.indices.sorted { digests[$0] < digests[$1] } }
}

/// Sets that are joined while they stay small enough.
struct DisjointSets {
    private var parents: [Int32]
    private var sizes: [Int]
    private let largest: Int

    init(sizes: [Int], largest: Int) {
        parents = sizes.indices.map { Int32($0) }
        self.sizes = sizes
        self.largest = largest
    }

    mutating func root(_ element: Int) -> Int {
        var element = element
        while Int(parents[element]) != element {
            parents[element] = parents[Int(parents[element])]
            element = Int(parents[element])
        }
        return element
    }

    mutating func join(_ first: Int, _ second: Int) {
        let a = root(first)
        let b = root(second)
        guard a != b, sizes[a] + sizes[b] <= largest else { return }
        // The earlier element stays the root, whatever the order of joins.
        let (low, high) = (min(a, b), max(a, b))
        parents[high] = Int32(low)
        sizes[low] += sizes[high]
    }
}
