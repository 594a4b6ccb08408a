// The steps of a recipe in a row, the split and the leakage check among them.

public import Foundation
public import Recipes

/// What steps need beyond the recipe.
public struct PreparationContext {
    /// The folder in which rows are set aside.
    public var scratch: URL
    /// How many tokens a text has; without it, filters by tokens are refused.
    public var countTokens: (@Sendable (String) -> Int)?
    /// Who has the model that `select` and `rank` ask; without it, they are refused.
    public var judge: (any RowJudge)?
    /// Where the lists of rows go that steps write for people; `nil`: nowhere.
    public var lists: (any RowLists)?
    package var limits = MemoryLimits()
    /// What environment variables hold, for the key of pseudonyms.
    public var environment: [String: String]
    /// The key of the recipe in which the steps stand.
    public var stepsKey = "data.steps"
    /// What mask steps take out, so that it is shown nowhere.
    public let masked = MaskedValues()

    public init(
        scratch: URL, countTokens: (@Sendable (String) -> Int)? = nil, environment: [String: String] = [:]
    ) {
        self.scratch = scratch
        self.countTokens = countTokens
        self.environment = environment
    }
}

extension PreparationContext {
    var space: ScratchSpace { ScratchSpace(folder: scratch, limits: limits) }

    /// The folder that `TMPDIR` names, else `/var/tmp`: `/tmp` lies in memory on many machines, and rows set aside are as large as the
    /// files they came from.
    public static func scratchFolder(environment: [String: String]) -> URL {
        if environment["TMPDIR"] == nil, access("/var/tmp", W_OK) == 0 { return URL(fileURLWithPath: "/var/tmp") }
        return FileManager.default.temporaryDirectory
    }
}

/// Rows in, prepared rows out.
///
/// Rows of held-out files are marked so when they are pushed. Where there are none and `data.val_size` asks for some, they are held
/// out before the first step that works on training rows alone, else after the last step. Leakage is looked
/// for at the end. Memory does not grow with the rows' bytes: rows that must wait lie on disk.
public final class RowPipeline {
    private let input: any RowSink
    private let steps: [RowStep]
    private let split: SplitRows?
    private let leakage: LeakageCheck?
    private let counter: SideCounter
    private var report = PreparationReport()

    public init(
        _ data: DataSection, seed: Int, context: PreparationContext, into sink: any RowSink
    ) throws {
        let holdsOut = !data.heldOut.isEmpty || data.valSize > 0
        let near = Self.nearSettings(data)
        let columns = ColumnNames(data)
        let counter = SideCounter(sink, columns: columns)
        self.counter = counter
        var next: any RowSink = counter
        var leakage: LeakageCheck?
        if holdsOut {
            let check = LeakageCheck(
                data.leakage, groupBy: data.split.groupBy, columns: columns, near: near, scratch: context.space,
                next: next)
            leakage = check
            next = check
        }
        var steps: [RowStep] = []
        var split: SplitRows?
        let splitIndex =
            data.steps.firstIndex(where: \.isForTraining) ?? data.steps.count
        let isSplit = data.heldOut.isEmpty && data.valSize > 0
        for index in stride(from: data.steps.count, through: 0, by: -1) {
            if index < data.steps.count {
                let step = try Self.step(data.steps[index], index, data, seed, context, next)
                steps.insert(step, at: 0)
                next = step
            }
            if isSplit, index == splitIndex {
                let plan = SplitPlan(data.split, size: data.valSize, seed: seed)
                let rows = SplitRows(plan, columns: columns, near: near, scratch: context.space, next: next)
                split = rows
                next = rows
            }
        }
        self.input = next
        self.steps = steps
        self.split = split
        self.leakage = leakage
    }

    /// The measure of "near": that of the recipe's last near-deduplication, or its defaults.
    private static func nearSettings(_ data: DataSection) -> DeduplicateStep {
        data.steps.reversed().lazy.compactMap { step -> DeduplicateStep? in
            if case .deduplicate(let step) = step, step.by == .near { step } else { nil }
        }.first ?? DeduplicateStep()
    }

