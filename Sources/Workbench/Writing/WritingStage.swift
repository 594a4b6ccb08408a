// The teacher writes the rows that a run trains on.

internal import Datasets
internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes
internal import Spelling
internal import Synthesis
internal import Tensors
internal import Vocabulary

/// Has the teacher of the session's recipe write rows, in `written` of the run's directory. What an earlier call wrote
/// there is not asked for again while nothing that decides it has changed.
struct WritingStage: Stage {
    private let directory: RunDirectory

    init(in directory: RunDirectory) { self.directory = directory }

    /// - Throws: `Failure` where prompts or teacher cannot be read, and where no answer is good enough to train on.
    func run(_ session: Session, _ observer: any RunObserver) throws -> WrittenRows {
        let recipe = session.recipe
        let prompts = try WritingPrompts(recipe)
        let teacher = try Self.teacher(of: recipe, observer)
        observer.receive(
            .stage("write", detail: "\(Count.text(prompts.rows.count, "prompt")), answered by \(teacher.name)"))
        let base = try session.base(), files = OwnedFiles(directory.written, .rows)
        try Folder.make(directory.written)
        // Whenever the process is killed after this, the folder is known to be Lathe's.
        try files.mark()
        var settings = recipe.data.settings
        settings.format = prompts.format
        let journal = try AnswerJournal(files, key: Self.key(recipe, teacher, prompts))
        if journal.hasReplaced {
            observer.receive(
                .note("what was written for other prompts, settings or by another teacher is written anew"))
        }
        teacher.noteWritten(texts: journal.count, tokens: journal.tokens)
        if journal.count > 0 {
            observer.receive(.note("\(Count.text(journal.count, "text")) of the teacher's are there already"))
        }
        let tokenizer = base.tokenizer
        let writing = RowWriting(
            recipe.distill.writing, seed: recipe.seed,
            slot: try AnswerSlot(settings, hasTemplate: teacher.isChat), labels: recipe.data.labels,
            teacher: teacher, journal: journal,
            scratch: PreparationContext.scratchFolder(environment: ProcessInfo.processInfo.environment),
            countTokens: { tokenizer.encode($0, addSpecialTokens: false).ids.count },
            progress: { observer.receive(.progress(done: $0, total: $1, unit: $2)) })
        var (rows, report) = try writing.rows(for: prompts.rows)
        rows = try FittingRows(session, prompts.format).fitting(rows, &report)
        return try keep(rows, report, prompts.format, teacher, files, observer)
    }

    /// Puts the rows and the report on them in their place.
    private func keep(
        _ rows: [JSONObject], _ report: WritingReport, _ format: RowFormat, _ teacher: any TextTeacher,
        _ files: OwnedFiles, _ observer: any RunObserver
    ) throws -> WrittenRows {
        for line in report.lines { observer.receive(.note(line)) }
        guard !rows.isEmpty else {
            throw Failure(
                .badInput, "no answer of \(teacher.name) is good enough to train on",
                hint: "\(path: directory.written.appendingPathComponent(AnswerJournal.fileName).path) has all of "
                    + "them; distill.filters and distill.max_new_tokens say what is left out")
        }
        let written = WrittenRows(
            file: directory.written.appendingPathComponent("rows.jsonl"), format: format, teacher: teacher.name,
            report: report)
        let text = rows.map { JSONValue.object($0).text() + "\n" }.joined()
        try files.write(Array(text.utf8), to: "rows.jsonl")
        try files.write(Array((written.json.text(.pretty) + "\n").utf8), to: "report.json")
        return written
    }

    private static func teacher(of recipe: Recipe, _ observer: any RunObserver) throws -> any TextTeacher {
        if recipe.distill.isRemote { return try RemoteWriter.teacher(of: recipe) }
        let teacher = try LocalTeacher(of: recipe)
        try teacher.tell(observer)
        return teacher
    }

    /// Digest of all that decides the teacher's texts. What is chosen among them decides only what reasons are asked for.
    private static func key(_ recipe: Recipe, _ teacher: any TextTeacher, _ prompts: WritingPrompts) -> String {
        let choosing = ["filters", "agreement", "rationale", "label_prefix", "rationale_prefix"].map { "distill." + $0 }
        let keys = recipe.decidingKeys.filter { key in
            (key.path.hasPrefix("distill.") || key.path == "seed")
                && (recipe.distill.writing.rationale > 0 || !choosing.contains(key.path))
        }
        let parts =
            [teacher.digest, prompts.format.rawValue, "\(recipe.model.precision)", recipe.data.system ?? ""]
            + keys.map { "\($0.path): \($0.text)" } + prompts.rows.map { JSONValue.object($0.fields).text() }
        return SHA256.hex(of: parts.joined(separator: "\n"))
    }
}
