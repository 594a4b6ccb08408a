// Vectors, probabilities and classes of texts. Many texts are read a few at a time, so that answers go on in between.

internal import Adapters
internal import Evaluation
internal import Models

/// What the head of a task says of texts.
struct HeadAnswers: Sendable {
    let head: SavedHead
    let values: [[Double]]
}

/// What a text is, by the head of a task.
public struct ServedClass: Sendable, Equatable {
    /// The likeliest; of a head whose labels stand beside each other, those that are likely enough; of one of numbers none.
    public let labels: [String]
    /// Of each of the head's labels.
    public let probabilities: [(label: String, probability: Double)]
    /// Of a head of numbers.
    public let number: Double?

    init(_ head: SavedHead, _ values: [Double]) {
        guard head.task != .regress else {
            (labels, probabilities, number) = ([], [], values.first)
            return
        }
        number = nil
        let found =
            head.isMultiLabel
            ? values.map(LabelLikelihood.probability(logit:))
            : LabelLikelihood.probabilities(lossSums: values.map { -$0 })
        probabilities = zip(head.labels, found).map { ($0, $1) }
        if head.isMultiLabel {
            labels = head.labels.indices.filter { place in
                found[place] >= (head.thresholds.isEmpty ? 0.5 : head.thresholds[place])
            }.map { head.labels[$0] }
        } else {
            labels = [head.labels[values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }]]
        }
    }

    public static func == (a: ServedClass, b: ServedClass) -> Bool {
        a.labels == b.labels && a.number == b.number
            && a.probabilities.elementsEqual(b.probabilities) {
                $0.label == $1.label && $0.probability == $1.probability
            }
    }
}

extension ServedFacts {
    /// Throws where the model does not read `text`, which messages call `name`.
    func require(_ text: [Int32], _ name: String, of field: String, most: Int? = nil) throws(ServingError) {
        let length = min(contextLength, most ?? .max)
        guard text.count <= length else {
            throw .invalid(field: field, "\(name) has \(text.count) tokens, and the model reads \(length)")
        }
        guard text.allSatisfy({ (0..<vocabularySize).contains(Int($0)) }) else {
            throw .invalid(field: field, "\(name) holds a token that the model does not have")
        }
    }
}

extension ServingEngine {
    /// Tokens that are read at a time, but for a longer text.
    private static let tokensAtOnce = TextEmbedder.rowsAtOnce

    /// The vector of each text, as the model's folder, or the adapter that was trained for vectors, says how.
    ///
    /// - Parameter texts: tokens, as `ServedModel.tokens(ofText:)` gives them.
    /// - Throws: `.invalid` for a text without a token, with one that the model does not have, or longer than its context.
    public func embed(
        _ texts: [[Int32]], adapters: [AdapterChoice] = []
    ) async throws(ServingError) -> [[Float]] {
        let most = model.facts.vectors.mostTokens
        return try await inParts(texts, least: 1, most: most) { core, part throws(ServingError) in
            try core.vectors(part, adapters)
        }
    }

    /// The log-probability of each token of each continuation, given the prompt and those before it.
    ///
    /// - Throws: `.invalid` without a prompt, and as `embed`.
    public func score(
        prompt: [Int32], continuations: [[Int32]], adapters: [AdapterChoice] = []
    ) async throws(ServingError) -> [[Float]] {
        guard !prompt.isEmpty else { throw .invalid(field: "prompt", "it holds no token") }
        if continuations.contains(where: \.isEmpty) { throw .invalid(field: "continuations", "one holds no token") }
        let losses = try await inParts(continuations.map { prompt + $0 }, least: 2) {
            core, part throws(ServingError) in try core.losses(part, from: prompt.count, adapters)
        }
        return losses.map { $0.map { -$0 } }
    }

    /// What the head of the adapter, or the model's own, says of each text.
    ///
    /// - Throws: `.unsupported` where there is no head of a task for whole texts, and as `embed`.
    public func classify(
        _ texts: [[Int32]], adapters: [AdapterChoice] = []
    ) async throws(ServingError) -> [ServedClass] {
        try await inParts(texts, least: 1) { core, part throws(ServingError) in
            let answers = try core.answers(part, adapters)
            guard answers.values.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
                throw .failed("the head's answer is no number")
            }
            return answers.values.map { ServedClass(answers.head, $0) }
        }
    }

    /// What `body` gives for all texts, read a few at a time.
    private func inParts<Value: Sendable>(
        _ texts: [[Int32]], least: Int, most: Int? = nil,
        _ body: @escaping @Sendable (EngineCore, [[Int32]]) throws(ServingError) -> [Value]
    ) async throws(ServingError) -> [Value] {
        for (place, text) in texts.enumerated() {
            guard text.count >= least else { throw .invalid(field: "input", "text \(place) has too few tokens") }
            try model.facts.require(text, "text \(place)", of: "input", most: most)
        }
        // They wait for the thread as answers do, and no more of both than may.
        _ = try door.admit()
        let submitted = ContinuousClock.now
        defer { door.leave(since: submitted) }
        var values: [Value] = []
        var start = 0
        while start < texts.count {
            var end = start, tokens = 0
            while end < texts.count, end == start || tokens + texts[end].count <= Self.tokensAtOnce {
                tokens += texts[end].count
                end += 1
            }
            if Task.isCancelled { throw .stopping }
            let part = Array(texts[start..<end])
            values += try await model.thread.run { core throws(ServingError) in try body(core, part) }
            start = end
        }
        return values
    }
}
