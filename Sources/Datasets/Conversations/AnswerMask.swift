// Which tokens carry loss: from the first one that the prompt alone would not have, to the end of the answer.

/// The mask of one sequence, answer by answer.
///
/// A tokenizer may join the prompt's last characters to the answer's first: the token that straddles the border is the answer's,
/// as the prompt's own tokens lack it.
struct AnswerMask {
    private let encoded: EncodedText
    /// What the tokens stand for.
    private let text: [UInt8]
    /// Tokens that are marks and no text: an answer of nothing else says nothing, even where its row writes them itself.
    private let isMark: (Int32) -> Bool
    private(set) var isTarget: [Bool]
    /// Tokens that lie across the border of an answer.
    private(set) var straddlingTokens = 0

    init(_ encoded: EncodedText, of text: [UInt8], isMark: @escaping (Int32) -> Bool) {
        self.encoded = encoded
        self.text = text
        self.isMark = isMark
        isTarget = [Bool](repeating: false, count: encoded.ids.count)
    }

    /// Marks the tokens of an answer of a conversation; gives the first of the answer's own, its end left aside, or `nil` where
    /// there is none.
    ///
    /// - Parameter promptIDs: the tokens of what stands before the answer, had alone.
    mutating func add(_ span: AnswerSpan, promptIDs: () -> [Int32]) -> Int? {
        guard var first = encoded.offsets.firstIndex(where: { !$0.isEmpty && $0.upperBound > span.range.lowerBound })
        else { return nil }
        if encoded.offsets[first].lowerBound < span.range.lowerBound {
            straddlingTokens += 1
            first = min(first, commonCount(promptIDs()))
        }
        var own: [Int] = []
        for index in max(1, first)..<max(1, encoded.ids.count) where !encoded.offsets[index].isEmpty {
            let offset = encoded.offsets[index]
            guard offset.lowerBound < span.range.upperBound else { break }
            isTarget[index] = true
            if offset.lowerBound < span.ownEnd, offset.upperBound > span.range.lowerBound, !isMark(encoded.ids[index]) {
                own.append(index)
            }
            if offset.upperBound > span.range.upperBound { straddlingTokens += 1 }
        }
        return saysSomething(own) ? own.first : nil
    }

    /// Marks everything after a prompt; gives the first token of the answer itself, or `nil` where there is none.
    ///
    /// - Parameters:
    ///   - promptIDs: the prompt's tokens, had alone.
    ///   - border: where the prompt's bytes end.
    ///   - ownCount: tokens before the end of the sequence.
    mutating func addCompletion(behind promptIDs: [Int32], border: Int, ownCount: Int) -> Int? {
        let first = max(1, commonCount(promptIDs))
        straddlingTokens += encoded.offsets.count { $0.lowerBound < border && border < $0.upperBound }
        for index in first..<max(first, encoded.ids.count) { isTarget[index] = true }
        let own = (first..<max(first, ownCount)).filter {
            encoded.offsets[$0].upperBound > border && !isMark(encoded.ids[$0])
        }
        return saysSomething(own) ? own.first : nil
    }

    /// Whether something can be read in what `tokens` stand for: white space between marks is no answer either.
    private func saysSomething(_ tokens: [Int]) -> Bool {
        // Most answers show it at once; characters of several bytes may lie across tokens.
        tokens.contains { text[encoded.offsets[$0]].contains { (0x21...0x7E).contains($0) } }
            || !String(decoding: tokens.flatMap { text[encoded.offsets[$0]] }, as: UTF8.self).isBlank
    }

    /// Tokens that the sequence begins with as the prompt alone does.
    private func commonCount(_ promptIDs: [Int32]) -> Int { zip(encoded.ids, promptIDs).prefix { $0 == $1 }.count }
}
