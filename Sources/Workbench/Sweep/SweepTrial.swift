// The trials of a sweep: one recipe each.

internal import Foundation
internal import Recipes
internal import Tensors

/// One combination of the swept values.
struct SweepTrial {
    /// Counted from 1, in the order in which the combinations stand in the recipe.
    let number: Int
    let settings: [(path: String, value: String)]
    /// The whole recipe with these values, and nothing that is swept.
    let resolved: ResolvedRecipe

    /// "train.learning_rate: 0.0003, adapter.r: 8".
    var words: String { settings.map { "\($0.path): \($0.value)" }.joined(separator: ", ") }

    /// The recipe as the trial is trained by it: nothing is measured on held-out rows, merged or written.
    ///
    /// - Parameter memoryLimit: one for all trials and for all time, so that steps are always cut in the same way.
    func trained(memoryLimit: Int) -> ResolvedRecipe {
        resolved.changing { recipe in
            recipe.name += "-" + SweepDirectory.digits(number)
            recipe.evaluate = EvaluateSection()
            recipe.evaluate.enabled = false
            recipe.merge = MergeSection()
            recipe.export = []
            recipe.train.memoryLimitBytes = memoryLimit
            // Between rounds a trial is scored, which is no reason to hand on another step than the last.
            if recipe.train.evalEvery == 0 { recipe.train.saveBest = false }
        }
    }

    /// All trials of a recipe, or those that its seed draws.
    ///
    /// - Throws: `Failure` where nothing is swept or there are too many combinations; `RecipeError` where values do not go together.
    static func all(of resolved: ResolvedRecipe) throws -> [SweepTrial] {
        let recipe = resolved.recipe
        guard !recipe.sweep.isEmpty else {
            throw Failure(
                .badInput, "sweep: names no key, so there is nothing to compare",
                hint: "as in sweep: { train.learning_rate: [1e-4, 3e-4], adapter.r: [8, 32] }")
        }
        let combinations = recipe.combinations
        var numbers = Array(combinations.indices)
        if let most = recipe.search.trials, most < numbers.count {
            let random = RandomStream(seed: UInt64(bitPattern: Int64(recipe.seed)), purpose: .sampling)
            numbers = random.permutation(of: numbers.count, stream: 0x5EE9).prefix(most).sorted()
        }
        guard numbers.count <= mostTrials else {
            throw Failure(
                .badInput, "sweep: \(numbers.count) combinations, of which at most \(mostTrials) are tried",
                hint: "set search.trials to how many are to be drawn, or give fewer values")
        }
        return try numbers.enumerated().map { place, number in
            let settings = combinations[number]
            let single = try resolved.overridden(by: settings.map { "\($0.path)=\($0.value)" }).changing { recipe in
                recipe.sweep = []
                recipe.search = SearchSection()
            }
            return SweepTrial(number: place + 1, settings: settings, resolved: single)
        }
    }

    private static let mostTrials = 1000
}
