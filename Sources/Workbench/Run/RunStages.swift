// The stages of one run, each done once: what it came to is noted in run.json, and a later call takes it from there.

internal import Adapters
internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Recipes
internal import Spelling
internal import Training

/// A run at work in its directory.
final class RunStages {
    private let session: Session
    private let setup: TrainingSetup
    private let directory: RunDirectory
    private let earlier: EarlierRun?
    private let interruption: Interruption
    private let meter: StageMeter
    private let labels: LabelsRun
    /// The call that the run answers.
    private let command: String
    private var record: RunRecord
    /// Whether this call has done anything.
    private(set) var hasWorked = false

    private var recipe: Recipe { session.recipe }
    private var observer: any RunObserver { meter }

    /// - Parameters:
    ///   - earlier: what the run goes on from; `nil` where it starts over.
    ///   - labels: the run that a distilled student is compared with.
    ///   - command: the call that the run answers.
    init(
        _ session: Session, _ setup: TrainingSetup, _ directory: RunDirectory, earlier: EarlierRun?,
        interruption: Interruption, meter: StageMeter, labels: LabelsRun, command: String
    ) throws {
        self.session = session
        self.setup = setup
        self.directory = directory
        self.earlier = earlier
        self.interruption = interruption
        self.meter = meter
        self.labels = labels
        self.command = command
        let known = earlier?.record.flatMap { $0.fingerprint == setup.fingerprint ? $0 : nil }
        record = try known ?? RunRecord(session, setup)
    }

    /// Does what is left to do.
    func report(merges: Bool, generates: Bool) throws -> RunReport {
        let trained = try train()
        var report = RunReport(
            name: recipe.name, runDirectory: directory.url.path, training: trained,
            data: DataSummary(setup.split.report))
        report.written = session.writtenRows
        report.evaluation = try evaluate(trained, generates: generates)
        session.evaluation = report.evaluation?.json
        report.distillation = try judge(trained, generates: generates)
        if hasWorked || !record.isReported { try describeAdapter(trained) }
        // What is known is kept before what may yet fail.
        if hasWorked { try write(report) }
        if merges {
            do {
                report.merge = try merge(trained)
                report.exports = try recipe.export.indices.map { try export($0, trained) }
            } catch {
                // What was found out before is no less true.
                if let evaluation = report.evaluation { observer.receive(.note(evaluation.text)) }
                throw error
            }
        }
        let isWhole =
            try record.isReported
            && [directory.report, directory.readableReport, directory.page].allSatisfy { try FileForm(at: $0) != nil }
        guard hasWorked || !isWhole else {
            (report.peakMemoryBytes, report.stageCosts) = (record.peakMemoryBytes, record.costs)
            try directory.settle()
            observer.receive(
                .note(
                    "this run is finished and all that the recipe asks for is there: nothing is done (--fresh starts over)"
                ))
            return report
        }
        try note { _ in }
        (report.peakMemoryBytes, report.stageCosts) = (record.peakMemoryBytes, record.costs)
        try write(report)
        // What the report says was spent is what counts.
        record.isReported = true
        try directory.write(record.json, to: directory.run)
        return report
    }

    private func write(_ report: RunReport) throws {
        try directory.write(report.json, to: directory.report)
        try directory.write(report.markdown, to: directory.readableReport)
        let page = try directory.page(of: report.json, identity: record.json, command: command)
        try directory.write(page.html, to: directory.page)
    }

    // MARK: Training

    /// What training came to; the session's model has the trained adapter then.
    private func train() throws -> TrainingResult {
        let key = SHA256.hex(of: setup.fingerprint.text)
        if let earlier, earlier.skipped.isEmpty, let known = record["train"], known.key == key, try known.loss == nil,
            let result = TrainingResult(known.json), try result.digest == directory.adapterDigest()
        {
            // The numbers that an earlier call trained.
            try setup.handOn(from: directory.adapter, steps: result.steps, session)
            if recipe.train.emaDecay != nil {
                session.lastValues = earlier.newest?.snapshot.lastValues(in: setup.adapter.slab)
            }
            return result
        }
        try capture()
        try begin()
        let result: TrainingResult
        do {
            result = try TrainStage(in: directory, from: earlier, interruption: interruption).run(session, observer)
        } catch {
            // What was spent so far is spent, whatever becomes of it.
            try? note { _ in }
            throw error
        }
        // Noted before a stop that came meanwhile is obeyed: what is trained is never trained again.
        let made = try StageResult(key: key, json: result.json, outputs: [directory.adapter])
        try note { $0["train"] = made }
        interruption.enter("after training", saved: saved)
        if interruption.stopRequest.isSet {
            throw interruption.failure("after step \(result.steps)", saved: saved)
        }
        return result
    }

    /// Has what the teacher says in a file before the first step asks for it, where the student learns from one.
    private func capture() throws {
        guard let teacher = setup.teacher, recipe.distill.source.isCaptured else { return }
        try begin()
        if labels.fresh { try session.removeOtherCapture(teacher) }
        interruption.enter("while the teacher's predictions were captured", saved: earlier?.saved ?? "")
        observer.receive(.stage("capture", detail: session.capturePlace.path))
        observer.receive(.note(try CaptureStage().run(session, observer).text))
    }

    /// The first thing that changes the directory: until here another run in it was refused.
    private func begin() throws {
        guard !hasWorked else { return }
        hasWorked = true
        record.isReported = false
        if earlier == nil { try directory.clear() }
        try setup.split.keep()
        try directory.write(recipe.resolvedYAML(), to: directory.recipe)
        try directory.write(record.json, to: directory.run)
    }

