// `lathe predict`.

internal import ArgumentParser
internal import Workbench

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "What the model says of rows, one after the other, with their own columns: answers, labels or vectors.",
        discussion: """
            Rows are answered many side by side and written in their order: the row's number as index, what is said of it, and its
            own columns. What stands where an answer would be is not looked at. Rows of texts with labels (data.labels, or a label
            in every row) are given the likeliest of these, with the probability of each. With task=embed, and with a model that reads
            texts and writes none, each row's text becomes a vector, as the model's folder says it.

            A call that was killed goes on where it was: what is done by then is kept in FILE.journal.
            """)

    @OptionGroup var options: ModelOptions
    @Option(help: "The rows.", completion: .file()) var data: String
    @Option(help: "Where predictions go: a .jsonl, .csv, .tsv or .parquet file.", completion: .file()) var out: String
    @Option(help: "Sequences that are answered together; not given: 16.") var batch: Int?
    @Option(help: "The most tokens of an answer; not given: evaluate.max_new_tokens.") var maxNewTokens: Int?
    @Option(help: "0, as where it is not given: always the likeliest token.") var temperature: Double?
    @Option(help: "Sample among the k likeliest tokens.") var topK: Int?
    @Option(help: "Sample among the likeliest tokens that hold this probability together.") var topP: Double?
    @Option(help: "Leave out tokens less likely than this share of the likeliest.") var minP: Double?

    @Option(help: "How many of a vector's numbers are kept, the first; not given: all.") var dimensions: Int?

    func run() throws {
        let settings = PredictionSettings(
            width: batch, maxNewTokens: maxNewTokens, temperature: temperature, topK: topK, topP: topP, minP: minP,
            dimensions: dimensions)
        try options.common.show(
            PredictStage(settings, to: OutputPlaces.url(out)), in: options.session(for: .predict, data: data))
    }
}
