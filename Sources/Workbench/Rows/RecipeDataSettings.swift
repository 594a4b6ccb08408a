// A recipe's data section as the settings that reading rows takes.

internal import Datasets
internal import JSON
internal import Recipes
internal import Vocabulary

extension DataSection {
    /// How rows are read, understood and cut.
    var settings: DataSettings {
        DataSettings(
            format: format, columns: columns, labels: labels, maxLength: maxLength,
            tooLong: tooLong,
            trainOnPrompt: trainOnPrompt, trainOn: trainOn, templates: template, labelWords: labelWords,
            roles: roles.mapValues(\.rawValue), turnRoles: turnRoles.map(\.rawValue),
            promptStyle: promptStyle, system: system, input: inputSettings)
    }

    /// How files are read.
    var inputSettings: InputSettings {
        var settings = InputSettings.strict
        settings.layout = input.layout
        settings.encoding = input.encoding
        settings.quotes = input.quotes
        settings.documents = input.documents
        settings.separator = input.separator?.utf8.first
        settings.columnNames = input.columnNames
        settings.recordsField = input.records
        settings.maximumBadRows = input.maxBadRows
        return settings
    }

    /// Where the rows to train on come from.
    var trainingFiles: TrainingFiles {
        guard !input.mix.isEmpty else { return .files(train) }
        let parts = input.mix.map { entry in
            let fields = entry.fields.sorted { $0.key < $1.key }.map {
                (key: $0.key, value: JSONValue.string($0.value))
            }
            return InputPart(entry.path, weight: entry.weight, fields: JSONObject(fields))
        }
        return .mixture(parts, exhausted: input.mixExhausted)
    }

    /// Every file that rows to train on or to evaluate with come from, patterns replaced by what they match.
    func files() throws -> [String] {
        try InputFiles.expand(trainingInputs + heldOut)
    }

    /// Those of rows to train on.
    func filesToTrainOn() throws -> [String] { try InputFiles.expand(trainingInputs) }

    private var trainingInputs: [String] { train + input.mix.flatMap(\.path) }

    /// What the rows and their files turned out to be, in a recipe's words.
    static func known(
        _ format: RowFormat, _ layouts: [InputLayout], rows: Int, rendered: Int, asksForDate: Bool
    ) -> KnownRows {
        KnownRows(
            format: format, layouts: layouts,
            rendered: rendered == 0 ? .none : rendered == rows ? .all : .some, asksForDate: asksForDate)
    }
}
