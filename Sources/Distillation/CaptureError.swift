// The one error of this module: facts, with the place and the key that helps.

public import Vocabulary

/// Why a capture cannot be made, read or used.
public enum CaptureError: ClassifiedError, Equatable {
    /// A prediction of the teacher is no number.
    case notFinite(place: String)
    /// The file was made in another way.
    /// - Parameters:
    ///   - key: what differs: a recipe's key, where one decides it.
    ///   - found: in the file.
    case differs(file: String, key: String, found: String, expected: String)
    /// The file does not hold what the teacher predicts of a row.
    case notCaptured(file: String, place: String)
    /// The file is none of Lathe's captures, or another version's.
    case foreign(file: String, cause: String)
    /// The bytes are not those that were written, or not what a capture needs.
    case damaged(file: String, place: String)
    /// The system refused to read or write it.
    case refused(file: String, cause: String, kind: FailureKind)

    public var kind: FailureKind {
        switch self {
        case .notFinite: .internal
        case .differs, .notCaptured, .foreign, .damaged: .badInput
        case .refused(_, _, let kind): kind
        }
    }

    public var namedFile: String? {
        switch self {
        case .notFinite: nil
        case .differs(let file, _, _, _), .notCaptured(let file, _), .foreign(let file, _), .damaged(let file, _),
            .refused(let file, _, _):
            file
        }
    }

    public var description: String {
        switch self {
        case .notFinite(let place): "\(place): the teacher's prediction is no number"
        case .differs(let file, let key, let found, let expected):
            "\(file): captured with another \(key): \(found) there, \(expected) here; set another distill.path, or move the file "
                + "away"
        case .notCaptured(let file, let place): "\(file): holds nothing of \(place): lathe capture adds it"
        case .foreign(let file, let cause): "\(file): no capture: \(cause)"
        case .damaged(let file, let place): "\(file): the capture is damaged: \(place)"
        case .refused(let file, let cause, _): "\(file): \(cause)"
        }
    }
}
