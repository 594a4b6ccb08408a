// `select` and `rank`: a model's verdicts on the training rows decide which stay, and all rows are listed for a person.

internal import Datasets
internal import Recipes

/// Lets training rows wait until a model has seen all of them. Held-out rows pass.
final class JudgedRows: RowStep {
    private let step: JudgedStep
    private let judge: any RowJudge
    private let lists: (any RowLists)?
    private let masked: MaskedValues
    private let text: ExampleText
    private let spool: RowSpool
    private var training = ChunkedArray<Int>(repeating: 0)
    private var list: VerdictList?

    init(
        _ step: JudgedStep, _ report: StepReport, columns: ColumnNames, context: PreparationContext,
        next: any RowSink
    ) throws {
        let path = Self.path(report)
        guard let judge = context.judge else {
            throw StepError(path, "recipe", "the step asks a model, and there is none")
        }
        self.step = step
        self.judge = judge
        lists = context.lists
        masked = context.masked
        text = ExampleText(TextFields([], columns: columns, coversAll: false))
        spool = RowSpool(context.space)
        super.init(report, next: next)
    }

    private static func path(_ report: StepReport) -> String { "data.steps[\(report.index)].\(report.name)" }

    override func process(_ row: Row) throws {
        if !row.isHeldOut { training.append(spool.count) }
        try spool.append(row)
    }

    override func conclude() throws {
        let rows = WaitingRows(spool, numbers: training)
        let verdicts = rows.count == 0 ? [] : try judge.verdicts(on: rows, step, path: Self.path(report))
        precondition(verdicts.count == rows.count, "a verdict for each row")
        let list = VerdictList(verdicts, step)
        self.list = list
        var isOut = [Bool](repeating: false, count: spool.count)
        for row in list.dropped { isOut[training[row]] = true }
        try spool.forEach { number, row in
            guard isOut[number] else { return try emit(row) }
            note { $0.remove(step.reason, place: row.place.description) { text.text(of: row) } }
        }
    }

    /// Writes what was found of all rows, once every mask step has seen its own.
    func writeLists() throws {
        guard let lists, let list, training.count > 0 else { return }
        let name = "\(report.name)-\(report.index + 1)"
        let writing = VerdictWriting(
            list, rows: WaitingRows(spool, numbers: training), text: text, cover: PersonalDataCover(masked))
        try lists.write(name + ".jsonl", writing.lines)
        try lists.write(name + ".md") { try writing.table(title: name, settings: report.settings, $0) }
        note { $0.list = name + ".md" }
    }
}

extension JudgedStep {
    /// Why a row is left out, as it is counted.
    var reason: String {
        switch self {
        case .select: "farther from the targets"
        case .rank: "among the worst"
        }
    }

    /// Of `judged` rows, how many stay.
    func keptCount(of judged: Int) -> Int {
        switch self {
        case .select(let step):
            min(judged, step.size <= 1 ? Int((step.size * Double(judged)).rounded()) : Int(step.size))
        case .rank(let step): judged - Int((step.dropShare * Double(judged)).rounded())
        }
    }
}

/// Training rows in the order of their verdicts.
struct VerdictList {
    let verdicts: [RowVerdict]
    /// Numbers of the rows that could be judged, those of the highest score first; of equals the earlier row.
    let order: [Int]
    /// Those of them that are left out.
    let dropped: Set<Int>

    /// What cannot be judged stays: what is wrong with it is counted where it becomes tokens.
    init(_ verdicts: [RowVerdict], _ step: JudgedStep) {
        self.verdicts = verdicts
        func score(_ row: Int) -> Double { verdicts[row].score ?? 0 }
        order = verdicts.indices.filter { verdicts[$0].score != nil }
            .sorted { (score($1), $0) < (score($0), $1) }
        let kept = step.keptCount(of: order.count)
        dropped =
            switch step {
            case .select: Set(order.dropFirst(kept))
            case .rank: Set(order.prefix(order.count - kept))
            }
    }
}
