// What is wrong with a row, in a word or two for counts of it.

internal import Datasets

extension DatasetProblem.Kind {
    /// "without a field", as in "300 without a field".
    var words: String {
        switch self {
        case .absent: "not there"
        case .unreadable: "unreadable"
        case .unsupported: "of an unknown kind"
        case .empty: "empty"
        case .notUTF8: "not UTF-8"
        case .rowTooLarge: "too large"
        case .syntax: "not well-formed"
        case .ragged: "with another number of fields"
        case .unknownFormat: "of an unknown form"
        case .missingField: "without a field"
        case .wrongType: "with a value of the wrong type"
        case .unknownLabel: "with an unknown label"
        case .noTemplate: "without a template"
        case .template: "refused by the template"
        case .notAPrefix: "whose prompt does not begin the whole"
        case .tooLong: "too long"
        case .noTarget: "without a token that carries loss"
        case .split: "that cannot be split"
        case .endlessTemplate: "that the template never ends"
        case .refused: "refused by the system"
        }
    }
}
