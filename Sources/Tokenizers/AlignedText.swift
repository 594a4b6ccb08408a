// A text that knows, for each of its bytes, which bytes of the input it came from, through any number of normalisations.

/// Where bytes of a changed text came from: a half-open range of input bytes.
struct SourceSpan: Sendable, Equatable {
    var lower: Int32
    var upper: Int32
}

/// Text under way from the input to the model.
struct AlignedText: Sendable {
    var bytes: [UInt8]
    /// One span a byte; nil while the text is a stretch of the input, unchanged, that starts at `origin`.
    var spans: [SourceSpan]?
    var origin: Int

    init(bytes: [UInt8], origin: Int = 0) {
        self.bytes = bytes
        self.origin = origin
    }

    init(bytes: [UInt8], spans: [SourceSpan], origin: Int) {
        precondition(bytes.count == spans.count)
        self.bytes = bytes
        self.spans = spans
        self.origin = origin
    }

    /// The input bytes that `range` came from.
    func source(of range: Range<Int>) -> Range<Int> {
        guard let spans else { return origin + range.lowerBound..<origin + range.upperBound }
        if range.isEmpty {
            let position =
                range.lowerBound < spans.count
                ? Int(spans[range.lowerBound].lower) : Int(spans.last?.upper ?? Int32(origin))
            return position..<position
        }
        let lower = Int(spans[range.lowerBound].lower)
        return lower..<max(lower, Int(spans[range.upperBound - 1].upper))
    }

    /// The part of the text in `range`.
    func slice(_ range: Range<Int>) -> AlignedText {
        guard let spans else { return AlignedText(bytes: Array(bytes[range]), origin: origin + range.lowerBound) }
        return AlignedText(bytes: Array(bytes[range]), spans: Array(spans[range]), origin: source(of: range).lowerBound)
    }
}

/// Writes a changed copy of an `AlignedText`.
struct AlignedTextBuilder {
    private let original: AlignedText
    private(set) var bytes: [UInt8] = []
    private var spans: [SourceSpan] = []

    init(changing original: AlignedText) {
        self.original = original
        bytes.reserveCapacity(original.bytes.count + 8)
        spans.reserveCapacity(original.bytes.count + 8)
    }

    var count: Int { bytes.count }

    /// Takes `range` of the original over as it is.
    mutating func copy(_ range: Range<Int>) {
        bytes.append(contentsOf: original.bytes[range])
        if let old = original.spans {
            spans.append(contentsOf: old[range])
        } else {
            for position in range {
                let start = Int32(original.origin + position)
                spans.append(SourceSpan(lower: start, upper: start + 1))
            }
        }
    }

    /// Writes `replacement`, all of which came from `range` of the original.
    mutating func write(_ replacement: some Collection<UInt8>, for range: Range<Int>) {
        let source = original.source(of: range)
        bytes.append(contentsOf: replacement)
        let span = SourceSpan(lower: Int32(source.lowerBound), upper: Int32(source.upperBound))
        spans.append(contentsOf: repeatElement(span, count: replacement.count))
    }

    consuming func text() -> AlignedText { AlignedText(bytes: bytes, spans: spans, origin: original.origin) }
}
