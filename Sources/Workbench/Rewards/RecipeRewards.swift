// The rewards of a recipe, ready to judge answers.

internal import Datasets
internal import Digests
internal import Evaluation
internal import Files
internal import Foundation
internal import JSON
internal import Recipes

/// What says how good an answer is: the weighted sum of a recipe's rewards.
struct RecipeRewards {
    /// One of them by its name.
    private struct Part {
        let name: String
        let weight: Double
        let reward: any Reward
    }

    private let parts: [Part]
    /// What programs are kept in; nil where no program judges.
    let sandbox: CommandSandbox?

    /// - Throws: `Failure` for what is no pattern and no schema, and where a program cannot be kept from the network.
    init(_ entries: [RewardEntry]) throws {
        sandbox = entries.contains { $0.kind == .command } ? try CommandSandbox.ofMachine() : nil
        parts = try entries.enumerated().map { [sandbox] index, entry in
            do {
                return Part(
                    name: entry.shownName, weight: entry.weight, reward: try Self.reward(entry, sandbox: sandbox))
            } catch let error as RewardError {
                throw Failure(.badInput, "train.rewards[\(index)]: \(error)")
            }
        }
    }

    private static func reward(_ entry: RewardEntry, sandbox: CommandSandbox?) throws -> any Reward {
        let field = entry.field ?? entry.kind.field ?? ""
        switch entry.kind {
        case .exact: return ExactReward(field: field)
        case .label: return LabelReward(field: field)
        case .regex: return try PatternReward(field: field, pattern: entry.pattern)
        case .jsonSchema:
            guard let path = entry.schema else { return SchemaReward(field: field, schema: nil) }
            try Failure.requireFile(path, "the schema")
            guard let value = try? JSONValue(parsing: WholeFile.bytes(path)) else {
                throw RewardError("\(path) holds no JSON")
            }
            return SchemaReward(field: field, schema: try JSONSchema(value))
        case .command:
            guard let sandbox else { throw Failure(.internal, "a program without a place of its own") }
            return CommandReward(entry, in: sandbox)
        }
    }

    /// Throws for the first row whose answers could not be judged.
    func check(_ rows: any RowList) throws {
        for index in 0..<rows.count {
            let fields = try rows.fields(index)
            for (number, part) in parts.enumerated() {
                do { try part.reward.check(fields) } catch let error as RewardError {
                    throw Failure(
                        .badInput, "\(try rows.row(index).place): train.rewards[\(number)], \(part.name): \(error)",
                        hint: "its field says which field of the rows it looks into")
                }
            }
        }
    }

    /// Has programs judge the answers that stand in the first rows: what cannot run is known before anything is written.
    func tryPrograms(on rows: any RowList) throws {
        guard sandbox != nil else { return }
        _ = try judged(
            (0..<min(rows.count, 4)).map { index in
                let row = try rows.row(index)
                return JudgedAnswer(prompt: row.promptText, text: row.answerText, fields: try rows.fields(index))
            })
    }

    /// What answers came to.
    struct Judged {
        /// The weighted sums.
        let rewards: [Double]
        /// The first of what is told of each answer, in the order of `TrainSection.toldOfAnswers`.
        let told: [[Double]]
        /// Answers that a part had no number for.
        let failures: Int
    }

    func judged(_ answers: [JudgedAnswer]) throws -> Judged {
        let scores = try parts.map { try $0.reward.scores(answers) }
        let rewards = answers.indices.map { index -> Double in
            var sum = 0.0
            for (part, scores) in zip(parts, scores) { sum += part.weight * (scores[index] ?? 0) }
            return sum
        }
        let lacks = answers.indices.map { index in scores.contains { $0[index] == nil } }
        let told = answers.indices.map { index -> [Double] in
            let each = parts.count > 1 ? scores.map { $0[index] ?? 0 } : []
            let failure = sandbox == nil ? [] : [lacks[index] ? 1.0 : 0]
            return [rewards[index]] + each + failure
        }
        return Judged(rewards: rewards, told: told, failures: lacks.count { $0 })
    }
}

extension [RewardEntry] {
    /// SHA-256 over the files that rewards are made of: schemas, and words of programs that are files; nil where there are none.
    func digestOfFiles() throws -> String? {
        let words = flatMap { $0.kind == .command ? $0.command : $0.schema.map { [$0] } ?? [] }
        let digests = try words.filter { FileManager.default.fileExists(atPath: $0) }
            .compactMap { try InputFiles.digest(of: $0) }
        return digests.isEmpty ? nil : SHA256.hex(of: digests.joined(separator: "\n"))
    }
}

extension Session {
    /// What says how good answers are, made once; nil where that is not asked.
    func rewards() throws -> RecipeRewards? {
        guard recipe.metricsOfAnswers.contains(.reward) else { return nil }
        if let openedRewards { return openedRewards }
        guard !recipe.train.policy.rewards.isEmpty else {
            throw Failure(
                .badInput, "evaluate.metrics: reward: nothing says how good an answer is",
                hint: "train.rewards says it, in recipes whose train.objective is grpo or rloo")
        }
        let rewards = try RecipeRewards(recipe.train.policy.rewards)
        openedRewards = rewards
        return rewards
    }

    /// What says how good the answers to the rows of `split` are; nil where the recipe's model learns from none of its own.
    ///
    /// - Throws: `Failure` for a row that cannot be answered, or whose answers cannot be judged.
    func openRewards(_ split: PreparedSplit, _ observer: any RunObserver) throws -> RecipeRewards? {
        guard recipe.train.objective.writesAnswers, let rewards = try rewards() else { return nil }
        if let sandbox = rewards.sandbox { observer.receive(.note("train.rewards: programs run " + sandbox.words)) }
        for rows in [split.train, split.heldOut].compactMap(\.self) {
            try rewards.check(rows.rows)
            try GroupAnswers.check(
                rows.examples, recipe, contextLength: base().configuration.contextLength - tokensAhead())
        }
        return rewards
    }
}
