// A teacher reads sequences, and what it predicts at their targets is kept.

package import Datasets
internal import Kernels
public import Models
public import Tensors

/// Reads a model's distributions at the targets of sequences, some rows of logits at a time.
///
/// What is kept of a sequence depends on the model, the method and the sequence alone, whatever else stands in its batch.
public struct DistributionReader {
    private let model: LanguageModel
    private let method: CaptureMethod
    private let temperature: Double
    private let seed: UInt64
    private let vocabulary: Int
    private let workspace: Workspace

    /// The most bytes of logits at once.
    private static let chunkBytes = 96 << 20

    /// - Parameters:
    ///   - model: the teacher, with the adapters that it has.
    ///   - temperature: by which its logits are divided.
    ///   - seed: of what is drawn.
    ///   - vocabulary: how many of its tokens there are for the student: the others are left out; nil: all.
    public init(
        _ model: LanguageModel, _ method: CaptureMethod, temperature: Double, seed: UInt64, vocabulary: Int? = nil,
        workspace: Workspace
    ) {
        self.vocabulary = vocabulary ?? model.configuration.vocabularySize
        self.model = model
        self.method = method
        self.temperature = temperature
        self.seed = seed
        self.workspace = workspace
    }

    private static func chunkRows(vocabulary: Int) -> Int {
        max(RowBlock.height, chunkBytes / (4 * vocabulary) / RowBlock.height * RowBlock.height)
    }

    /// Workspace bytes of `rows` token rows, beside those of their pass.
    public static func predictedBytes(rows: Int, model: LanguageModel) -> Int {
        let vocabulary = model.configuration.vocabularySize, width = model.configuration.width
        let tile = min(LogitTiles.width, vocabulary)
        return Workspace.byteCount(rows: min(rows, chunkRows(vocabulary: vocabulary)), columns: vocabulary)
            + Panels.byteCount(depth: width, columns: tile, type: model.precision)
            + RowScratch.byteCount(columns: 2 * BlockMasses.blockCount(vocabulary), type: .f32)
    }

    /// What is captured of `examples`.
    ///
    /// - Parameters:
    ///   - numbers: those of `examples` among all.
    ///   - read: what the teacher reads for a batch of them: the same targets, perhaps after more context.
    /// - Throws: `CaptureError` where a prediction is no number; `ModelError` for a token that the model does not have.
    package func sequences(
        _ examples: [TokenizedExample], numbers: [Int], reading read: (TokenBatch) throws -> TokenBatch = { $0 }
    ) throws -> [CapturedSequence] {
        let batch = try read(TokenBatch(examples: examples.map { ($0.ids, $0.isTarget) }, sequences: numbers))
        let digests = examples.map(\.captureDigest)
        let places = zip(digests, examples).flatMap { digest, example in
            (0..<example.targetCount).map { RowPlaceInCapture(sequence: digest, target: $0) }
        }
        precondition(places.count == batch.targetCount, "the teacher reads other targets")
        return try model.pass(batch, workspace: workspace).run { rows in
            switch method {
            case .sampled(let tokens):
                let found = try distributions(rows.hidden, of: examples) { row, index in
                    let draws = places[index].draws(seed: seed)
                    return SampledDistribution(row, tokens: tokens, random: draws)
                }
                return Self.cut(found, digests, examples) { CapturedSequence(digest: $0, Array($1)) }
            case .topK(let k):
                let found = try distributions(rows.hidden, of: examples) { row, _ in
                    LikeliestTokens(row, k: k, vocabulary: vocabulary)
                }
                return Self.cut(found, digests, examples) { CapturedSequence(digest: $0, Array($1)) }
            }
        }
    }

    private static func cut<Kept>(
        _ kept: [Kept], _ digests: [UInt64], _ examples: [TokenizedExample],
        _ make: (UInt64, ArraySlice<Kept>) -> CapturedSequence
    ) -> [CapturedSequence] {
        var rest = kept[...]
        return zip(digests, examples).map { digest, example in
            defer { rest = rest.dropFirst(example.targetCount) }
            return make(digest, rest.prefix(example.targetCount))
        }
    }

    /// What `keep` makes of each row's distribution.
    private func distributions<Kept>(
        _ hidden: Matrix, of examples: [TokenizedExample], _ keep: (LogitRow, _ index: Int) -> Kept
    ) throws -> [Kept] {
        var kept = [Kept?](repeating: nil, count: hidden.rows)
        let height = Self.chunkRows(vocabulary: vocabulary)
        for start in stride(from: 0, to: hidden.rows, by: height) {
            let rows = start..<min(start + height, hidden.rows)
            workspace.scoped {
                let tiles = logits(hidden.rows(rows))
                kept.withUnsafeMutableBufferPointer { kept in
                    forEachRow(of: tiles) { row, number in kept[start + number] = keep(row, start + number) }
                }
            }
        }
        if let broken = kept.firstIndex(where: { $0 == nil }) {
            throw CaptureError.notFinite(place: "\(Self.example(ofTarget: broken, in: examples).place)")
        }
        return kept.compactMap(\.self)
    }

    private static func example(ofTarget target: Int, in examples: [TokenizedExample]) -> TokenizedExample {
        var before = 0
        for example in examples {
            before += example.targetCount
            if target < before { return example }
        }
        preconditionFailure("a target beyond the last")
    }

    private func logits(_ hidden: Matrix) -> LogitTiles {
        let tiles = LogitTiles(rows: hidden.rows, vocabulary: vocabulary, in: workspace)
        for range in tiles.tiles {
            model.logits(of: hidden, tokens: range, into: tiles.tile(range), workspace: workspace)
        }
        return tiles
    }

    /// Runs `body` for each row whose logits are numbers, on all threads.
    private func forEachRow(of tiles: LogitTiles, _ body: (LogitRow, _ number: Int) -> Void) {
        let blocks = BlockMasses.blockCount(vocabulary)
        let scratch = RowScratch(columns: 2 * blocks, type: .f32, in: workspace)
        RowBlock.forEach(of: tiles.rows) { block in
            let numbers = scratch[block].rows(0..<1).floats
            for number in block.rows {
                let row = LogitRow(
                    tiles, row: number, temperature: temperature, blockLargest: .init(rebasing: numbers[..<blocks]),
                    masses: .init(rebasing: numbers[blocks...]))
                if let row { body(row, number) }
            }
        }
    }
}

/// A target, as draws are seeded by it.
private struct RowPlaceInCapture {
    let sequence: UInt64
    let target: Int

    /// Numbers in [0, 1), one a draw.
    func draws(seed: UInt64) -> (_ draw: Int) -> Double {
        let words = RandomStream(seed: seed, purpose: .capture).words(stream: 0, index: sequence)
        let own = RandomStream(seed: UInt64(words.0) << 32 | UInt64(words.1), purpose: .capture)
        return { own.uniform(stream: UInt32(truncatingIfNeeded: target), index: UInt64($0)) }
    }
}
