// The columns of a file of predictions: the row's number, what is said of it, and the row's own.

internal import Datasets
internal import JSON

/// Names and kinds of columns, in the order in which they are written.
struct OutputColumns {
    enum Kind: Equatable {
        case index
        case predicted(PredictionField.Kind)
        case own(ColumnKind)
    }

    struct Column: Equatable {
        let name: String
        let kind: Kind
    }

    let all: [Column]
    /// The rows' own columns under the names by which they are written.
    private let written: [String: String]
    private let fields: [PredictionField]

    /// Names that predictions take are theirs; a column of the rows that has one of them is written as `input_…`.
    init(_ fields: [PredictionField], _ survey: RowSurvey) {
        self.fields = fields
        var taken = Set(["index"] + fields.map(\.name)), written: [String: String] = [:]
        let own = Set(survey.columns.map(\.name))
        let reserved = taken
        var columns = [Column(name: "index", kind: .index)]
        columns += fields.map { Column(name: $0.name, kind: .predicted($0.kind)) }
        for column in survey.columns {
            var name = column.name
            while taken.contains(name) || (name != column.name && own.contains(name)) { name = "input_" + name }
            taken.insert(name)
            written[column.name] = name
            columns.append(Column(name: name, kind: .own(column.kind)))
        }
        all = columns
        self.written = written
        renamed = survey.columns.map(\.name).filter(reserved.contains).map { ($0, written[$0] ?? $0) }
    }

    /// Columns of the rows that have another name in the file.
    let renamed: [(from: String, to: String)]

    /// The row and what is said of it, value by value, those that it lacks left out.
    func values(_ row: SourceRow, _ prediction: Prediction) -> [(name: String, value: Prediction.Value)] {
        [("index", .json(.integer(row.index)))] + zip(fields, prediction.values).map { ($0.name, $1) }
            + row.fields.members.map { (written[$0.key] ?? $0.key, .json($0.value)) }
    }
}
