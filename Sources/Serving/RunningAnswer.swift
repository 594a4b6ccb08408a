// A request with what has become of it: its tokens as text, and who is told.

internal import Generation
internal import Models
internal import Tokenizers

/// An answer on its way, on the engine's thread.
final class RunningAnswer {
    let number: Int
    let request: ServedRequest
    let submitted: ContinuousClock.Instant
    /// What acts for it; nil until the scheduler has it.
    var binding: AdapterBinding?
    private let sink: AsyncStream<ServedEvent>.Continuation
    private let tokenizer: Tokenizer
    private var decoder: StreamingDecoder
    private var stops: StopText
    /// Tokens whose text was not told yet.
    private var pending: [ServedToken] = []
    /// What was said of the token that comes next.
    private var scores: TokenScores?

    private(set) var usage = ServedUsage()
    private(set) var began: ContinuousClock.Instant?
    private(set) var firstToken: ContinuousClock.Instant?

    init(
        _ number: Int, _ request: ServedRequest, submitted: ContinuousClock.Instant, _ tokenizer: Tokenizer,
        _ sink: AsyncStream<ServedEvent>.Continuation
    ) {
        self.number = number
        self.request = request
        self.submitted = submitted
        self.tokenizer = tokenizer
        self.sink = sink
        decoder = StreamingDecoder(tokenizer, skipSpecialTokens: !request.showsSpecialTokens)
        stops = StopText(request.stop)
        usage.promptTokens = request.prompt.count
    }

    var isWriting: Bool { firstToken != nil }

    // MARK: What happens to it

    func begin(kept: Int) {
        began = .now
        usage.cachedTokens = kept
        usage.waited = ContinuousClock.now - submitted
        sink.yield(.began(cachedTokens: kept))
    }

    func tell(prompt: [Float?]) { sink.yield(.prompt(prompt)) }

    /// Notes what is known of the token that is told next.
    func note(_ scores: TokenScores) { self.scores = scores }

    /// One token more.
    /// - Returns: the end, where its text is one.
    func take(_ id: Int32) -> ServedEnd? {
        if firstToken == nil {
            firstToken = .now
            usage.reading = ContinuousClock.now - (began ?? submitted)
        }
        usage.answerTokens += 1
        pending.append(
            ServedToken(
                id: id, bytes: tokenizer.tokenBytes(id), logProb: scores?.logProb,
                top: scores?.top.map { TokenProbability(id: $0.id, logProb: $0.logProb) } ?? []))
        scores = nil
        let (text, end) = stops.feed(decoder.feed(id))
        if let end {
            tell(text)
            return .text(end)
        }
        if !text.isEmpty { tell(text) }
        return nil
    }

    func finish(_ end: ServedEnd) {
        switch end {
        case .text: break
        case .token, .grammar, .maximumTokens, .contextFull, .deadline:
            let (text, found) = stops.feed(decoder.finish())
            // A character that was never whole may end what ends the answer.
            tell(found == nil ? text + stops.finish() : text)
        }
        if case .token = end { usage.answerTokens += 1 }
        if let firstToken { usage.writing = ContinuousClock.now - firstToken }
        sink.yield(.finished(end, usage))
        sink.finish()
    }

    func fail(_ error: ServingError) {
        sink.yield(.failed(error))
        sink.finish()
    }

    /// Ends without a word: nobody listens.
    func close() { sink.finish() }

    private func tell(_ text: String) {
        guard !text.isEmpty || !pending.isEmpty else { return }
        sink.yield(.text(text, tokens: pending))
        pending = []
    }
}
