// Many answers together: each step reads the weights once for all sequences that still run.

import Kernels
public import Tensors

/// Generates for many prompts at once. A sequence gets the same tokens here as alone, whatever its company: its numbers do not
/// depend on the rows beside it, and its sampler counts its own steps.
public final class GenerationBatch {
    /// A prompt, and how to go on from it.
    public struct Request: Sendable {
        public var prompt: [Int32]
        public var maximumTokens: Int
        /// Requests that sample want samplers of different `stream`s.
        public var sampler: Sampler
        public var stopTokens: Set<Int32>

        public init(prompt: [Int32], maximumTokens: Int, sampler: Sampler = .greedy, stopTokens: Set<Int32>) {
            self.prompt = prompt
            self.maximumTokens = maximumTokens
            self.sampler = sampler
            self.stopTokens = stopTokens
        }
    }

    /// Sequences that run together unless told otherwise.
    public static let usualWidth = 16
    /// Bytes of their caches unless told otherwise.
    public static let usualCacheBytes = 256 << 20

    /// The most sequences that run at the same time.
    public let width: Int
    /// The most memory that the caches of running sequences take together; one sequence runs whatever it takes.
    public let cacheBytes: Int
    public let arithmetic: GenerationArithmetic
    private let model: LanguageModel
    private let workspace: Workspace
    private let adapters: AdapterBinding

    /// - Parameters:
    ///   - width: the most sequences at a time; each has a cache for its prompt and answer.
    ///   - cacheBytes: the most memory of these caches.
    ///   - arithmetic: nil for what goes with the model's precision: exact in fp32, rounded in bf16.
    ///   - adapters: nil for those that the model has.
    public init(
        model: LanguageModel, width: Int = usualWidth, cacheBytes: Int = usualCacheBytes,
        arithmetic: GenerationArithmetic? = nil,
        adapters: AdapterBinding? = nil, workspace: Workspace = Workspace()
    ) {
        precondition(width > 0)
        self.model = model
        self.width = width
        self.cacheBytes = cacheBytes
        self.arithmetic = arithmetic ?? GenerationArithmetic(model.precision)
        self.workspace = workspace
        self.adapters = adapters ?? model.adapters
    }

    /// Answers `requests`; a place that becomes free goes to the next request.
    ///
    /// - Parameter finished: hears the number and the answer of each request as it ends.
    /// - Returns: the answers in the order of `requests`.
    public func generate(
        _ requests: [Request], finished: (Int, GenerationSession.Generated) -> Void = { _, _ in }
    ) throws -> [GenerationSession.Generated] {
        for request in requests {
            precondition(!request.prompt.isEmpty, "a prompt without tokens")
            try model.checkTokens(request.prompt)
        }
        var answers = [GenerationSession.Generated?](repeating: nil, count: requests.count)
        func end(_ sequence: RunningSequence, _ reason: GenerationSession.End) {
            let answer = GenerationSession.Generated(tokens: sequence.tokens, end: reason)
            answers[sequence.number] = answer
            finished(sequence.number, answer)
        }
        var running: [RunningSequence] = [], next = 0
        while true {
            while next < requests.count, hasRoom(for: requests[next], beside: running) {
                let sequence = RunningSequence(next, requests[next], model, arithmetic)
                next += 1
                if let reason = try start(sequence) { end(sequence, reason) } else { running.append(sequence) }
            }
            guard !running.isEmpty else { return answers.compactMap { $0 } }
            let reasons = try step(running)
            for (sequence, reason) in zip(running, reasons) { reason.map { end(sequence, $0) } }
            running = zip(running, reasons).filter { $1 == nil }.map { $0.0 }
        }
    }

    private func hasRoom(for request: Request, beside running: [RunningSequence]) -> Bool {
        guard !running.isEmpty else { return true }
        let tokens = ([request] + running.map(\.request)).reduce(0) { $0 + $1.capacity }
        let bytes = tokens * KeyValueCache.bytesPerToken(model.configuration, arithmetic.cacheType)
        return running.count < width && bytes <= cacheBytes
    }

    /// Reads the prompt and chooses the first token.
    private func start(_ sequence: RunningSequence) throws -> GenerationSession.End? {
        let request = sequence.request
        guard request.maximumTokens > 0 else { return .maximumTokens }
        return try model.read(
            request.prompt, into: sequence.cache, arithmetic, workspace: workspace, adapters: adapters
        ) { logits in
            Result { try sequence.advance(UnsafeBufferPointer(logits.floats)) }
        }.get()
    }

    /// One token more of each sequence.
    private func step(_ sequences: [RunningSequence]) throws -> [GenerationSession.End?] {
        try model.step(
            sequences.map { $0.tokens[$0.tokens.count - 1] }, into: sequences.map(\.cache), arithmetic,
            workspace: workspace, adapters: adapters
        ) { logits in
            Result {
                try sequences.enumerated().map { row, sequence in
                    try sequence.advance(UnsafeBufferPointer(logits.rows(row..<row + 1).floats))
                }
            }
        }.get()
    }
}

/// A request under way.
private final class RunningSequence {
    let number: Int
    let request: GenerationBatch.Request
    let cache: KeyValueCache
    var tokens: [Int32] = []

    init(
        _ number: Int, _ request: GenerationBatch.Request, _ model: LanguageModel, _ arithmetic: GenerationArithmetic
    ) {
        self.number = number
        self.request = request
        cache = KeyValueCache(
            configuration: model.configuration, capacity: request.capacity, type: arithmetic.cacheType)
    }

    /// Chooses the next token; gives the reason where it is the end.
    func advance(_ logits: UnsafeBufferPointer<Float>) throws -> GenerationSession.End? {
        guard let next = request.sampler.token(logits: logits, step: tokens.count) else {
            throw ModelError.nonFiniteLogits(position: request.prompt.count + tokens.count)
        }
        if request.stopTokens.contains(next) { return .stopToken(next) }
        tokens.append(next)
        return tokens.count < request.maximumTokens ? nil : .maximumTokens
    }
}

extension GenerationBatch.Request {
    /// Tokens that may have to be remembered.
    fileprivate var capacity: Int { max(1, prompt.count + max(maximumTokens, 0)) }
}
