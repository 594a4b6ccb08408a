// SentencePiece BPE as GGUF files store it: no merges, any two neighbours whose join is a token may merge, best score first.

/// The `llama` model of GGUF.
struct SentencePieceModel: Sendable {
    let vocabulary: ByteTable
    let scores: [Float]
    /// What each byte becomes that no token covers.
    let byteIDs: [Int32]

    func tokenize(_ word: UnsafeBufferPointer<UInt8>, _ scratch: MergeScratch, into tokens: inout [WordToken]) {
        scratch.reset()
        var position = 0
        while position < word.count {
            let end = min(position + UTF8Scan.length(first: word[position]), word.count)
            scratch.append(vocabulary.find(UnsafeBufferPointer(rebasing: word[position..<end])) ?? -1, position, end)
            position = end
        }
        scratch.merge { left, right in
            let joined = UnsafeBufferPointer(rebasing: word[Int(left.lower)..<Int(right.upper)])
            guard let id = vocabulary.find(joined), Int(id) < scores.count else { return nil }
            return (-Double(scores[Int(id)]), id)
        }
        scratch.forEach { symbol in
            guard symbol.id < 0 else {
                tokens.append(WordToken(id: symbol.id, lower: symbol.lower, upper: symbol.upper))
                return
            }
            for position in Int(symbol.lower)..<Int(symbol.upper) {
                let id = byteIDs[Int(word[position])]
                if id >= 0 { tokens.append(WordToken(id: id, lower: Int32(position), upper: Int32(position + 1))) }
            }
        }
    }
}
