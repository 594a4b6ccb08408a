// `post_processor` of tokenizer.json: the special tokens put around a text. Only the form for a single text is read; trimming of
// offsets (`trim_offsets`) is left out on purpose, since loss masks need every byte to belong to its token.

internal import JSON

/// The tokens before and after a text.
struct PostProcessor: Sendable {
    var before: [Int32] = []
    var after: [Int32] = []
}

extension PostProcessor {
    /// Reads `post_processor`; every id must be one of the vocabulary, as `isKnown` tells.
    init(_ node: LocatedJSON, isKnown: (Int32) -> Bool) throws(TokenizerError) {
        let kind = try node.kind()
        switch kind {
        case "ByteLevel": break
        case "TemplateProcessing": try readTemplate(node, isKnown)
        case "BertProcessing", "RobertaProcessing":
            before = [try Self.pairID(node.required("cls"), isKnown)]
            after = [try Self.pairID(node.required("sep"), isKnown)]
        case "Sequence":
            for element in try node.required("processors").elements() {
                let inner = try PostProcessor(element, isKnown: isKnown)
                before = inner.before + before
                after += inner.after
            }
        default: throw node.error("post-processor `\(kind)` is not supported")
        }
    }

    private mutating func readTemplate(_ node: LocatedJSON, _ isKnown: (Int32) -> Bool) throws(TokenizerError) {
        var hasText = false
        for piece in try node.required("single").elements() {
            if let special = piece.optional("SpecialToken") {
                let name = try special.required("id").string()
                guard let entry = try node.required("special_tokens").optional(name) else {
                    throw special.error("`\(name)` is not in `special_tokens`")
                }
                for element in try entry.required("ids").elements() {
                    let id = try Self.checked(element, isKnown)
                    if hasText { after.append(id) } else { before.append(id) }
                }
            } else {
                guard try piece.required("Sequence").required("id").string() == "A", !hasText else {
                    throw piece.error("the template of a single text holds `A` once")
                }
                hasText = true
            }
        }
        guard hasText else { throw node.error("the template of a single text holds no `A`") }
    }

    /// `["[CLS]", 101]`
    private static func pairID(_ node: LocatedJSON, _ isKnown: (Int32) -> Bool) throws(TokenizerError) -> Int32 {
        let parts = try node.elements()
        guard parts.count == 2 else { throw node.error("expected [token, id]") }
        return try checked(parts[1], isKnown)
    }

    private static func checked(_ node: LocatedJSON, _ isKnown: (Int32) -> Bool) throws(TokenizerError) -> Int32 {
        let id = try node.id()
        guard isKnown(id) else { throw node.error("id \(id) is not in the vocabulary") }
        return id
    }
}
