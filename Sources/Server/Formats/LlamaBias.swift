// What llama.cpp's clients add to the logits of tokens: by numbers or texts, as an object or as a list of pairs.

internal import JSON
internal import Serving
internal import Tokenizers

enum LlamaBias {
    private static let amount = Shape.either([.number(-100...100), .fixed(false)])
    private static let entry = Shape.either([.text(atLeast: 1), .number(-2_147_483_648...2_147_483_647), .fixed(false)])

    static let field = Field(
        "logit_bias", .either([.map(amount), .list(.list(entry, 2...2), 0...4_096)]),
        "Added to the logits of tokens, by their numbers or texts; false: they never come")

    /// What is added to the logit of each token; of a text, to those of all its tokens.
    static func read(_ call: Call, _ context: ServiceContext) throws(RequestError) -> [Int32: Float] {
        var bias: [Int32: Float] = [:]
        for (name, value) in call.member("logit_bias")?.object?.members ?? [] {
            for id in try tokens(
                Int(name).map { .integer($0) } ?? .string(name), "logit_bias.\(name.prefix(80))", context)
            {
                bias[id] = amount(value)
            }
        }
        for (index, pair) in (call.member("logit_bias")?.array ?? []).enumerated() {
            guard let token = pair.array?.first, let value = pair.array?.last else { continue }
            let field = "logit_bias[\(index)]"
            try amount.check(value, at: field + "[1]")
            for id in try tokens(token, field + "[0]", context) { bias[id] = amount(value) }
        }
        return bias
    }

    private static func amount(_ value: JSONValue) -> Float { value.double.map { Float($0) } ?? -.infinity }

    private static func tokens(
        _ value: JSONValue, _ field: String, _ context: ServiceContext
    ) throws(RequestError) -> [Int32] {
        let facts = context.model.facts
        if let text = value.string { return facts.tokenizer.encode(text, addSpecialTokens: false).ids }
        guard let id = value.integer, 0..<facts.vocabularySize ~= id else {
            throw RequestError(
                "\(field): expected a text, or a token below \(facts.vocabularySize)", field: field,
                code: "invalid_value")
        }
        return [Int32(id)]
    }

    /// What a request adds, in the order of tokens.
    static func json(_ request: ServedRequest, _ context: ServiceContext) -> JSONValue {
        var bias = request.sampling.logitBias
        if request.ignoresEnd { for id in context.model.facts.endTokens { bias[id] = -.infinity } }
        return .array(
            bias.sorted { $0.key < $1.key }.map { id, value in
                ["token": .integer(Int(id)), "bias": value.isFinite ? .double(Double(value)) : .null]
            })
    }
}
