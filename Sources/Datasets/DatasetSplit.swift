// Training and held-out rows: apart by question, and how far they overlap.

internal import Digests

/// Training and held-out sequences of a recipe.
public struct DatasetSplit: Sendable {
    public let train: PreparedDataset
    /// `nil` where the recipe holds nothing out.
    public let heldOut: PreparedDataset?
    /// Held-out rows whose prompt and answer stand in the training rows too.
    public let overlappingRows: Int
    /// Held-out rows whose prompt stands in the training rows too, whatever the answer.
    public let overlappingPrompts: Int

    /// SHA-256 over both digests.
    public var digest: String { SHA256.hex(of: train.digest + (heldOut?.digest ?? "")) }

    /// Prepares the training files and, from files of their own or by `valSize`, the held-out rows.
    ///
    /// - Parameters:
    ///   - valSize: below 1 a share of the training files' rows, from 1 on a number; read only where `heldOut` is empty.
    ///   - seed: which rows are held out depends on it and on the rows' prompts, not on their order.
    public init(
        train: TrainingFiles, heldOut: [String], valSize: Double, seed: Int, encoder: any TextEncoder,
        renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws(DatasetError) {
        var input = settings.input
        input.badRows = .countAll
        let set = try RowSet(train.rows(settings: input, seed: seed), settings: settings, hasTemplate: renderer != nil)
        var settings = settings
        // What the training rows show holds for the held-out rows too.
        settings.format = set.format
        if settings.labels.isEmpty { settings.labels = set.labels }
        var trainRows = set.rows
        var heldOutRows: [DataRow] = []
        var heldOutDigests = set.fileDigests
        var heldOutInput: InputReport?
        if !heldOut.isEmpty {
            let heldOutSet = try RowSet(files: heldOut, settings: settings, hasTemplate: renderer != nil)
            heldOutRows = heldOutSet.rows
            heldOutDigests = heldOutSet.fileDigests
            heldOutInput = heldOutSet.input
        } else if valSize > 0 {
            (trainRows, heldOutRows) = try Self.split(set.rows, size: valSize, seed: seed)
        }
        try self.init(
            train: (trainRows, set.fileDigests, set.input), heldOut: (heldOutRows, heldOutDigests, heldOutInput),
            format: set.format, encoder: encoder, renderer: renderer, settings: settings)
    }

    /// The rows of one side, what decides them, and how their files were read.
    typealias Side = (rows: [DataRow], digests: [String], input: InputReport?)

    /// Tokenises both sides and counts what stands on both.
    init(
        train trainSide: Side, heldOut heldOutSide: Side, format: RowFormat, encoder: any TextEncoder,
        renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws(DatasetError) {
        func prepare(_ side: Side) throws(DatasetError) -> PreparedDataset {
            try PreparedDataset(
                rows: side.rows, format: format, fileDigests: side.digests, input: side.input, encoder: encoder,
                renderer: renderer, settings: settings)
        }
        self.train = try prepare(trainSide)
        self.heldOut = heldOutSide.rows.isEmpty ? nil : try prepare(heldOutSide)
        let trainRows = trainSide.rows
        let heldOutRows = heldOutSide.rows
        let trainPrompts = Set(trainRows.map(Self.promptKey))
        let trainTexts = Set(trainRows.map(Self.rowKey))
        overlappingPrompts = heldOutRows.count { trainPrompts.contains(Self.promptKey($0)) }
        overlappingRows = heldOutRows.count { trainTexts.contains(Self.rowKey($0)) }
    }

    /// Cuts `rows` in two. Rows of one prompt — compared without case, punctuation and spacing — stay on one side.
    static func split(_ rows: [DataRow], size: Double, seed: Int) throws(DatasetError) -> (
        train: [DataRow], heldOut: [DataRow]
    ) {
        let wanted = size < 1 ? max(1, Int((size * Double(rows.count)).rounded())) : Int(size)
        let place = RowPlace(file: rows.first?.place.file ?? "data.train", line: 0)
        guard wanted < rows.count else {
            throw DatasetError(
                .split, place, "data.val_size asks for \(wanted) of \(rows.count) rows",
                hint: "no row would be left to train on")
        }
        var groups: [String: [Int]] = [:]
        for (index, row) in rows.enumerated() {
            groups[SHA256.hex(of: "\(seed)\n" + promptKey(row)), default: []].append(index)
        }
        var heldOut = Set<Int>()
        for (_, members) in groups.sorted(by: { $0.key < $1.key }) {
            guard heldOut.count < wanted else { break }
            // A group too large for what is still wanted stays in training, unless nothing is held out yet.
            guard heldOut.count + members.count <= max(wanted, wanted + wanted / 10) || heldOut.isEmpty else {
                continue
            }
            guard members.count < rows.count else { break }
            heldOut.formUnion(members)
        }
        guard !heldOut.isEmpty else {
            throw DatasetError(.split, place, "all rows ask the same question, so none can be held out")
        }
        return (rows.indices.filter { !heldOut.contains($0) }.map { rows[$0] }, heldOut.sorted().map { rows[$0] })
    }

    /// The prompt in lower case, letters and digits only, so that near copies fall together.
    private static func promptKey(_ row: DataRow) -> String {
        var key = ""
        var isGap = false
        for scalar in row.promptText.lowercased().unicodeScalars {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                if isGap, !key.isEmpty { key += " " }
                key.unicodeScalars.append(scalar)
                isGap = false
            } else {
                isGap = true
            }
        }
        // A prompt of signs only is its own key.
        return key.isEmpty ? row.promptText : key
    }

    private static func rowKey(_ row: DataRow) -> String { promptKey(row) + "\u{1F}" + row.answerText }
}
