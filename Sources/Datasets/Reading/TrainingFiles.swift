// The files that rows to train on come from: one after the other, or mixed.

public import Vocabulary

/// Files in order, or the parts of a mixture.
public enum TrainingFiles: Sendable, Equatable {
    case files([String])
    case mixture([InputPart], exhausted: ExhaustedRule)

    /// A new stream over the rows.
    ///
    /// - Parameter seed: of a mixture's draws.
    public func rows(settings: InputSettings, seed: Int) throws(DatasetError) -> any RowSource {
        switch self {
        case .files(let files): try RowReader(files: files, settings: settings)
        case .mixture(let parts, let exhausted):
            try RowMixture(parts, exhausted: exhausted, seed: seed, settings: settings)
        }
    }
}