    private static func step(
        _ step: DataStep, _ index: Int, _ data: DataSection, _ seed: Int, _ context: PreparationContext,
        _ next: any RowSink
    ) throws -> RowStep {
        let report = StepReport(index: index, name: step.name, settings: step.text)
        let path = "\(context.stepsKey)[\(index)].\(step.name)"
        let columns = ColumnNames(data)
        switch step {
        case .review(let step): return try ReviewRows(step, report, path: path, columns: columns, next: next)
        case .normalise(let step): return NormaliseRows(step, report, next: next)
        case .filter(let step):
            return try FilterRows(
                step, report, path: path, columns: columns, countTokens: context.countTokens, next: next)
        case .deduplicate(let step):
            return step.by == .near
                ? NearDuplicates(step, report, columns: columns, scratch: context.space, next: next)
                : ExactDuplicates(step, report, columns: columns, scratch: context.space, next: next)
        case .mask(let step):
            var key: [UInt8]?
            if step.replaceWith == .pseudonym {
                let name = step.keyFrom ?? ""
                guard let secret = context.environment[name], !secret.isEmpty else {
                    throw StepError(
                        path + ".key_from", "recipe", "the environment has no variable \(name)",
                        hint: "it holds the secret that pseudonyms are made with")
                }
                key = Array(secret.utf8)
            }
            return MaskRows(
                step, report, key: key, keeping: keyFields(data), values: context.masked, next: next)
        case .balance(let step):
            return BalanceRows(step, report, columns: columns, seed: seed, folder: context.scratch, next: next)
        case .sample(let step): return SampleRows(step, report, seed: seed, folder: context.scratch, next: next)
        case .augment(let step): return AugmentRows(step, report, columns: columns, seed: seed, next: next)
        case .map(let step): return try MapRows(step, report, next: next)
        case .select(let step):
            return try JudgedRows(.select(step), report, columns: columns, context: context, next: next)
        case .rank(let step):
            return try JudgedRows(.rank(step), report, columns: columns, context: context, next: next)
        }
    }

    /// Names of the fields by which rows are split and balanced, a path's last part.
    private static func keyFields(_ data: DataSection) -> Set<String> {
        var names = [data.split.groupBy, data.split.timeField, data.split.stratifyBy].compactMap(\.self)
        for step in data.steps { if case .balance(let balance) = step { names.append(balance.by) } }
        names += names.compactMap { data.columns[$0] }
        return Set(names.compactMap { $0.split(separator: ".").last.map(String.init) })
    }

    /// Pushes a row of the files.
    public func receive(_ row: Row) throws {
        if row.isHeldOut { report.heldOutRowsRead += 1 } else { report.trainRowsRead += 1 }
        try input.receive(row)
    }

    /// Ends the rows and says what was done.
    public func finish() throws -> PreparationReport {
        try input.finish()
        // Now every mask step has seen its rows: nothing that it took out is shown.
        for case let step as JudgedRows in steps { try step.writeLists() }
        report.steps = steps.map(\.report)
        report.split = split?.report
        report.leakage = leakage?.report
        report.trainRows = counter.train
        report.heldOutRows = counter.heldOut
        report.trainText = counter.trainText.text
        report.heldOutText = counter.heldOutText.text
        return report
    }
}

/// Counts what comes out on each side.
private final class SideCounter: RowSink {
    private let sink: any RowSink
    private(set) var train = 0
    private(set) var heldOut = 0
    private(set) var trainText: SideTextCounter
    private(set) var heldOutText: SideTextCounter

    init(_ sink: any RowSink, columns: ColumnNames) {
        self.sink = sink
        trainText = SideTextCounter(columns: columns)
        heldOutText = trainText
    }

    func receive(_ row: Row) throws {
        if row.isHeldOut {
            heldOut += 1
            heldOutText.count(row.fields)
        } else {
            train += 1
            trainText.count(row.fields)
        }
        try sink.receive(row)
    }

    func finish() throws { try sink.finish() }
}
