// What is said of one row.

internal import JSON

/// What is said of a row, field by field, in the order in which it is written.
struct Prediction: Sendable {
    /// A value as output files write it.
    enum Value: Sendable, Equatable {
        case text(String)
        case number(Double)
        /// Numbers with a name each, as the probabilities of labels.
        case numbers([(name: String, value: Double)])
        case vector([Float])
        /// Whatever else JSON can say: spans, lists.
        case json(JSONValue)

        static func == (left: Value, right: Value) -> Bool { left.json == right.json }

        /// The value in JSON. A vector's numbers are written with the digits that a Float needs.
        var json: JSONValue {
            switch self {
            case .text(let text): .string(text)
            case .number(let number): .double(number)
            case .numbers(let numbers):
                .object(JSONObject(numbers.map { (key: $0.name, value: .double($0.value)) }))
            case .vector(let vector): .array(vector.map { .double(Double("\($0)") ?? Double($0)) })
            case .json(let value): value
            }
        }
    }

    var values: [Value]
}

/// A field that predictions have.
struct PredictionField: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text, number, json
        /// Numbers with these names.
        case numbers([String])
        /// So many numbers.
        case vector(Int)
    }

    /// "text", "label", "probabilities", "spans", "vector".
    let name: String
    let kind: Kind
}

/// What became of a row.
struct PredictedRow: Sendable {
    /// The row's number, as it was taken.
    let row: Int
    /// Nil where the row was left out.
    let prediction: Prediction?
}
