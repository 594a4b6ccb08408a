// Regular expressions over bytes.

/// What an automaton is made of.
indirect enum ByteExpression: Sendable {
    case bytes(ByteSet)
    case sequence([ByteExpression])
    /// Nothing at all where there is no choice.
    case choice([ByteExpression])
    /// `most` nil: without limit.
    case repeated(ByteExpression, least: Int, most: Int?)

    /// The empty text.
    static let empty = ByteExpression.sequence([])

    static func literal(_ bytes: some Sequence<UInt8>) -> ByteExpression {
        .sequence(bytes.map { .bytes(ByteSet($0)) })
    }

    static func literal(_ text: String) -> ByteExpression { literal(text.utf8) }

    static func byte(_ character: Unicode.Scalar) -> ByteExpression { .bytes(ByteSet(UInt8(ascii: character))) }

    /// One byte of `text`.
    static func any(of text: String) -> ByteExpression { .bytes(ByteSet(text.utf8)) }

    static func range(_ lower: Unicode.Scalar, _ upper: Unicode.Scalar) -> ByteExpression {
        .bytes(ByteSet(UInt8(ascii: lower)...UInt8(ascii: upper)))
    }

    func times(_ count: Int) -> ByteExpression { .repeated(self, least: count, most: count) }
    func times(_ range: ClosedRange<Int>) -> ByteExpression {
        .repeated(self, least: range.lowerBound, most: range.upperBound)
    }
    var optional: ByteExpression { times(0...1) }
    var anyTimes: ByteExpression { .repeated(self, least: 0, most: nil) }
    var once: ByteExpression { .repeated(self, least: 1, most: nil) }
}
