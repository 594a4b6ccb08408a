// Which exit code an error of a lower module has.

internal import Adapters
internal import ChatTemplates
internal import Checkpoints
internal import Datasets
internal import Foundation
internal import HDF5Files
internal import ModelExport
internal import Models
internal import Preparation
internal import Recipes
internal import Tokenizers
internal import Training
internal import WeightFiles

extension Failure {
    /// Any error as a failure in words.
    ///
    /// What an error quotes of rows is covered: messages go to terminals and logs.
    public init(describing error: any Error) {
        let error = Self.covered(error)
        switch error {
        case let failure as Failure: self = failure
        case let error as WeightError: self.init(Self.kind(of: error), "\(error)")
        case let error as DatasetError where error.problems.first?.kind == .absent: self.init(.missingInput, "\(error)")
        case let error as ModelError: self.init(Self.kind(of: error), "\(error)")
        case let error as TrainingError: self.init(Self.kind(of: error), "\(error)")
        case is RecipeError, is DatasetError, is TokenizerError, is TemplateError: self.init(.badInput, "\(error)")
        case let error as ModelExportError: self.init(Self.kind(ofProblem: error.problem), "\(error)")
        case let error as AdapterError: self.init(Self.kind(ofProblem: error.problems.first?.text ?? ""), "\(error)")
        case let error as SealedWriteError: self.init(.inputOutput, "\(error)")
        case let error as SpoolError: self.init(.inputOutput, "\(error)")
        case let error as CheckpointError: self.init(Self.kind(of: error), "\(error)")
        case let error as CocoaError: self.init(error.isMissingFile ? .missingInput : .inputOutput, error.plainWords)
        case let error as POSIXError:
            self.init(.inputOutput, String(cString: strerror(error.code.rawValue)))
        case let error as any CustomStringConvertible & Error: self.init(.badInput, error.description)
        default: self.init(.internal, "\(error)")
        }
    }

    private static func covered(_ error: any Error) -> any Error {
        let cover = PersonalDataCover()
        switch error {
        case let error as DatasetError:
            let problems = error.problems.map { problem in
                DatasetProblem(
                    problem.kind, problem.place, cover.text(problem.message), hint: problem.hint.map { cover.text($0) })
            }
            return DatasetError(problems, count: error.count)
        case let error as StepError: return error.covered(cover)
        default: return error
        }
    }

    private static func kind(of error: WeightError) -> Kind {
        if error.description.contains("No such file") { return .missingInput }
        return error.problem.hasPrefix("cannot ") ? .inputOutput : .badInput
    }

    /// A place that cannot be written is the disk's or the person's to clear, not a fault of what was read.
    private static func kind(ofProblem problem: String) -> Kind {
        let isOutput = ["is there already", "cannot be created", "cannot be put", "cannot be written", "the directory"]
            .contains { problem.hasPrefix($0) }
        return isOutput ? .inputOutput : .badInput
    }

    private static func kind(of error: CheckpointError) -> Kind {
        switch error.reason {
        case .cannotWrite: .inputOutput
        case .cannotRead(let cause): cause.contains("No such file") ? .missingInput : .inputOutput
        default: .badInput
        }
    }

    private static func kind(of error: TrainingError) -> Kind {
        switch error {
        case .nonFiniteLoss, .nonFiniteGradient, .nonFiniteEvaluation: .internal
        default: .badInput
        }
    }

    /// Numbers that ran away are no fault of a file's: weights and adapters are checked when they are read.
    private static func kind(of error: ModelError) -> Kind {
        switch error {
        case .nonFiniteLoss, .nonFiniteLogits: .internal
        case .tokenOutOfRange, .contextFull: .badInput
        }
    }
}

extension CocoaError {
    fileprivate var isMissingFile: Bool { code == .fileReadNoSuchFile }

    /// The path and what the system says of it: "/dev/null/x: Not a directory".
    var plainWords: String {
        let cause = underlying as NSError?
        let text =
            if let cause, cause.domain == NSPOSIXErrorDomain { String(cString: strerror(Int32(cause.code))) } else {
                switch code {
                case .fileReadCorruptFile, .fileReadInapplicableStringEncoding: "not UTF-8 text"
                case .fileWriteFileExists: "is there already"
                case .fileReadNoSuchFile, .fileNoSuchFile: "does not exist"
                case .fileReadNoPermission, .fileWriteNoPermission: "no permission"
                case .fileWriteOutOfSpace: "no space left on the disk"
                default: isFileError ? "cannot be read or written" : "the system refused (code \(code.rawValue))"
                }
            }
        let path = filePath ?? url?.path ?? (userInfo[NSURLErrorKey] as? URL)?.path
        return (path.map { $0 + ": " } ?? "") + text
    }
}

/// What the system says, in words a person knows.
func plainWords(_ error: any Error) -> String { (error as? CocoaError)?.plainWords ?? "\(error)" }
