// What is known of an answer that the model wrote, beside its tokens: it travels with the sequence, as numbers.

internal import Datasets
internal import Models

/// What an objective that learns from answers of the model's own reads of one of them.
public struct WrittenAnswer: Sendable, Equatable {
    /// How much better it is than others to the same prompt.
    public var advantage: Float
    /// What is told of it in steps, in the order of the objective's names.
    public var told: [Float]
    /// log p of each of its tokens when it was written; nil where the model is still the one that wrote it.
    public var old: [Float]?
    /// log p of each of its tokens by the reference; nil where none is asked.
    public var reference: [Float]?

    public init(advantage: Float, told: [Float] = [], old: [Float]? = nil, reference: [Float]? = nil) {
        self.advantage = advantage
        self.told = told
        self.old = old
        self.reference = reference
    }

    /// All of it as numbers, which say themselves where each part ends.
    public var numbers: [Float] {
        [advantage, Float(told.count), Float(old?.count ?? -1), Float(reference?.count ?? -1)] + told + (old ?? [])
            + (reference ?? [])
    }

    /// - Parameter numbers: those of an answer; nil for others.
    public init?(_ numbers: [Float]) {
        guard numbers.count >= 4 else { return nil }
        let counts = numbers[1..<4].map { Int($0) }
        guard numbers.count == 4 + counts.reduce(0, { $0 + max($1, 0) }) else { return nil }
        var rest = numbers[4...]
        func take(_ count: Int) -> [Float]? {
            guard count >= 0 else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        self.init(
            advantage: numbers[0], told: take(counts[0]) ?? [], old: take(counts[1]), reference: take(counts[2]))
    }
}

extension TokenBatch {
    /// The batch of answers that the model wrote, with what is known of each.
    init(written examples: [TokenizedExample], sequences: [Int]?) {
        self.init(
            examples: examples.map { ($0.ids, $0.isTarget) },
            sequences: sequences?.count == examples.count ? sequences : nil, wanted: examples.map(\.wanted))
    }

    /// What is known of each answer.
    /// - Precondition: the batch is of answers that the model wrote.
    var answers: [WrittenAnswer] {
        wanted.map { numbers in
            guard let answer = WrittenAnswer(numbers) else { preconditionFailure("no answer of the model's own") }
            return answer
        }
    }
}
