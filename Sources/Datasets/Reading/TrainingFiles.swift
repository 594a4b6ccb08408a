// The files that rows to train on come from: one after the other, or mixed.

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

extension DatasetSplit {
    /// The same over files, one after the other.
    public init(
        train: [String], heldOut: [String], valSize: Double, seed: Int, encoder: any TextEncoder,
        renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws(DatasetError) {
        try self.init(
            train: .files(train), heldOut: heldOut, valSize: valSize, seed: seed, encoder: encoder, renderer: renderer,
            settings: settings)
    }
}
