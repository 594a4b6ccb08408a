// What the teacher predicts of a recipe's training rows, into a file.

internal import Datasets
internal import Distillation
internal import Evaluation
internal import Files
internal import Foundation
public import JSON
internal import Models
internal import Recipes
internal import Spelling
internal import Tensors

/// Captures the distributions of the recipe's teacher. Rows that are captured already are not read again.
public struct CaptureStage: StandaloneStage {
    /// A capture by itself, of the recipe's training rows.
    public init() {}

    func open(_ session: Session, _ observer: any RunObserver) throws {
        let recipe = session.recipe, distill = recipe.distill
        guard distill.isAsked else {
            throw Failure(
                .badInput, "distill.teacher is missing: there is nobody whose distributions could be captured",
                hint: "name a model there, or an adapter on the recipe's own in distill.teacher_adapter")
        }
        guard distill.source.isCaptured else {
            throw Failure(
                .badInput, "distill.source: \(distill.source.rawValue): nothing is captured",
                hint: "write source: capture")
        }
        try session.resolved.requireInputs(of: "model", "data", "distill")
        let run = RunDirectory(planned: RunDirectory.place(of: recipe)), places = try OutputPlaces(session.resolved)
        try places.requireRun(run, writing: [.prepared])
        try places.require(run.captures(of: recipe), run: run)
        try session.startComputing()
        guard let teacher = try session.teacher() else { throw Failure(.internal, "the recipe has no teacher") }
        for warning in teacher.warnings { observer.receive(.warning(warning)) }
        try session.capture(teacher).requirePlace()
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        guard let teacher = try session.teacher() else { return [] }
        let bytes = try Self.passBytes(session, teacher)
        return [
            memory.forecast(
                "capture", wholeBaseAnd: bytes + Self.logitBytes(teacher), otherModels: teacher.mappedBytes)
        ]
    }

    /// Bytes of the buffers of the teacher's passes.
    private static func passBytes(_ session: Session, _ teacher: Teacher) throws -> Int {
        EvaluationRows.bytes(
            for: teacher.model, memoryLimit: session.recipe.train.memoryLimitBytes.map { $0 - logitBytes(teacher) },
            heldBytes: try session.heldBytes() + teacher.heldBytes)
    }

    private static func logitBytes(_ teacher: Teacher) -> Int {
        DistributionReader.predictedBytes(rows: .max, model: teacher.model)
    }

    /// - Throws: `Failure` for what is known before the first row; `CaptureError` where the file that is there is of another
    ///   teacher, and where a prediction is no number; `PlaceError` for a place that is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> CaptureReport {
        try session.ready(self, observer)
        guard let teacher = try session.teacher() else { throw Failure(.internal, "the recipe has no teacher") }
        guard !session.isOfRun else {
            return try capture(session, teacher, session.requireTraining().split, observer)
        }
        let lock = try RunLock(RunDirectory.place(of: session.recipe))
        defer { lock.release() }
        let directory = try RunDirectory(RunDirectory.place(of: session.recipe))
        let split = try session.openRows(staged: true, observer)
        try split.keep()
        try directory.files.mark()
        try teacher.take(split, session)
        session.tell(DataSummary(split.report).warnings, observer)
        return try StopSignals.whileKeeping(session.capture(teacher).journal) {
            try capture(session, teacher, split, observer)
        }
    }

    private func capture(
        _ session: Session, _ teacher: Teacher, _ split: PreparedSplit, _ observer: any RunObserver
    ) throws -> CaptureReport {
        let identity = try session.captureIdentity(teacher)
        let bytes = try Self.passBytes(session, teacher)
        let reader = DistributionReader(
            teacher.model, identity.method, temperature: identity.temperature,
            seed: UInt64(bitPattern: Int64(identity.seed)), vocabulary: identity.vocabularySize,
            workspace: Workspace(reservingBytes: bytes))
        let rows = Capture.Rows(
            examples: split.train.examples, count: split.train.report.rows, digest: split.train.digest,
            longestContext: teacher.longestContext, read: teacher.reading)
        let rowLimit = max(
            EvaluationRows.limit(for: teacher.model, bytes: bytes),
            split.train.report.longestExample + teacher.longestContext)
        let progress = Self.progress(observer), capture = try session.capture(teacher)
        let outcome = try teacher.whileActing {
            try capture.run(rows, reader: reader, rowLimit: rowLimit, onProgress: progress)
        }
        return CaptureReport(outcome, rows: split.train.report.rows, path: session.capturePlace.path)
    }

    private static func progress(_ observer: any RunObserver) -> (Capture.Progress) -> Void {
        let clock = ContinuousClock(), start = clock.now
        return { progress in
            let seconds = (clock.now - start) / .seconds(1)
            let speed = seconds > 0 ? ", \(Int(Double(progress.tokens) / seconds)) tokens/s" : ""
            observer.receive(.progress(done: progress.done, total: progress.total, unit: "sequences" + speed))
        }
    }
}

/// What was captured.
public struct CaptureReport: Presentable {
    let rows: Int
    let targets: Int
    let bytes: Int
    let path: String
    let sha256: String
    /// Sequences that were there before.
    private let known: Int
    /// Of all that the file holds; nil where that is nothing.
    private let bytesPerToken: Double?

    init(_ outcome: Capture.Outcome, rows: Int, path: String) {
        (targets, known, bytes, sha256) = (outcome.targets, outcome.known, outcome.bytes, outcome.sha256)
        bytesPerToken = outcome.file.targets > 0 ? Double(bytes) / Double(outcome.file.targets) : nil
        self.rows = rows
        self.path = path
    }

    public var json: JSONValue {
        [
            "rows": .integer(rows), "target_tokens": .integer(targets),
            "bytes_per_token": bytesPerToken.map { .double($0) } ?? .null, "path": .string(path),
            "sha256": .string(sha256),
        ]
    }

    public var text: String {
        let size = bytesPerToken.map { ", \(String(format: "%.1f", $0)) bytes a token" } ?? ""
        return
            "captured what the teacher predicts of \(Count.text(targets, "target token")) in \(Count.text(rows, "row"))"
            + "\(size): \(path: path)" + (known > 0 ? " (\(Count.text(known, "sequence")) of it before)" : "")
    }
}
