// What `calibrate` names: what tells an export how much each column of a model weighs.

internal import Foundation
internal import WeightFiles

/// Where an export has its knowledge of a model's inputs from.
enum CalibrationSource: Equatable {
    case nothing
    /// The rows that the run trained on.
    case training
    /// A file of rows.
    case rows(String)
    /// A file that `lathe imatrix` or llama.cpp wrote.
    case matrix(String)

    static let (trainingWord, nothingWord) = ("train", "none")

    /// - Parameter text: "train", "none", or a path.
    init(_ text: String) {
        switch text {
        case Self.nothingWord: self = .nothing
        case Self.trainingWord: self = .training
        default: self = ImportanceMatrix.isName(text) ? .matrix(text) : .rows(text)
        }
    }

    /// The file that is read.
    var path: String? {
        switch self {
        case .nothing, .training: nil
        case .rows(let path), .matrix(let path): path
        }
    }
}
