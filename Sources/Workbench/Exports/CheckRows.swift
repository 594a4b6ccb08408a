// The rows that a written model is scored on.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import Models
internal import Objectives
internal import Spelling

/// Rows that nothing was trained on, or, where none are named, a handful of texts of our own.
struct CheckRows {
    let examples: [TokenizedExample]
    /// What they are, in words: "48 held-out rows".
    let words: String
    /// What was predicted for them, where a file says it.
    let reference: ReferenceFile?

    /// Sequences that are scored, at most.
    private static let mostExamples = 128
    /// Tokens that are scored, at most; more change an average little and cost minutes.
    static let mostTokens = 16_384

    /// - Parameter rows: the held-out rows; nil where there are none.
    init(_ rows: (any ExampleSource)?, of base: OpenedModel) throws {
        reference = nil
        if let rows, case let chosen = try Self.first(of: rows), !chosen.isEmpty {
            examples = chosen
            let count = Set(chosen.map(\.index)).count
            let all = try Set(rows.rowIndices()).count
            words = (count < all ? "the first \(count) of \(all) held-out rows" : Count.text(count, "held-out row"))
        } else {
            examples = try MergeProbe.examples(nil, of: base)
            words = "\(Count.text(examples.count, "built-in text")), since no held-out rows are named"
        }
    }

    /// The rows of a file that says what was predicted for them.
    ///
    /// - Throws: `Failure` where it was made with another vocabulary than that of `base`.
    init(reference file: String, of base: OpenedModel) throws {
        try base.requireOneText(for: "--reference")
        try Failure.requireFile(file, "the reference")
        let found = try ReferenceFile(URL(fileURLWithPath: file))
        guard found.vocabularySize == base.configuration.vocabularySize else {
            throw Failure(
                .badInput,
                "--reference \(path: file): made with a vocabulary of \(found.vocabularySize), and the model has "
                    + "\(base.configuration.vocabularySize)", namedFile: file)
        }
        examples = found.examples(begin: base.tokenizer.addsBOS ? base.tokenizer.bosID : nil)
        words = "\(Count.text(found.chunkCount, "chunk")) of \(found.contextLength) tokens, as \(path: file) has them"
        reference = found
    }

    /// Those of the first sequences that have a target.
    private static func first(of rows: any ExampleSource) throws -> [TokenizedExample] {
        var chosen: [TokenizedExample] = []
        var tokens = 0
        for index in 0..<rows.count where rows.targetCount(index) > 0 {
            tokens += rows.tokenCount(index)
            guard chosen.isEmpty || (chosen.count < mostExamples && tokens <= mostTokens) else { break }
            chosen.append(try rows.example(index))
        }
        return chosen
    }

    /// The first of them.
    func probe(rows: Int, tokens: Int) -> [TokenizedExample] {
        var left = tokens
        let chosen = examples.prefix(rows).prefix { example in
            defer { left -= example.ids.count }
            return left > 0
        }
        return Array(chosen)
    }

    /// Tokens of all.
    var tokens: Int { examples.reduce(0) { $0 + $1.ids.count } }

    /// Tokens of the longest.
    var longest: Int { examples.map(\.ids.count).max() ?? 1 }
}

extension Session {
    /// The rows that a written model is scored on: those of `reference`, where one is named, else those that the
    /// session holds out.
    func checkRows(reference: String? = nil, _ observer: any RunObserver) throws -> CheckRows {
        if let reference { return try CheckRows(reference: reference, of: base()) }
        var named = heldOutTexts?.examples
        if named == nil, !isOfRun, !recipe.data.heldOut.isEmpty, try recipe.task.writesText && taskHead() == nil {
            named = try openHeldOut(for: CrossEntropyObjective(), observer).examples
        }
        return try CheckRows(named, of: base())
    }
}
