// `distill.filters`: what an answer must be like to become a row, by the steps that rows of files go through.

internal import Datasets
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes

/// An answer with what is judged of it.
struct JudgedAnswer {
    let prompt: String
    let written: WrittenText
    /// `nil` where all of a prompt's answers are kept.
    let agreement: Double?

    var fields: JSONObject {
        var fields = JSONObject([
            ("prompt", .string(prompt)), ("completion", .string(written.text)), ("tokens", .integer(written.tokens)),
        ])
        if let logProbability = written.logProbability { fields["logprob"] = .double(logProbability) }
        if let agreement { fields["agreement"] = .double(agreement) }
        return fields
    }
}

/// The filters of a recipe.
struct AnswerFilters {
    let steps: [DataStep]
    let seed: Int
    let scratch: URL
    let countTokens: @Sendable (String) -> Int

    /// Numbers of the answers that pass, in order, and what each filter did.
    ///
    /// - Parameter places: where each answer's prompt stands, for the report.
    func kept(_ answers: [JudgedAnswer], places: [RowPlace]) throws -> (numbers: [Int], steps: [StepReport]) {
        var data = DataSection()
        data.format = .promptCompletion
        data.steps = steps
        var context = PreparationContext(scratch: scratch, countTokens: countTokens)
        context.stepsKey = "distill.filters"
        let sink = KeptNumbers()
        let pipeline = try RowPipeline(data, seed: seed, context: context, into: sink)
        for (number, (answer, place)) in zip(answers, places).enumerated() {
            try pipeline.receive(Row(fields: answer.fields, place: place, index: number))
        }
        let report = try pipeline.finish()
        return (sink.numbers, report.steps)
    }
}

/// Keeps the numbers of rows.
private final class KeptNumbers: RowSink {
    private(set) var numbers: [Int] = []

    func receive(_ row: Row) { numbers.append(row.index) }
    func finish() {}
}
