// Measuring on held-out rows.

internal import Workbench

/// A base, and its adapter where there is one, on the same held-out rows.
public struct Evaluation: Sendable {
    /// How well one side predicts the target tokens.
    public struct Scores: Sendable {
        /// The mean over target tokens, natural logarithm.
        public let loss: Double
        /// e to the power of `loss`; `nil` where the objective has none.
        public let perplexity: Double?
        /// The share of target tokens that were the likeliest; `nil` where the objective has none.
        public let tokenAccuracy: Double?

        fileprivate init(_ report: Report) throws {
            loss = try report.required("loss")
            perplexity = report.number("perplexity")
            tokenAccuracy = report.number("token_accuracy")
        }
    }

    /// Whether the adapter changed the loss by more than chance would.
    public enum Verdict: String, Sendable {
        case better, worse
        /// The interval holds zero.
        case noDifference = "no difference"
    }

    /// Rows that were measured.
    public let rows: Int
    /// Tokens that carry loss.
    public let targetTokens: Int
    /// The base alone.
    public let base: Scores
    /// The base with the adapter; `nil` without one.
    public let adapter: Scores?
    /// The adapter's loss less the base's; `nil` without an adapter.
    public let difference: Double?
    /// Where the difference lies with 95% confidence, from a paired bootstrap over rows; `nil` for a single row.
    public let interval: ClosedRange<Double>?
    /// What the interval says; `nil` where there is none.
    public let verdict: Verdict?

    init(_ report: Report) throws {
        rows = try report.count("rows")
        targetTokens = try report.count("target_tokens")
        base = try Scores(report.part("base") ?? report)
        adapter = try report.part("adapter").map(Scores.init)
        let comparison = report.part("difference")
        difference = comparison?.number("loss")
        interval = comparison?.range("ci95")
        verdict = comparison?.text("verdict").flatMap(Verdict.init)
    }
}

extension Model {
    /// Measures the base, and the adapter where the model has one, on the same rows.
    ///
    /// - Parameters:
    ///   - rows: a file of rows that nothing was trained on.
    ///   - settings: keys of a recipe: `["data.max_length": 512, "evaluate.metrics": ["rouge_l"]]`.
    ///   - onEvent: hears how far the work is.
    public func evaluate(
        on rows: String, settings: Settings = [:], onEvent: ((WorkEvent) -> Void)? = nil
    ) throws(LatheError) -> Evaluation {
        try LatheError.catching {
            let session = try session(for: .evaluate, rows: rows, settings, adapter: adapter)
            return try Evaluation(Report(try EvaluateStage().run(session, Listener(onEvent: onEvent))))
        }
    }
}