    /// Puts the card, with what was measured, into the adapter's folder, and notes the folder anew.
    private func describeAdapter(_ trained: TrainingResult) throws {
        try ModelCard(.adapter, called: recipe.name, of: session, evaluation: session.evaluation)
            .write(inPlace: directory.adapter)
        let made = try StageResult(
            key: SHA256.hex(of: setup.fingerprint.text), json: trained.json, outputs: [directory.adapter])
        try note { $0["train"] = made }
    }

    private var saved: String { "the adapter in \(path: directory.adapter.path)" }

    // MARK: What comes after

    /// - Parameter generates: whether answers are generated for the metrics that compare them.
    private func evaluate(_ trained: TrainingResult, generates: Bool) throws -> StageResult? {
        guard recipe.evaluate.enabled else { return nil }
        guard let heldOut = session.heldOut else {
            observer.receive(
                .warning(
                    "no held-out rows, so nothing says whether the adapter is better: set data.held_out or data.val_size"
                ))
            return nil
        }
        let tasks = try session.tasks(of: heldOut)
        if !generates, !tasks.answered.isEmpty {
            let names = tasks.generated.map(\.rawValue).joined(separator: ", ")
            observer.receive(.note("\(names): answers are generated by lathe run and lathe evaluate, not here"))
        }
        return try keep(
            EvaluateStage(generates: generates, in: directory), as: "evaluate",
            doing: "while held-out rows were scored",
            detail: "\(Count.text(heldOut.rows.count, "held-out row")), base and adapter",
            decidedBy: [trained.digest, recipe.sectionText("evaluate"), RowScores.fileName] + recipe.heldOutDigests()
                + (generates || tasks.answered.isEmpty ? [] : ["no answers"]),
            writes: [directory.answers, directory.scores])
    }

    /// The student beside its teacher and what else it is compared with; nil where nothing was distilled, or no row is held out.
    private func judge(_ trained: TrainingResult, generates: Bool) throws -> StageResult? {
        guard recipe.distill.isAsked, recipe.evaluate.enabled, session.heldOut != nil else { return nil }
        var parts = [trained.digest, recipe.sectionText("evaluate"), recipe.sectionText("distill"), "\(generates)"]
        if recipe.distill.compare {
            session.releaseMemory()
            interruption.enter("while the same student was trained on labels alone", saved: saved)
            observer.receive(.note("the same student on labels alone, to be compared:"))
            defer { interruption.listen() }
            parts.append(try labels.train(session, observer))
        }
        return try keep(
            VerdictStage(labels: recipe.distill.compare ? LabelsRun.adapter(of: recipe) : nil, generates: generates),
            as: "verdict", doing: "while student and teacher were compared", detail: "the student beside its teacher",
            decidedBy: parts)
    }

    private func merge(_ trained: TrainingResult) throws -> StageResult? {
        guard recipe.merge.enabled else { return nil }
        let output = directory.mergePlace(recipe)
        return try keep(
            MergeStage(into: output, of: RunDirectory.owner(of: recipe.merge.path, recipe)), as: "merge",
            doing: "while the adapter was merged", detail: output.path,
            decidedBy: [try session.writtenDigest(trained.digest), recipe.sectionText("merge"), output.path],
            writes: [output]
        ) { try session.combineTrained(trained.digest, at: directory.adapter) }
    }

    private func export(_ index: Int, _ trained: TrainingResult) throws -> StageResult {
        let entry = recipe.export[index]
        let output = directory.exportPlace(entry), owner = RunDirectory.owner(of: entry.path, recipe)
        func made(by stage: some Stage) throws -> StageResult {
            try keep(
                stage, as: "export \(output.path)", doing: "while \(entry.format.rawValue) was exported",
                detail: "\(entry.format.rawValue) → \(output.path)",
                decidedBy: [try session.writtenDigest(trained.digest), recipe.exportText(index), output.path],
                writes: [output]
            ) { try session.combineTrained(trained.digest, at: directory.adapter) }
        }
        guard entry.isAdapter else {
            let wishes = ExportWishes(entry, at: index)
            return try made(by: ExportStage(entry.format, type: entry.type, to: output, wishes, of: owner))
        }
        return try made(
            by: AdapterExportStage(
                entry.target, type: entry.type, to: output, of: owner, key: "export[\(index)].type:"))
    }

    /// What the stage came to before, where nothing that decides it has changed and what it wrote is there; else does
    /// it.
    ///
    /// - Parameter prepare: what is to be done before the stage, where it is done.
    private func keep(
        _ stage: some Stage, as name: String, doing words: String, detail: String, decidedBy parts: [String],
        writes outputs: [URL] = [], _ prepare: () throws -> Void = {}
    ) throws -> StageResult {
        let key = SHA256.hex(of: parts.joined(separator: "\n"))
        if let known = record[name], known.key == key {
            guard let loss = try known.loss else { return known }
            observer.receive(.note(loss + ": it is made again"))
        }
        if !hasWorked { try begin() }
        interruption.enter(words, saved: saved)
        // Before the stage is said to begin: what earlier ones held does not count as its own.
        session.releaseMemory()
        observer.receive(.stage(String(name.prefix { $0 != " " }), detail: detail))
        try prepare()
        let made = try StageResult(stage.run(session, observer), key: key, outputs: outputs)
        try note { $0[name] = made }
        return made
    }

    /// Changes the record on disk, and says in it what was spent.
    private func note(_ change: (inout RunRecord) -> Void) throws {
        change(&record)
        record.ownCosts = meter.costs
        record.peakMemoryBytes = max(record.peakMemoryBytes, Machine.peakMemoryBytes)
        try directory.write(record.json, to: directory.run)
    }
}
