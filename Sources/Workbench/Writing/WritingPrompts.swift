// What a teacher is asked: the prompts of the training rows, or those of files of their own.

internal import Datasets
internal import Recipes
internal import Vocabulary

/// What a teacher is asked, read from files.
struct WritingPrompts {
    let rows: [SourceRow]
    /// The form of the rows that its answers make.
    let format: RowFormat

    /// - Throws: where nothing can be read, or rows of the form cannot be answered.
    init(_ recipe: Recipe) throws {
        let data = recipe.data, files = recipe.distill.writing.prompts
        for file in try InputFiles.expand(files) + data.files() { try Failure.requireFile(file, "the data file") }
        let source: any RowSource =
            try files.isEmpty
            ? data.trainingFiles.rows(settings: data.inputSettings, seed: recipe.seed)
            : RowReader(files: files, settings: data.inputSettings)
        var rows: [SourceRow] = []
        try source.forEach { rows.append($0) }
        self.rows = rows
        format = try Self.format(data, first: rows.first)
        guard AnswerFormats.all.contains(format) else {
            throw Failure(
                .badInput,
                "distill.source: sequence: the rows have data.format: \(format.rawValue), and have no prompt "
                    + "that a teacher could answer",
                hint: "give rows with prompts, or write one of "
                    + AnswerFormats.all.map(\.rawValue).joined(separator: ", ") + " as data.format")
        }
    }

    /// The form of the rows that are held out, since rows of one form are trained on and compared; else that of the prompts.
    private static func format(_ data: DataSection, first: SourceRow?) throws -> RowFormat {
        guard data.format == .auto else { return data.format }
        let heldOut =
            try data.heldOut.isEmpty ? nil : RowReader(files: data.heldOut, settings: data.inputSettings).next()
        if heldOut == nil, let fields = first?.fields, fields.members.contains(where: { $0.key == "prompt" }) {
            return .promptCompletion
        }
        guard let row = heldOut ?? first else { return .promptCompletion }
        return try RowDecoder.detect(row, data.settings)
    }
}
