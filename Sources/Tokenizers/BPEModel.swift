// Byte-pair encoding by ranked merges: byte-level (GPT-2, Llama 3, Qwen) and by characters with byte fallback (Llama 2, Mistral).

internal import JSON

/// The `BPE` model.
struct BPEModel: Sendable {
    /// Token ids; of a byte-level vocabulary the keys are the raw bytes.
    var vocabulary: ByteTable
    var merges: PairTable
    var unknownID: Int32?
    var continuingPrefix: [UInt8] = []
    var endSuffix: [UInt8] = []
    var fusesUnknown = false
    /// A whole word that is a token is taken as it is.
    var ignoresMerges = false
    var byteTokens: ByteTokens?
    /// Symbols start as bytes rather than as characters.
    var isByteLevel: Bool
    /// Ids from here on are joins that are no tokens (llama.cpp lets them merge further); they fall apart into bytes.
    var firstVirtualID = Int32.max

    func tokenize(_ word: UnsafeBufferPointer<UInt8>, _ scratch: MergeScratch, into tokens: inout [WordToken]) {
        if ignoresMerges, let id = vocabulary.find(word), id < firstVirtualID {
            tokens.append(WordToken(id: id, lower: 0, upper: Int32(word.count)))
            return
        }
        scratch.reset()
        fill(scratch, from: word)
        scratch.merge { left, right in
            guard let merge = merges.find(left.id, right.id) else { return nil }
            return (Double(merge.rank), merge.id)
        }
        scratch.forEach { symbol in
            guard symbol.id >= firstVirtualID else {
                tokens.append(WordToken(id: symbol.id, lower: symbol.lower, upper: symbol.upper))
                return
            }
            // Like llama.cpp, which looks for the bytes of the written form: only printable ASCII is written as one byte.
            for position in Int(symbol.lower)..<Int(symbol.upper) where 0x21...0x7E ~= word[position] {
                let byte = UnsafeBufferPointer(rebasing: word[position..<position + 1])
                guard let id = vocabulary.find(byte), id < firstVirtualID else { continue }
                tokens.append(WordToken(id: id, lower: Int32(position), upper: Int32(position + 1)))
            }
        }
    }

    /// The symbols that merging starts from.
    private func fill(_ scratch: MergeScratch, from word: UnsafeBufferPointer<UInt8>) {
        var unknown: Range<Int>?
        func flush() {
            if let range = unknown, let unknownID { scratch.append(unknownID, range.lowerBound, range.upperBound) }
            unknown = nil
        }
        var position = 0
        while position < word.count {
            let length = isByteLevel ? 1 : min(UTF8Scan.length(first: word[position]), word.count - position)
            let end = position + length
            let character = UnsafeBufferPointer(rebasing: word[position..<end])
            if let id = find(character, isFirst: position == 0, isLast: end == word.count) {
                flush()
                scratch.append(id, position, end)
            } else if let byteTokens,
                let ids = byteTokens.ids(for: affixed(character, isFirst: position == 0, isLast: end == word.count))
            {
                // All bytes of a character cover it whole, as far as offsets go; merging needs them to stand apart.
                for (offset, id) in ids.enumerated() {
                    scratch.append(id, min(position + offset, end), min(position + offset + 1, end))
                }
            } else if unknownID != nil {
                if fusesUnknown, let range = unknown {
                    unknown = range.lowerBound..<end
                } else {
                    flush()
                    unknown = position..<end
                }
            }
            position = end
        }
        flush()
    }

    private func find(_ character: UnsafeBufferPointer<UInt8>, isFirst: Bool, isLast: Bool) -> Int32? {
        if (isFirst || continuingPrefix.isEmpty) && (!isLast || endSuffix.isEmpty) { return vocabulary.find(character) }
        return vocabulary.find(affixed(character, isFirst: isFirst, isLast: isLast))
    }

    private func affixed(_ character: UnsafeBufferPointer<UInt8>, isFirst: Bool, isLast: Bool) -> [UInt8] {
        (isFirst ? [] : continuingPrefix) + Array(character) + (isLast ? endSuffix : [])
    }
}

// MARK: - Reading

extension BPEModel {
    /// Reads `model`. `texts` finds ids by the texts of `vocab`, `vocabulary` by the bytes that words are made of.
    init(_ node: LocatedJSON, texts: ByteTable, vocabulary: ByteTable, isByteLevel: Bool) throws(TokenizerError) {
        if let dropout = node.optional("dropout"), try dropout.double() != 0 {
            throw dropout.error("dropout makes ids random; it is not supported")
        }
        self.isByteLevel = isByteLevel
        self.vocabulary = vocabulary
        merges = PairTable(capacity: 0)
        continuingPrefix = try node.optionalBytes("continuing_subword_prefix") ?? []
        endSuffix = try node.optionalBytes("end_of_word_suffix") ?? []
        if isByteLevel, !(continuingPrefix.isEmpty && endSuffix.isEmpty) {
            throw node.error("a byte-level vocabulary with subword prefix or suffix is not supported")
        }
        fusesUnknown = try node.bool("fuse_unk", default: false)
        ignoresMerges = try node.bool("ignore_merges", default: false)
        if let unknown = node.optional("unk_token") { unknownID = texts.find(try unknown.bytes()) }
        if try node.bool("byte_fallback", default: false) { byteTokens = ByteTokens(texts) }

        let pairs = try node.required("merges").elements()
        merges = PairTable(capacity: pairs.count)
        for (rank, pair) in pairs.enumerated() {
            let (left, right) = try Self.parts(of: pair)
            guard let leftID = texts.find(left) else { throw pair.error("the left part is not in the vocabulary") }
            guard let rightID = texts.find(right) else { throw pair.error("the right part is not in the vocabulary") }
            guard right.count >= continuingPrefix.count,
                let id = texts.find(left + right.dropFirst(continuingPrefix.count))
            else {
                throw pair.error("what it joins is not in the vocabulary")
            }
            merges.set(leftID, rightID, to: PairTable.Merge(rank: Int32(rank), id: id))
        }
    }

    /// A merge is `"a b"` in older files and `["a", "b"]` in newer ones.
    static func parts(of pair: LocatedJSON) throws(TokenizerError) -> (left: [UInt8], right: [UInt8]) {
        if pair.value.array != nil {
            let elements = try pair.elements()
            guard elements.count == 2 else { throw pair.error("a merge has two parts, this one \(elements.count)") }
            return (try elements[0].bytes(), try elements[1].bytes())
        }
        let parts = try pair.bytes().split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw pair.error("a merge has two parts, this one \(parts.count)") }
        return (Array(parts[0]), Array(parts[1]))
    }
}
