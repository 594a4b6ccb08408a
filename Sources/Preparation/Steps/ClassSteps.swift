// `balance` and `sample`: which rows stay is drawn from the seed and the row's number, so the order of work does not matter.

internal import Foundation
internal import Recipes

/// Purposes of draws, so that two steps of one seed do not choose alike.
enum DrawPurpose: UInt64 {
    case balance = 21
    case sample, augment, split
}

/// Evens out the classes of the training rows. Held-out rows pass.
final class BalanceRows: RowStep {
    private let step: BalanceStep
    private let field: TextFields
    private let seed: Int
    private let spool: RowSpool
    private var classNumbers: [String: Int] = [:]
    private var classNames: [String] = []
    /// The class of each spooled row, −1 for held-out ones.
    private var classes = ChunkedArray<Int32>(repeating: 0)

    init(_ step: BalanceStep, _ report: StepReport, columns: ColumnNames, seed: Int, folder: URL, next: any RowSink) {
        self.step = step
        field = TextFields([columns[step.by] ?? step.by], columns: [:], coversAll: true)
        self.seed = seed
        spool = RowSpool(folder: folder)
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        try spool.append(row)
        guard !row.isHeldOut else { return classes.append(-1) }
        var name: String?
        field.forEach(in: row.fields) { name = name ?? $0 }
        guard let name else {
            throw StepError(
                "data.steps[\(report.index)].balance", row.place.description, "the row has no field \"\(step.by)\"",
                hint: "by names the field of the class")
        }
        let number = classNumbers[name] ?? classNames.count
        if number == classNames.count {
            classNumbers[name] = number
            classNames.append(name)
        }
        classes.append(Int32(number))
    }

    override func conclude() throws {
        var members = [[(draw: UInt64, row: Int)]](repeating: [], count: classNames.count)
        for row in 0..<spool.count where classes[row] >= 0 {
            members[Int(classes[row])].append(
                (
                    ContentHash.draw(
                        seed: seed, purpose: DrawPurpose.balance.rawValue, UInt64(row), UInt64(report.index)), row
                ))
        }
        let sizes = members.map(\.count)
        let wanted =
            step.perClass ?? (step.method == .undersample ? sizes.min() ?? 0 : sizes.max() ?? 0)
        /// How often a row stands in the result.
        var times = ChunkedArray<UInt16>(repeating: 1, count: spool.count)
        var counts: [ClassCount] = []
        for (number, rows) in members.enumerated() {
            let sorted = rows.sorted { ($0.draw, $0.row) < ($1.draw, $1.row) }
            let after = step.method == .undersample ? min(wanted, rows.count) : max(wanted, rows.count)
            for (position, member) in sorted.enumerated() {
                times[member.row] = UInt16(
                    clamping: after / rows.count + (position < after % rows.count ? 1 : 0))
            }
            counts.append(ClassCount(name: classNames[number], before: rows.count, after: after))
        }
        note { $0.classes = counts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
        try spool.forEach { number, row in
            let copies = Int(times[number])
            if copies == 0 { note { $0.remove("class is full", place: row.place.description, text: { "" }) } }
            for copy in 0..<copies {
                var row = row
                if copy > 0 {
                    row.copy += copy
                    note { $0.rowsAdded += 1 }
                }
                try emit(row)
            }
        }
    }
}

/// Keeps a seeded sample of the rows of each side.
final class SampleRows: RowStep {
    private let step: SampleStep
    private let seed: Int
    private let spool: RowSpool
    private var isHeldOut = ChunkedArray<Bool>(repeating: false)

    init(_ step: SampleStep, _ report: StepReport, seed: Int, folder: URL, next: any RowSink) {
        self.step = step
        self.seed = seed
        spool = RowSpool(folder: folder)
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        isHeldOut.append(row.isHeldOut)
        try spool.append(row)
    }

    override func conclude() throws {
        var draws: [(draw: UInt64, row: Int)] = []
        for row in 0..<spool.count where !isHeldOut[row] {
            draws.append(
                (
                    ContentHash.draw(
                        seed: seed, purpose: DrawPurpose.sample.rawValue, UInt64(row), UInt64(report.index)), row
                ))
        }
        let wanted = step.size <= 1 ? Int((step.size * Double(draws.count)).rounded()) : Int(step.size)
        draws.sort { ($0.draw, $0.row) < ($1.draw, $1.row) }
        var isDropped = ChunkedArray<Bool>(repeating: false, count: spool.count)
        for draw in draws.dropFirst(wanted) { isDropped[draw.row] = true }
        let count = max(0, draws.count - wanted)
        if count > 0 { note { $0.removed = [NamedCount(name: "not drawn", count: count)] } }
        try spool.forEach { number, row in if !isDropped[number] { try emit(row) } }
    }
}
