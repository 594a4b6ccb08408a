// What the rules of a run's health know beside its steps: settings that decide how it learns, and what its rows are.

internal import Foundation
internal import JSON
internal import Recipes

/// Facts of a run that its steps do not show.
public struct RunFacts: Codable, Sendable, Equatable {
    /// As the recipe names it.
    var task = "generate"
    var objective = "cross_entropy"
    var learningRate = 0.0
    var lrScheduler = "constant"
    var warmupSteps = 0
    var totalSteps = 0
    var batchSize = 1
    /// nil: gradients are not clipped.
    var maxGradNorm: Double?
    /// Whether the adapter was trained before.
    var goesOn = false
    var rows = TrainedRows()

    /// Whether tokens are learnt, so that a row counts by how many it has.
    var writesText: Bool { objective == "cross_entropy" && (task == "generate" || task == "seq2seq") }

    init() {}

    /// Of a run before its first step.
    /// - Throws: where a sequence cannot be read.
    init(_ recipe: Recipe, _ setup: TrainingSetup) throws {
        let schedule = setup.configuration.schedule
        (task, objective) = (recipe.task.rawValue, recipe.train.objective.rawValue)
        let train = recipe.train
        (learningRate, lrScheduler) = (
            train.learningRate, train.optimizer.needsNoSchedule ? "constant" : train.lrScheduler.rawValue
        )
        (warmupSteps, totalSteps) = (schedule.warmUpSteps, schedule.totalSteps)
        (batchSize, maxGradNorm) = (setup.configuration.batchSize, setup.configuration.maximumGradientNorm)
        goesOn = recipe.adapter.continueFrom != nil
        rows = try TrainedRows(setup.split, units: setup.units, learning: setup.learner.objective)
    }

    /// Reads the line of an event log.
    init?(_ json: JSONValue) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let facts = try? decoder.decode(RunFacts.self, from: Data(json.text().utf8)) else { return nil }
        self = facts
    }

    /// With keys in snake case, sorted.
    var json: JSONObject {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self), let json = try? JSONValue(parsing: [UInt8](data)) else {
            return JSONObject()
        }
        return json.object ?? JSONObject()
    }
}

/// What the rows of a run are, counted.
public struct TrainedRows: Codable, Sendable, Equatable {
    /// Rows that were read, and of them those that lost something; see `DatasetReport`.
    var rows = 0
    var rowsWithoutTarget = 0
    var rowsWithCutAnswer = 0
    var answersLeftOut = 0
    /// Rows that data steps and mixtures that repeat added on purpose: copies.
    var rowsAdded = 0

    /// What one loss is of, each looked at: a sequence, or a pair of answers. Of very many, the first ones.
    var units = 0
    var tokens = 0
    var targetTokens = 0
    /// Those that say what an earlier one says, token for token.
    var repeated = 0
    /// How often the one that stands there most often does, and where it first stands.
    var mostRepeats = 0
    var mostRepeated = ""
    /// The share of all target tokens that the unit with the most of them has, and where it stands.
    var largestShare = 0.0
    var largest = ""
    /// Answers that differ, and the share of units that the most frequent one has.
    var distinctAnswers = 0
    var commonestAnswerShare = 0.0
    /// Units of which nothing carries loss but the token that ends answers.
    var emptyAnswers = 0
    /// The loss of knowing how often each answer is, and nothing of what is asked; nil where answers are too many, or the loss is no
    /// plain one.
    var chanceLoss: Double?

    /// Of pairs: those whose two answers are the same, and tokens of the better and of the worse answers.
    var equalPairs = 0
    var chosenTokens = 0
    var rejectedTokens = 0

    var heldOut = 0
    /// Held-out units that say what a training one says.
    var heldOutInTraining = 0
    /// The share of tokens of held-out rows that stand nowhere in the first half of the training rows, and that of the second half.
    var heldOutUnseen = 0.0
    var trainingUnseen = 0.0

    init() {}
}
