// How a prompt is cut to be read, and in which manner its rows are computed.

import Kernels

/// In which manner rows of a sequence are computed.
///
/// Two manners give numbers that differ by rounding. Within one, a row's numbers depend on the tokens before it alone:
/// neither on what is computed beside it nor on where reading paused in between.
public struct ReadingManner: Sendable, Equatable {
    enum Rows {
        /// A row of its own, beside rows of other sequences.
        case single
        /// Neighbours, few enough for products with weights as they are stored.
        case few
        case many
    }

    let rows: Rows
    /// Positions that attention takes at a time; 0 where it takes them as they come.
    private let attentionTile: Int

    /// One token more of a running sequence.
    static let step = ReadingManner(rows: .single, attentionTile: 0)

    private init(rows: Rows, attentionTile: Int) {
        self.rows = rows
        self.attentionTile = attentionTile
    }

    /// - Parameter range: the whole chunk, wherever reading goes on in it.
    fileprivate init(ofChunk range: Range<Int>) {
        self.init(rows: range.count <= 8 ? .few : .many, attentionTile: Attention.tile(positions: range.upperBound))
    }

    /// A prompt that an encoder reads as a whole.
    fileprivate static let whole = ReadingManner(rows: .many, attentionTile: 0)
}

/// Tokens of a prompt that are read together.
///
/// Where chunks begin and end follows from the prompt's length alone. Where reading goes on inside a chunk, its rest is
/// read in the whole chunk's manner.
public struct PromptChunk: Sendable, Equatable {
    /// The most tokens of a chunk.
    public static let mostTokens = 512

    /// Their places in the prompt.
    public let range: Range<Int>
    public let manner: ReadingManner

    /// The chunk that is to be read when `position` tokens of a prompt of `count` have been; nil when all have.
    public init?(after position: Int, ofPromptOf count: Int) {
        guard position < count else { return nil }
        let start = position / Self.mostTokens * Self.mostTokens
        let whole = start..<min(start + Self.mostTokens, count)
        range = position..<whole.upperBound
        manner = count == 1 ? .step : ReadingManner(ofChunk: whole)
    }

    /// All of a prompt of `count` tokens, for an encoder.
    init(whole count: Int) {
        range = 0..<count
        manner = .whole
    }
}
