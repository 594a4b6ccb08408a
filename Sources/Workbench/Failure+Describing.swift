// Which exit code an error of a lower module has.

internal import ChatTemplates
internal import Datasets
internal import Foundation
internal import Models
internal import Recipes
internal import Tokenizers
internal import Training
internal import WeightFiles

extension Failure {
    /// Any error as a failure in words.
    public init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as WeightError: self.init(Self.kind(of: error), "\(error)")
        case let error as DatasetError where error.problems.first?.kind == .absent: self.init(.missingInput, "\(error)")
        case let error as ModelError: self.init(Self.kind(of: error), "\(error)")
        case let error as TrainingError: self.init(Self.kind(of: error), "\(error)")
        case is RecipeError, is DatasetError, is TokenizerError, is TemplateError: self.init(.badInput, "\(error)")
        case let error as CocoaError where error.isFileError:
            self.init(.inputOutput, (error.filePath.map { $0 + ": " } ?? "") + error.localizedDescription)
        case let error as any CustomStringConvertible & Error: self.init(.badInput, error.description)
        default: self.init(.internal, "\(error)")
        }
    }

    private static func kind(of error: WeightError) -> Kind {
        if error.description.contains("No such file") { return .missingInput }
        return error.problem.hasPrefix("cannot ") ? .inputOutput : .badInput
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
        case .nonFiniteLoss, .nonFiniteGradient, .nonFiniteLogits: .internal
        case .tokenOutOfRange, .contextFull: .badInput
        }
    }
}
