// The last look at a vocabulary made of a tokenizer.json: both tokenizers must give one list of ids for texts of every kind.

extension GGUFVocabulary {
    private static let texts = [
        "", " ", "a", "Hello, world!", "  two spaces   and three", "lines\nand\n\nparagraphs\r\n\tand a tab ",
        "naïve café — “quoted” …", "日本語とEnglishの文。", "Привет, мир! Ёлка", "한국어 문장", "emoji 🙂👩‍👩‍👧 and ✅",
        "3.14 + 2,718 = 12345678", "don't, we'll, I'VE, they're", "x = foo(bar)[0]; // #tag <b>", "العربية ١٢٣",
        "été_2024/07/31",
        "                indented", "!!!???...", "Ω≈ç√∫ \u{FEFF}\u{200B}",
    ]
    /// Added tokens that are tried in the midst of texts.
    private static let triedTokens = 12

    /// - Throws: naming the first text for which the tokenizer of these keys gives other ids than `parts`.
    func requireSameIDs(as parts: TokenizerParts, _ stages: GGUFStages, rendersChats: Bool) throws(TokenizerError) {
        let original = Tokenizer(parts: parts), written = try Tokenizer(gguf: self)
        for text in tried(parts, stages, rendersChats: rendersChats) {
            let expected = original.encode(text, addSpecialTokens: true).ids
            let found = written.encode(text, addSpecialTokens: true).ids
            guard expected != found else { continue }
            throw TokenizerError(
                place: "$",
                reason: "cannot stand in a GGUF file: llama.cpp would read \(text.debugDescription) as other tokens "
                    + "(\(found.map(\.description).joined(separator: " ")), and not "
                    + "\(expected.map(\.description).joined(separator: " ")))")
        }
    }

    /// llama.cpp puts a space before every stretch of text or before none. Where the tokenizer does so at the start alone, texts that
    /// begin with a token are what counts of chats, and texts without one of anything else; of these, one that begins with a space gets
    /// a second from llama.cpp alone, as from SentencePiece.
    private func tried(_ parts: TokenizerParts, _ stages: GGUFStages, rendersChats: Bool) -> [String] {
        let first = if case .sentencePiece(.first) = stages { true } else { false }
        let added = parts.addedTokens.filter {
            Int($0.id) < tokens.count && !parts.postProcessor.before.contains($0.id)
        }
        .prefix(Self.triedTokens).map { String(decoding: $0.content, as: UTF8.self) }
        let around = added.flatMap { [$0 + "user\n", $0 + " a" + $0 + "\n"] }
        switch (first, rendersChats) {
        case (false, _): return Self.texts + around + added.map { "x " + $0 }
        case (true, false): return Self.texts.filter { !$0.hasPrefix(" ") }
        case (true, true): return around + Self.texts.flatMap { text in added.prefix(1).map { $0 + text } }
        }
    }
}
