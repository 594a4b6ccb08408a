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
    var fields: [PredictionField] { get }
    var identity: JSONValue { get }
    var predictedBytes: Int { get }
    var notes: [String] { get }
    /// How many rows it is given at once, but for the last ones. The same rows come together however often work begins again.
    var rowsAtOnce: Int { get }
    func check(_ row: SourceRow) throws
    /// What is said of each of `rows`; nil where one is left out.
    func predictions(of rows: [SourceRow]) throws -> [Prediction?]
}

/// A predictor that gathers rows for a `ChunkPredictor`.
final class ChunkedPredictor: RowPredictor {
    private let inner: any ChunkPredictor
    private var rows: [SourceRow] = []

    init(_ inner: any ChunkPredictor) { self.inner = inner }

    var fields: [PredictionField] { inner.fields }
    var identity: JSONValue { inner.identity }
    var predictedBytes: Int { inner.predictedBytes }
    var notes: [String] { inner.notes }
    func check(_ row: SourceRow) throws { try inner.check(row) }

    /// Chunks end at fixed rows, so that the rows beside a row are the same when work goes on in the midst of the file.
    var hasRoom: Bool { rows.last.map { ($0.index + 1) % inner.rowsAtOnce != 0 } ?? true }
    func take(_ row: SourceRow) { rows.append(row) }

    func work(isLast: Bool) throws -> [PredictedRow] {
        guard !rows.isEmpty, isLast || !hasRoom else { return [] }
        let predictions = try inner.predictions(of: rows)
        defer { rows.removeAll(keepingCapacity: true) }
        return zip(rows, predictions).map { PredictedRow(row: $0.index, prediction: $1) }
    }
}

/// The kinds of answers, in the order in which they are asked whether a call is theirs. The last answers everything.
enum PredictorKinds {
    typealias Make = @Sendable (PredictionCall) throws -> (any RowPredictor)?

    static let all: [Make] = [HeadPredictor.of, EmbeddingPredictor.of, LabelWordPredictor.of, AnswerPredictor.of]

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
