// Writing what a model predicts for a text in the form of `ReferenceFile`.

internal import Datasets
internal import Files
public import Foundation
internal import Kernels
public import Models
public import Tensors
public import Vocabulary

/// Writes a model's log-probabilities of a text.
public struct ReferenceWriter {
    private let model: LanguageModel
    private let workspace: Workspace

    /// Tokens of a chunk, at most.
    private static let usualContext = 512
    /// Tokens of the vocabulary whose logits are in memory at once.
    private static let tile = 1536

    /// - Parameter model: with the adapters that it has.
    public init(_ model: LanguageModel, workspace: Workspace) {
        self.model = model
        self.workspace = workspace
    }

    /// Writes the predictions for `tokens`, which are cut into chunks, to a new file at `url`; a last chunk that
    /// would not be full is left out.
    ///
    /// - Parameters:
    ///   - begin: the token that each chunk begins with where the tokenizer adds one.
    ///   - onProgress: told how many chunks are done, of how many.
    /// - Throws: `ReferenceFileError` for too few tokens; `SystemError` where the file cannot be written, or stands
    ///   there already.
    public func write(
        _ tokens: [Int32], begin: Int32?, to url: URL, onProgress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
    ) throws {
        let context = min(Self.usualContext, model.configuration.contextLength, tokens.count)
        guard context > 3 else {
            throw ReferenceFileError(file: url.path, problem: "\(tokens.count) tokens are too few for a reference")
        }
        let layout = ReferenceLayout(
            contextLength: context, vocabularySize: model.configuration.vocabularySize,
            chunkCount: tokens.count / context)
        let file = try AtomicFile(url)
        var head = ReferenceLayout.mark
        let numbers = [context, layout.vocabularySize, layout.chunkCount].map(Int32.init)
        for number in numbers + tokens.prefix(context * layout.chunkCount) {
            withUnsafeBytes(of: number.littleEndian) { head += $0 }
        }
        try file.write(head)
        for (index, example) in layout.examples(tokens, begin: begin, file: url.path).enumerated() {
            let batch = TokenBatch(examples: [(example.ids, example.isTarget)])
            try workspace.scoped { try file.write(rows(batch, layout)) }
            try onProgress(index + 1, layout.chunkCount)
        }
        try file.commit()
    }

    /// The rows of one chunk as they stand in the file. The vocabulary is gone through twice: first for what the
    /// rows' numbers are scaled by.
    private func rows(_ batch: TokenBatch, _ layout: ReferenceLayout) throws -> UnsafeRawBufferPointer {
        let read = try ModelLogits(model).reader(batch, examples: 0..<1, workspace: workspace)
        var scales = [RowScale](repeating: RowScale(), count: layout.rowsPerChunk)
        try forEachTile(layout, read) { _, row, logits in scales[row].add(logits) }
        let memory = workspace.matrix(rows: layout.rowsPerChunk, columns: layout.rowHalves, type: .bf16)
        let halves = memory.pointer.assumingMemoryBound(to: UInt16.self)
        halves.update(repeating: 0, count: memory.count)
        for (row, scale) in scales.enumerated() {
            guard scale.isFinite else { throw DivergenceError(side: .reference, place: .init(file: "", line: 1)) }
            let start = UnsafeMutableRawPointer(halves + row * layout.rowHalves)
            start.storeBytes(of: scale.step, as: Float.self)
            start.storeBytes(of: scale.leastLogarithm, toByteOffset: 4, as: Float.self)
        }
        try forEachTile(layout, read) { first, row, logits in
            let place = halves + row * layout.rowHalves + 4 + first
            for (index, logit) in logits.enumerated() { place[index] = scales[row].half(logit) }
        }
        return UnsafeRawBufferPointer(start: memory.pointer, count: memory.byteCount)
    }

    private func forEachTile(
        _ layout: ReferenceLayout, _ read: LogitReader,
        _ body: (_ firstToken: Int, _ row: Int, _ logits: UnsafeMutableBufferPointer<Float>) -> Void
    ) throws {
        for start in stride(from: 0, to: layout.vocabularySize, by: Self.tile) {
            let tokens = start..<min(start + Self.tile, layout.vocabularySize)
            try workspace.scoped {
                let logits = workspace.matrix(rows: layout.rowsPerChunk, columns: tokens.count)
                try read(tokens, logits)
                for row in 0..<logits.rows { body(start, row, logits.rows(row..<row + 1).floats) }
            }
        }
    }
}

/// By what a row's logits become whole numbers, in fp32 as llama.cpp has it.
private struct RowScale {
    private var largest = -Float.infinity
    private var smallest = Float.infinity
    /// Σ exp(logit − largest)
    private var sum = 0.0

    mutating func add(_ logits: UnsafeMutableBufferPointer<Float>) {
        var most = largest, tile = 0.0
        for logit in logits { (most, smallest) = (max(most, logit), min(smallest, logit)) }
        for logit in logits { tile += Double(exp(logit - most)) }
        sum = (largest > -.infinity ? sum * exp(Double(largest) - Double(most)) : 0) + tile
        largest = most
    }

    var isFinite: Bool { largest.isFinite && smallest.isFinite && sum.isFinite }
    private var least: Float { max(smallest, largest - ReferenceLayout.reach) }
    var step: Float { (largest - least) / 65535 }
    var leastLogarithm: Float { least - largest - Float(log(sum)) }

    func half(_ logit: Float) -> UInt16 {
        guard step > 0, logit > least else { return 0 }
        return UInt16(min(65535, ((logit - least) * (1 / step)).rounded(.toNearestOrEven)))
    }
}

/// Why log-probabilities cannot be read or written.
public struct ReferenceFileError: ClassifiedError {
    public let file: String
    /// What is wrong, as a fragment.
    public let problem: String
    public var kind: FailureKind { .badInput }
    public var namedFile: String? { file }
    public var description: String { "\(file): \(problem)" }
}
