// Rows as a teacher may write them, for a plan: nobody is asked.

internal import Datasets
internal import Files
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes
internal import Spelling
internal import Synthesis

/// Rows of the prompts that a run would have answered, each with its own answer, or with one of a length that answers may have.
struct ForeseenRows {
    let rows: WrittenRows
    private let folder: URL

    /// What an answer that nobody knows is planned with.
    private static let usualTokens = 96

    /// - Throws: where prompts cannot be read, or there is no such teacher.
    init(_ session: Session, _ observer: any RunObserver) throws {
        let recipe = session.recipe, writing = recipe.distill.writing
        let prompts = try WritingPrompts(recipe)
        let teacher = try recipe.distill.isRemote ? recipe.distill.teacher ?? "" : LocalTeacher(of: recipe).name
        let count = prompts.rows.count + writing.variations
        let tokens = min(writing.maxNewTokens, Self.usualTokens)
        observer.receive(
            .note(
                "\(teacher) is asked for \(Count.text(count * writing.samples, "answer")) of at most "
                    + "\(writing.maxNewTokens) tokens; planned as if all were kept, those to new prompts of "
                    + "\(tokens) tokens"))
        var settings = recipe.data.settings
        settings.format = prompts.format
        let slot = try AnswerSlot(settings, hasTemplate: session.base().templates != nil)
        let asked = try prompts.rows.map { try slot.read($0) }
        let copies = writing.agreement == .none ? writing.samples : 1
        var fields: [JSONObject] = []
        for number in 0..<(asked.isEmpty ? 0 : count) {
            let row = asked[number % asked.count]
            let isKnown = row.hasAnswer || row.row.label != nil
            let answered =
                isKnown
                ? row.fields
                : slot.answering(row.fields, with: Array(repeating: "word", count: tokens).joined(separator: " "))
            fields += Array(repeating: answered, count: copies)
        }
        var report = WritingReport()
        fields = try FittingRows(session, prompts.format).fitting(fields, &report)
        folder = PreparationContext.scratchFolder(environment: ProcessInfo.processInfo.environment)
            .appendingPathComponent("lathe-\(UUID().uuidString)")
        try Folder.make(folder)
        let file = folder.appendingPathComponent("rows.jsonl")
        try AtomicFile.write(Array(fields.map { JSONValue.object($0).text() + "\n" }.joined().utf8), to: file)
        rows = WrittenRows(file: file, format: prompts.format, teacher: teacher, report: report)
    }

    /// Removes the file: nothing that is planned stays.
    func remove() { try? FileManager.default.removeItem(at: folder) }
}
