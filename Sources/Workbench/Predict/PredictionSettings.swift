// How rows are answered, beside what the recipe's keys say.

internal import Recipes

/// How predictions are made.
public struct PredictionSettings: Sendable {
    /// Sequences that are answered together; nil for 16.
    public var width: Int?
    /// The most tokens of an answer; nil for `evaluate.max_new_tokens`.
    public var maxNewTokens: Int?
    public var temperature: Double?
    public var topK: Int?
    public var topP: Double?
    public var minP: Double?
    /// How many of a vector's numbers are kept, the first; nil for all.
    public var dimensions: Int?

    /// Answers of the likeliest tokens, 16 side by side.
    public init(
        width: Int? = nil, maxNewTokens: Int? = nil, temperature: Double? = nil, topK: Int? = nil, topP: Double? = nil,
        minP: Double? = nil, dimensions: Int? = nil
    ) {
        self.width = width
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.dimensions = dimensions
    }

    /// As text is generated, so many side by side.
    func generation(_ recipe: Recipe) throws -> (settings: GenerationSettings, width: Int) {
        let width = width ?? 16
        guard (1...Self.widest).contains(width) else {
            throw Failure(.usage, "--batch \(width): expected a whole number from 1 to \(Self.widest)")
        }
        guard maxNewTokens == nil || !recipe.isSet("evaluate.max_new_tokens") else {
            throw Failure(
                .usage, "--max-new-tokens and --set evaluate.max_new_tokens say the same", hint: "leave one out")
        }
        let settings = GenerationSettings(
            maxNewTokens: maxNewTokens ?? recipe.evaluate.maxNewTokens, temperature: temperature ?? 0, topK: topK,
            topP: topP, minP: minP)
        try settings.validate()
        guard settings.temperature > 0 || !recipe.isSet("seed") else {
            throw Failure(
                .usage, "--set seed has no effect: --temperature is 0, so nothing is drawn", hint: "leave it out")
        }
        return (settings, width)
    }

    private static let widest = 4096

    /// Throws where something says how text is generated, and none is.
    ///
    /// - Parameter reason: "rows are given one of their labels".
    func requireNoGeneration(_ recipe: Recipe, because reason: String) throws {
        let given: [(flag: String, isGiven: Bool)] = [
            ("--batch", width != nil), ("--max-new-tokens", maxNewTokens != nil),
            ("--temperature", temperature != nil),
            ("--top-k", topK != nil), ("--top-p", topP != nil), ("--min-p", minP != nil),
            ("--set evaluate.max_new_tokens", recipe.isSet("evaluate.max_new_tokens")),
            ("--set seed", recipe.isSet("seed")),
        ]
        guard let idle = given.first(where: \.isGiven) else { return }
        throw Failure(.usage, "\(idle.flag) has no effect: \(reason)", hint: "leave it out")
    }

    /// Throws where something says how long vectors are, and rows become none.
    ///
    /// - Parameter hint: what to do about it.
    func requireNoVectors(hint: String) throws {
        guard dimensions != nil else { return }
        throw Failure(.usage, "--dimensions has no effect: rows become no vectors", hint: hint)
    }
}
