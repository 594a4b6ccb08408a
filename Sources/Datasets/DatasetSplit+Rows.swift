// A split whose rows have been prepared already: cleaned, put on their sides.

extension DatasetSplit {
    /// Tokenises rows of both sides.
    ///
    /// - Parameters:
    ///   - heldOut: understood in the format that the training rows have, with their labels.
    ///   - digests: of the files and of everything that was done to their rows.
    public init(
        train: any RowSource, heldOut: (any RowSource)?, digests: [String], encoder: any TextEncoder,
        renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws(DatasetError) {
        let set = try RowSet(train, settings: settings, hasTemplate: renderer != nil)
        var settings = settings
        settings.format = set.format
        if settings.labels.isEmpty { settings.labels = set.labels }
        let heldOutSet = try heldOut.map { (source) throws(DatasetError) in
            try RowSet(source, settings: settings, hasTemplate: renderer != nil)
        }
        // Rows that were held out of the training files have no files of their own.
        let heldOutInput = heldOutSet.flatMap { $0.input.files.isEmpty ? nil : $0.input }
        try self.init(
            train: (set.rows, digests, set.input), heldOut: (heldOutSet?.rows ?? [], digests, heldOutInput),
            format: set.format, encoder: encoder, renderer: renderer, settings: settings)
    }
}
