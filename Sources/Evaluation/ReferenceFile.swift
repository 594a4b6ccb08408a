// What a reference predicted, in the form of llama.cpp's `--kl-divergence-base`, so that two tools are held against
// one reference.
//
// The file is `_logits_`, the tokens n of a chunk and of the vocabulary V, the number of chunks, each as 32 bits, and
// the tokens of all chunks. Then follows a row for each token of a chunk's second half but its last, from ⌊n/2⌋ on:
// two floats, scale and least, and V whole numbers q of 16 bits (one more where V is odd); log p = scale · q + least.
// What lies more than 16 below the likeliest is stored as if it lay there.

public import Datasets
internal import Files
public import Foundation
public import Models
public import Tensors
internal import WeightFiles

/// The layout of such a file.
struct ReferenceLayout: Sendable {
    static let mark = Array("_logits_".utf8)
    /// How far below the likeliest token's logarithm others are told apart.
    static let reach: Float = 16

    let contextLength: Int
    let vocabularySize: Int
    let chunkCount: Int

    /// The token of a chunk from whose prediction on it counts.
    var firstRow: Int { contextLength / 2 }
    var rowsPerChunk: Int { max(0, contextLength - 1 - firstRow) }
    /// 16-bit numbers of a row.
    var rowHalves: Int { 4 + (vocabularySize + 1) / 2 * 2 }
    var tokensOffset: Int { Self.mark.count + 12 }
    var rowsOffset: Int { tokensOffset + 4 * contextLength * chunkCount }
    /// nil where it overflows.
    var byteCount: Int? {
        let (rows, overflow) = rowsPerChunk.multipliedReportingOverflow(by: chunkCount)
        let (bytes, tooMany) = rows.multipliedReportingOverflow(by: 2 * rowHalves)
        return overflow || tooMany ? nil : rowsOffset + bytes
    }

    /// The chunks of `tokens` as sequences whose second halves are targets.
    ///
    /// - Parameter begin: the token that stands at the start of each chunk when it is computed; nil: the text's own.
    func examples(_ tokens: [Int32], begin: Int32?, file: String) -> [TokenizedExample] {
        (0..<chunkCount).map { chunk in
            var ids = Array(tokens[chunk * contextLength..<(chunk + 1) * contextLength])
            if let begin { ids[0] = begin }
            return TokenizedExample(
                ids: ids, isTarget: ids.indices.map { $0 > firstRow }, place: RowPlace(file: file, line: chunk + 1),
                index: chunk)
        }
    }
}

/// A file of what a reference predicted. Its numbers are those of each chunk's targets, as `examples` has them.
public struct ReferenceFile: LogitSource {
    public let isLogProbability = true
    private let file: MappedFile
    private let layout: ReferenceLayout
    private let tokens: [Int32]

    /// What stands for tokens that are too unlikely to count.
    private static let none: Float = -1e4

    public var vocabularySize: Int { layout.vocabularySize }
    public var chunkCount: Int { layout.chunkCount }
    public var contextLength: Int { layout.contextLength }

    /// - Throws: `ReferenceFileError` for a file that is none, or is cut; `WeightError` for one that cannot be read.
    public init(_ url: URL) throws {
        file = try MappedFile(url)
        let bytes = file.bytes
        guard bytes.count >= ReferenceLayout.mark.count + 12, bytes.starts(with: ReferenceLayout.mark) else {
            throw ReferenceFileError(file: url.path, problem: "is no file of a reference's log-probabilities")
        }
        func number(_ index: Int) -> Int {
            Int(bytes.loadUnaligned(fromByteOffset: ReferenceLayout.mark.count + 4 * index, as: Int32.self))
        }
        layout = ReferenceLayout(contextLength: number(0), vocabularySize: number(1), chunkCount: number(2))
        guard layout.contextLength > 3, layout.vocabularySize > 0, layout.chunkCount > 0,
            let expected = layout.byteCount, expected == bytes.count
        else {
            throw ReferenceFileError(
                file: url.path,
                problem: "does not hold what its beginning says: \(number(2)) chunks of \(number(0)) tokens, "
                    + "vocabulary \(number(1)), in \(bytes.count) bytes")
        }
        let (start, vocabulary) = (layout.tokensOffset, layout.vocabularySize)
        tokens = (0..<layout.contextLength * layout.chunkCount).map {
            bytes.loadUnaligned(fromByteOffset: start + 4 * $0, as: Int32.self)
        }
        if let token = tokens.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
            throw ReferenceFileError(
                file: url.path, problem: "token \(token) is outside its vocabulary of \(vocabulary)")
        }
    }

    /// The sequences that were predicted.
    ///
    /// - Parameter begin: the token that each begins with where the tokenizer adds one.
    public func examples(begin: Int32?) -> [TokenizedExample] {
        layout.examples(tokens, begin: begin, file: file.url.lastPathComponent)
    }

    public func reader(_ batch: TokenBatch, examples: Range<Int>, workspace: Workspace) throws -> LogitReader {
        let rows = examples.lowerBound * layout.rowsPerChunk..<examples.upperBound * layout.rowsPerChunk
        let targets = batch.targets.filter { $0 >= 0 }
        precondition(targets.count == rows.count, "a batch of other sequences")
        return { tokens, logits in
            for (row, place) in rows.enumerated() { read(place, tokens, target: Int(targets[row]), into: logits, row) }
        }
    }

    /// What is said of `tokens` in row `place` of the file. A target counts however unlikely it is.
    private func read(_ place: Int, _ tokens: Range<Int>, target: Int, into logits: Matrix, _ row: Int) {
        let start = layout.rowsOffset + 2 * layout.rowHalves * place, bytes = file.bytes
        let scale = bytes.loadUnaligned(fromByteOffset: start, as: Float.self)
        let least = bytes.loadUnaligned(fromByteOffset: start + 4, as: Float.self)
        let numbers = logits.rows(row..<row + 1).floats
        for (index, token) in tokens.enumerated() {
            let half = bytes.loadUnaligned(fromByteOffset: start + 8 + 2 * token, as: UInt16.self)
            let value = scale * Float(half) + least
            numbers[index] = value > -ReferenceLayout.reach || token == target ? value : Self.none
        }
    }
}
