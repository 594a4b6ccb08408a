// What says something of rows: one file here for each kind of answer.

internal import Datasets
internal import JSON

/// Says something of rows, which it is given in their order; it may answer them in any order, each once.
protocol RowPredictor: AnyObject {
    /// What it says of each row.
    var fields: [PredictionField] { get }
    /// All that decides what it says beside model, adapter, rows and how rows are read. Work that was begun with another is
    /// not gone on with.
    var identity: JSONValue { get }
    /// Bytes that it takes beside model and adapter, once all rows were checked.
    var predictedBytes: Int { get }
    /// What a person should know, a line each, once all rows were checked.
    var notes: [String] { get }

    /// Looks at a row before any work is done.
    ///
    /// - Throws: `DatasetError` where nothing can be said of it.
    func check(_ row: SourceRow) throws
    /// Whether it takes one row more before it works.
    var hasRoom: Bool { get }
    /// Takes the row, whose number is its `index`.
    ///
    /// - Throws: `DatasetError`, as `check` did.
    func take(_ row: SourceRow) throws
    /// Works for a while on the rows that it has, and gives those that are done. Called again and again until all are.
    ///
    /// - Parameter isLast: whether it gets no row more before it gives those that it has.
    func work(isLast: Bool) throws -> [PredictedRow]
}

/// Says something of many rows at once: whoever need not tell rows apart by when they are done.
protocol ChunkPredictor: AnyObject {
    /// A row as it is asked.
    associatedtype Question

    var fields: [PredictionField] { get }
    var identity: JSONValue { get }
    var predictedBytes: Int { get }
    var notes: [String] { get }
    /// How many rows it is given at once, but for the last ones. The same rows come together however often work begins again.
    var rowsAtOnce: Int { get }
    /// What the row asks; nil where it is left out.
    ///
    /// - Parameter counts: whether what becomes of the row is counted, as it is when rows are checked.
    /// - Throws: `DatasetError` where nothing can be said of it.
    func question(_ row: SourceRow, counts: Bool) throws -> Question?
    /// What is said of each of `questions`.
    func predictions(of questions: [Question]) throws -> [Prediction]
}

/// A predictor that gathers rows for a `ChunkPredictor`.
final class ChunkedPredictor<Inner: ChunkPredictor>: RowPredictor {
    private let inner: Inner
    private var rows: [(index: Int, question: Inner.Question?)] = []
    private var isFull = false

    init(_ inner: Inner) { self.inner = inner }

    var fields: [PredictionField] { inner.fields }
    var identity: JSONValue { inner.identity }
    var predictedBytes: Int { inner.predictedBytes }
    var notes: [String] { inner.notes }
    func check(_ row: SourceRow) throws { _ = try inner.question(row, counts: true) }

    var hasRoom: Bool { !isFull }

    func take(_ row: SourceRow) throws {
        // Chunks end at fixed rows, bad ones too, so that the rows beside a row are the same when work goes on in the midst of the
        // file.
        isFull = (row.index + 1) % inner.rowsAtOnce == 0
        rows.append((row.index, try inner.question(row, counts: false)))
    }

    func work(isLast: Bool) throws -> [PredictedRow] {
        guard isLast || isFull else { return [] }
        defer {
            rows.removeAll(keepingCapacity: true)
            isFull = false
        }
        let questions = rows.compactMap(\.question)
        var predictions = questions.isEmpty ? [] : try inner.predictions(of: questions)[...]
        return rows.map { PredictedRow(row: $0.index, prediction: $0.question == nil ? nil : predictions.popFirst()) }
    }
}

/// The kinds of answers, in the order in which they are asked whether a call is theirs. The last answers everything.
enum PredictorKinds {
    typealias Make = @Sendable (PredictionCall) throws -> (any RowPredictor)?

    static let all: [Make] = [
        SpanPredictor.of, HeadPredictor.of, EmbeddingPredictor.of, LabelWordPredictor.of, AnswerPredictor.of,
    ]

    static func predictor(of call: PredictionCall) throws -> any RowPredictor {
        for make in all { if let predictor = try make(call) { return predictor } }
        throw Failure(.internal, "no kind of answer takes these rows")
    }
}

/// What a kind of answer knows when it is asked.
struct PredictionCall {
    let session: Session
    let settings: PredictionSettings
    let survey: RowSurvey
    let observer: any RunObserver
}
