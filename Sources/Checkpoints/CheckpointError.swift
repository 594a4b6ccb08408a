// The one error of this module: facts, not sentences.

public import Vocabulary

/// Why a checkpoint cannot be read or written.
public struct CheckpointError: ClassifiedError, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The system refused to read or write it.
        case refused(SystemError)
        /// libhdf5 cannot make it.
        case cannotMake(String)
        /// The file does not start as a checkpoint does.
        case noCheckpoint
        /// Another version of the format.
        case otherFormat(String)
        /// The bytes are not those that were written: cut, changed or half-written.
        case damaged
        /// The bytes are as written, but not what a snapshot needs.
        case inconsistent(String)
    }

    /// The file's path.
    public let file: String
    public let reason: Reason

    public init(file: String, _ reason: Reason) {
        self.file = file
        self.reason = reason
    }

    public var namedFile: String? { file }

    public var kind: FailureKind {
        switch reason {
        case .refused(let error): error.kind
        case .cannotMake: .inputOutput
        case .noCheckpoint, .otherFormat, .damaged, .inconsistent: .badInput
        }
    }

    public var description: String {
        switch reason {
        case .refused(let error): "\(file): \(error.problem): \(error.cause)"
        case .cannotMake(let cause): "\(file): cannot be written: \(cause)"
        case .noCheckpoint: "\(file): not a checkpoint"
        case .otherFormat(let line): "\(file): a checkpoint of another format: \(line)"
        case .damaged: "\(file): the checkpoint is damaged: its digest does not match its bytes"
        case .inconsistent(let cause): "\(file): the checkpoint cannot be used: \(cause)"
        }
    }
}
