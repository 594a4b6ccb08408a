// What llama.cpp calls the stages of a tokenizer.json. It knows few: what is no combination of these has no name.

/// The stages of a tokenizer.json, as far as a GGUF file can say them.
enum GGUFStages {
    /// Byte-level BPE with the splits that each of these names stands for.
    case byteLevel(names: [String])
    /// BPE over the whole text, spaces as ▁.
    case sentencePiece(prefix: Metaspace.PrependScheme)

    /// - Throws: where llama.cpp has no such stage.
    init(_ root: LocatedJSON) throws(TokenizerError) {
        let model = try root.required("model")
        let kind = try model.optional("type")?.string() ?? "BPE"
        guard kind == "BPE" else { throw Self.refusal(model, "a model of the kind \(kind)") }
        let cuts = try Self.flattened(root.optional("pre_tokenizer"), "pretokenizers")
        let changes = try Self.flattened(root.optional("normalizer"), "normalizers")
        if try cuts.last?.kind() == "ByteLevel" {
            for change in changes where try change.kind() != "NFC" {
                throw Self.refusal(change, "a normalizer before bytes")
            }
            self = .byteLevel(names: try Self.names(cuts, root))
        } else {
            guard try model.bool("byte_fallback", default: false) else {
                throw Self.refusal(model, "BPE by characters without byte_fallback")
            }
            self = .sentencePiece(prefix: try Self.prefix(changes, cuts))
        }
    }

    /// The error for a part of tokenizer.json that llama.cpp has not.
    static func refusal(_ node: LocatedJSON, _ part: String) -> TokenizerError {
        node.error("\(part) cannot stand in a GGUF file: llama.cpp has no such tokenizer")
    }

    /// The steps of a stage that may be a sequence.
    private static func flattened(_ node: LocatedJSON?, _ key: String) throws(TokenizerError) -> [LocatedJSON] {
        guard let node else { return [] }
        guard try node.kind() == "Sequence" else { return [node] }
        var steps: [LocatedJSON] = []
        for element in try node.required(key).elements() { steps += try flattened(element, key) }
        return steps
    }

    // MARK: Byte-level

    private static func names(_ cuts: [LocatedJSON], _ root: LocatedJSON) throws(TokenizerError) -> [String] {
        var patterns: [String] = []
        for cut in cuts { if let pattern = try pattern(cut) { patterns.append(pattern) } }
        let names = TokenizerPreset.names(patterns: patterns)
        guard !names.isEmpty else {
            let shown = patterns.map { "`\($0)`" }.joined(separator: ", then ")
            throw refusal(try root.required("pre_tokenizer"), "the splits \(shown.isEmpty ? "(none)" : shown)")
        }
        return names
    }

    /// What a step cuts by; nil for one that does not cut.
    private static func pattern(_ cut: LocatedJSON) throws(TokenizerError) -> String? {
        switch try cut.kind() {
        case "ByteLevel":
            guard try !cut.bool("add_prefix_space", default: true) else {
                throw refusal(cut, "a space put before byte-level words")
            }
            return try cut.bool("use_regex", default: true) ? SplitPattern.gpt2 : nil
        case "Digits": return try cut.bool("individual_digits", default: false) ? #"\p{N}"# : #"\p{N}+"#
        case "Split":
            let behavior = try SplitBehavior(cut.required("behavior")), inverts = try cut.bool("invert", default: false)
            guard (behavior, inverts) == (.isolated, false) || (behavior, inverts) == (.removed, true),
                let pattern = try cut.required("pattern").optional("Regex")
            else { throw refusal(cut, "this kind of split") }
            return try pattern.string()
        case let kind: throw refusal(cut, "the pre-tokenizer \(kind)")
        }
    }

    // MARK: SentencePiece

    /// Where a space is put before a text. Each step must be one of those that write spaces as ▁ or change nothing.
    private static func prefix(
        _ changes: [LocatedJSON], _ cuts: [LocatedJSON]
    ) throws(TokenizerError) -> Metaspace.PrependScheme {
        var scheme = Metaspace.PrependScheme.never, replaces = false
        for change in changes {
            switch try change.kind() {
            case "Prepend" where try change.required("prepend").string() == "▁": scheme = .always
            case "Replace" where try change.replacesSpaces(): replaces = true
            case let kind: throw refusal(change, "the normalizer \(kind)")
            }
        }
        for cut in cuts {
            switch try cut.kind() {
            case "Metaspace":
                let metaspace = try Metaspace(cut)
                guard !metaspace.splits, metaspace.replacement == Array("▁".utf8) else {
                    throw refusal(cut, "words cut before each ▁")
                }
                (scheme, replaces) = (metaspace.prepends, true)
            // No space is left where the normalizer has replaced them all.
            case "Split" where try cut.cutsAtSpaces() && replaces: break
            case let kind: throw refusal(cut, "the pre-tokenizer \(kind)")
            }
        }
        guard replaces else { throw refusal(LocatedJSON(value: .null, path: "$.normalizer"), "spaces that are not ▁") }
        return scheme
    }
}

extension LocatedJSON {
    fileprivate func cutsAtSpaces() throws(TokenizerError) -> Bool {
        try required("pattern").optional("String")?.string() == " "
    }

    fileprivate func replacesSpaces() throws(TokenizerError) -> Bool {
        let content = try required("content").string()
        return try cutsAtSpaces() && content == "▁"
    }
}
