// A set of held-out rows, opened: what its rows are asked and what belongs together in them.

internal import Datasets
internal import Objectives
internal import Recipes
internal import Vocabulary

/// Rows that base and adapter are compared on.
struct HeldOutSet {
    /// nil for the rows of `data.held_out` or `data.val_size`.
    let name: String?
    /// Whether it shows only what was forgotten.
    let isGeneral: Bool
    let objective: any Objective
    let rows: PreparedDataset
    let tasks: HeldOutTasks
    let groups: RowGroups
    /// Keys of the recipe that do not act on these rows, a line each.
    var idleKeys: [String] = []

    /// What a person should know before anything is computed, a line each.
    var notes: [String] { named(tasks.notes + groups.notes + idleKeys) }

    /// What a report says of its numbers: the same, and what was shown before questions.
    var reportNotes: [String] { notes + named([tasks.shownWords].compactMap(\.self)) }

    private func named(_ notes: [String]) -> [String] {
        notes.map { note in name.map { "\($0): \(note)" } ?? note }
    }

    /// What progress lines call a side on these rows.
    func side(_ side: String) -> String { name.map { "\(side) on \($0)" } ?? side }
}

extension Session {
    /// Every set of held-out rows, the recipe's own first; opened once.
    ///
    /// - Throws: `Failure` where a file cannot be read, a metric fits none of the recipe's own rows, or a field none of them.
    func heldOutSets(_ observer: any RunObserver) throws -> [HeldOutSet] {
        if let openedSets { return openedSets }
        let rows = try openHeldOut(observer), recipe = self.recipe
        let own = HeldOutSet(
            name: nil, isGeneral: false, objective: recipe.scored, rows: rows, tasks: try tasks(of: rows),
            groups: try RowGroups(recipe, rows.rows, mustHold: true))
        let general = recipe.generalSet?.name
        let sets =
            try [own]
            + recipe.evaluate.heldOut.map { files in
                try files.name == general ? generalSet(files, observer) : set(files, observer)
            }
        openedSets = sets
        return sets
    }

    /// Rows that are read and asked as the recipe's own.
    private func set(_ files: HeldOutFiles, _ observer: any RunObserver) throws -> HeldOutSet {
        var recipe = try renderedRecipe().withoutGivenKeys
        recipe.data.heldOut = files.files
        // A head knows the labels of its training rows; by its own, a set would number others.
        if recipe.task.hasHead { recipe.data.labels = labelsOfHead }
        let objective = recipe.scored
        let preparation = try preparation(of: recipe.data, for: objective, task: rowTask())
        let rows = try preparation.heldOutRows(recipe, observer: observer)
        return HeldOutSet(
            name: files.name, isGeneral: false, objective: objective, rows: rows,
            tasks: try HeldOutTasks(
                recipe, rows: rows, preparation: preparation, head: taskHead(), ahead: tokensAhead(),
                rewards: rewards(), judge: rewardModel(), shown: shownRows(), isOwn: false),
            groups: try RowGroups(recipe, rows.rows, mustHold: false))
    }

    /// Rows that are understood by their own fields, whatever the recipe's are like, and asked for nothing but their loss.
    private func generalSet(_ files: HeldOutFiles, _ observer: any RunObserver) throws -> HeldOutSet {
        var recipe = try renderedRecipe().withoutGivenKeys
        let data = recipe.data
        recipe.data = DataSection()
        recipe.data.heldOut = files.files
        (recipe.data.maxLength, recipe.data.tooLong) = (data.maxLength, data.tooLong)
        (recipe.data.chatTemplate, recipe.data.templateDate) = (data.chatTemplate, data.templateDate)
        (recipe.data.promptStyle, recipe.data.system) = (data.promptStyle, data.system)
        let objective = CrossEntropyObjective()
        let preparation = try preparation(of: recipe.data, for: objective, task: nil)
        let rows = try preparation.heldOutRows(recipe, observer: observer)
        return HeldOutSet(
            name: files.name, isGeneral: true, objective: objective, rows: rows,
            tasks: HeldOutTasks(nothingOf: recipe, preparation: preparation), groups: RowGroups(),
            idleKeys: recipe.evaluate.keysOfGroups.map {
                "\($0) does not act on these rows, which show only what was forgotten"
            })
    }
}

extension Recipe {
    /// The same, no key of which was given: rows beside those that the recipe was written for may leave some without effect.
    fileprivate var withoutGivenKeys: Recipe {
        var recipe = Recipe()
        (recipe.name, recipe.seed, recipe.task, recipe.model) = (name, seed, task, model)
        (recipe.data, recipe.adapter, recipe.head) = (data, adapter, head)
        (recipe.train, recipe.evaluate) = (train, evaluate)
        (recipe.distill, recipe.merge, recipe.export) = (distill, merge, export)
        return recipe
    }
}

extension EvaluateSection {
    /// The keys that group rows, where they are set.
    fileprivate var keysOfGroups: [String] {
        (slices.isEmpty ? [] : ["evaluate.slices"]) + (clusterBy == nil ? [] : ["evaluate.cluster_by"])
    }
}

extension Recipe {
    /// What the files of `evaluate.held_out` hold, the rows that are shown, and the reward model: their places alone do not say whether a comparison still
    /// stands.
    func heldOutDigests() throws -> [String] {
        try evaluate.heldOut.flatMap { set in
            try InputFiles.expand(set.files).map { "\(set.name) \(try InputFiles.digest(of: $0) ?? "")" }
        } + (try evaluate.fewShotFrom.map { [try InputFiles.digest(of: $0) ?? ""] } ?? [])
            + (try evaluate.rewardModel.map { [try StoredAdapter.digest($0)] } ?? [])
    }
}
