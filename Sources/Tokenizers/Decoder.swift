// `decoder` of tokenizer.json: token texts back to text. Works on bytes, as a list of pieces that each step rewrites.

internal import JSON

/// One decoder, or a sequence of them.
indirect enum Decoder: Sendable {
    case byteLevel
    case metaspace(replacement: [UInt8], dropsFirst: Bool)
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    case byteFallback
    case fuse
    case strip(content: [UInt8], start: Int, stop: Int)
    case replace(SplitPattern, [UInt8])
    case bpe(suffix: [UInt8])
    case ctc(pad: [UInt8], delimiter: [UInt8], cleansUp: Bool)
    case sequence([Decoder])

    /// Rewrites the pieces; what is joined afterwards is the text.
    func apply(_ pieces: [[UInt8]]) -> [[UInt8]] {
        switch self {
        case .byteLevel: [pieces.flatMap { ByteAlphabet.decode($0) ?? $0 }.repairedUTF8]
        case .metaspace(let replacement, let dropsFirst):
            pieces.enumerated().map { index, piece in
                piece.replacing(replacement, with: index == 0 && dropsFirst ? [] : [0x20])
            }
        case .wordPiece(let prefix, let cleansUp):
            pieces.enumerated().map { index, piece in
                var text = piece
                if index > 0 {
                    text =
                        !prefix.isEmpty && piece.starts(with: prefix)
                        ? Array(piece.dropFirst(prefix.count)) : [0x20] + piece
                }
                return cleansUp ? text.cleanedUp : text
            }
        case .byteFallback: Self.byteFallback(pieces)
        case .fuse: [pieces.flatMap { $0 }]
        case .strip(let content, let start, let stop): pieces.map { $0.stripping(content, start: start, stop: stop) }
        case .replace(let pattern, let content): pieces.map { pattern.replaced(in: $0, with: content) }
        case .bpe(let suffix):
            pieces.enumerated().map { $1.replacing(suffix, with: $0 == pieces.count - 1 ? [] : [0x20]) }
        case .ctc(let pad, let delimiter, let cleansUp):
            Self.ctc(pieces, pad: pad, delimiter: delimiter, cleansUp: cleansUp)
        case .sequence(let steps): steps.reduce(pieces) { $1.apply($0) }
        }
    }

    private static func byteFallback(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var bytes: [UInt8] = []
        func flush() {
            guard !bytes.isEmpty else { return }
            if String(validating: bytes, as: UTF8.self) != nil {
                result.append(bytes)
            } else {
                for _ in bytes { result.append(UTF8.encodedReplacementCharacter.map { $0 }) }
            }
            bytes.removeAll()
        }
        for piece in pieces {
            if let byte = ByteTokens.byte(piece) {
                bytes.append(byte)
            } else {
                flush()
                result.append(piece)
            }
        }
        flush()
        return result
    }

    private static func ctc(_ pieces: [[UInt8]], pad: [UInt8], delimiter: [UInt8], cleansUp: Bool) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for (index, piece) in pieces.enumerated() where index == 0 || piece != pieces[index - 1] {
            var text = piece.replacing(pad, with: [])
            if cleansUp { text = text.cleanedUp.replacing(delimiter, with: [0x20]) }
            if !text.isEmpty { result.append(text) }
        }
        return result
    }
}

// MARK: - Bytes

extension [UInt8] {
    /// The bytes with ill-formed UTF-8 replaced by U+FFFD.
    var repairedUTF8: [UInt8] { Array(String(decoding: self, as: UTF8.self).utf8) }

    /// Every `literal` replaced, left to right.
    func replacing(_ literal: [UInt8], with content: [UInt8]) -> [UInt8] {
        SplitPattern.literal(literal).replaced(in: self, with: content)
    }

    /// English spacing before punctuation and contractions taken back.
    var cleanedUp: [UInt8] {
        let rules = [
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
            (" do not", " don't"),
            (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
        ]
        return rules.reduce(self) { $0.replacing(Array($1.0.utf8), with: Array($1.1.utf8)) }
    }

    /// Without up to `start` copies of `content` at the front and `stop` at the end.
    func stripping(_ content: [UInt8], start: Int, stop: Int) -> [UInt8] {
        guard !content.isEmpty else { return self }
        var rest = self[...]
        for _ in 0..<start {
            guard rest.starts(with: content) else { break }
            rest = rest.dropFirst(content.count)
        }
        for _ in 0..<stop {
            guard rest.suffix(content.count).elementsEqual(content) else { break }
            rest = rest.dropLast(content.count)
        }
        return Array(rest)
    }
}

extension SplitPattern {
    /// `bytes` with each match replaced.
    func replaced(in bytes: [UInt8], with content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        forEachMatch(in: bytes, 0..<bytes.count) { match in
            result.append(contentsOf: bytes[position..<match.lowerBound])
            result.append(contentsOf: content)
            position = match.upperBound
        }
        return result + bytes[position...]
    }
}

// MARK: - Reading

extension Decoder {
    init(_ node: LocatedJSON) throws(TokenizerError) {
        let kind = try node.kind()
        switch kind {
        case "ByteLevel": self = .byteLevel
        case "Metaspace":
            let metaspace = try Metaspace(node)
            self = .metaspace(replacement: metaspace.replacement, dropsFirst: metaspace.prepends != .never)
        case "WordPiece":
            self = .wordPiece(
                prefix: try node.optionalBytes("prefix") ?? Array("##".utf8),
                cleansUp: try node.bool("cleanup", default: true))
        case "ByteFallback": self = .byteFallback
        case "Fuse": self = .fuse
        case "Strip":
            self = .strip(
                content: try node.required("content").bytes(),
                start: try node.required("start").integer(maximum: 1 << 20),
                stop: try node.required("stop").integer(maximum: 1 << 20))
        case "Replace":
            self = .replace(try SplitPattern(node.required("pattern")), try node.required("content").bytes())
        case "BPEDecoder": self = .bpe(suffix: try node.optionalBytes("suffix") ?? Array("</w>".utf8))
        case "CTC":
            self = .ctc(
                pad: try node.optionalBytes("pad_token") ?? Array("<pad>".utf8),
                delimiter: try node.optionalBytes("word_delimiter_token") ?? Array("|".utf8),
                cleansUp: try node.bool("cleanup", default: true))
        case "Sequence":
            var steps: [Decoder] = []
            for element in try node.required("decoders").elements() { steps.append(try Decoder(element)) }
            self = .sequence(steps)
        default: throw node.error("decoder `\(kind)` is not supported")
        }
    }
}
