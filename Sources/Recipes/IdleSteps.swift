// Steps of `data.steps` that would leave every row as it is, and keys of theirs that would do nothing beside the others.

extension DataStep {
    /// Why the step would leave every row as it is; `nil` where it acts.
    var idleReason: String? {
        switch self {
        case .filter(let step):
            // What only says where or how to measure is no bound.
            var bare = FilterStep()
            (bare.fields, bare.ngramWords, bare.ngramCharacters) = (step.fields, step.ngramWords, step.ngramCharacters)
            return step == bare ? "it gives no bound" : nil
        case .mask(let step): return step.kinds.isEmpty ? "kinds is empty, so nothing would be masked" : nil
        case .normalise(let step):
            let keepsAll = step.unicode == .keep && step.whitespace == .keep && !step.html
            return keepsAll && step.fullWidth == .keep && step.letterCase == .keep ? "it keeps everything" : nil
        case .augment(let step):
            if step.copies == 0 { return "copies is 0" }
            let replaces = step.replace > 0 && !step.synonyms.isEmpty
            return step.drop > 0 || step.swap > 0 || replaces
                ? nil : "drop, swap and replace (with synonyms) are 0, so its copies would be the rows themselves"
        case .sample(let step): return step.size == 1 ? "size 1 keeps every row" : nil
        case .review, .deduplicate, .balance, .map, .select, .rank: return nil
        }
    }
}

extension DataStep {
    /// Keys that differ from their default and do nothing, each with why.
    var idleKeys: [(key: String, reason: String)] {
        let written = changedKeys
        return unreadKeys.filter { written.contains($0.key) }
    }

    /// Keys that nothing reads beside the step's others.
    private var unreadKeys: [(key: String, reason: String)] {
        switch self {
        case .deduplicate(let step) where step.by != .near:
            return ["threshold", "shingle_words", "shingle_characters"].map { ($0, "only by: near reads it") }
        case .mask(let step) where step.replaceWith != .pseudonym:
            return [("key_from", "only replace_with: pseudonym reads it")]
        case .filter(let step): return step.unreadKeys
        case .augment(let step) where step.replace == 0: return [("synonyms", "replace is 0")]
        case .augment(let step) where step.synonyms.isEmpty: return [("replace", "there are no synonyms")]
        case .select(let step):
            return (step.adapter == nil ? [] : [("warmup_steps", "adapter names one that is trained already")])
                + (step.targets.count > 1 ? [] : [("across", "targets names one group")])
        case .rank(let step) where step.adapter != nil:
            return ["folds", "epochs"].map { ($0, "adapter names one that is trained already") }
        case .review, .normalise, .deduplicate, .mask, .balance, .sample, .augment, .map, .rank: return []
        }
    }

    /// Names of the keys that differ from their default.
    private var changedKeys: [String] {
        func names<Step: RecipeKeyed>(_ step: Step) -> [String] {
            Step.keys.filter { $0.text(step) != $0.text(Step()) }.map(\.name)
        }
        switch self {
        case .review(let step): return names(step)
        case .normalise(let step): return names(step)
        case .filter(let step): return names(step)
        case .deduplicate(let step): return names(step)
        case .mask(let step): return names(step)
        case .balance(let step): return names(step)
        case .sample(let step): return names(step)
        case .augment(let step): return names(step)
        case .map(let step): return names(step)
        case .select(let step): return names(step)
        case .rank(let step): return names(step)
        }
    }
}

extension FilterStep {
    fileprivate var unreadKeys: [(key: String, reason: String)] {
        var keys: [(key: String, reason: String)] = []
        if maxWordRepetition == nil, maxTopNgram == nil {
            keys.append(("ngram_words", "neither max_word_repetition nor max_top_ngram is given"))
        }
        if maxCharacterRepetition == nil {
            keys.append(("ngram_characters", "max_character_repetition is not given"))
        }
        // Bounds of fields that they name themselves.
        var ofNamedFields = FilterStep()
        (ofNamedFields.whereField, ofNamedFields.whereNot) = (whereField, whereNot)
        (ofNamedFields.minValue, ofNamedFields.maxValue) = (minValue, maxValue)
        (ofNamedFields.ngramWords, ofNamedFields.ngramCharacters) = (ngramWords, ngramCharacters)
        ofNamedFields.fields = fields
        if self == ofNamedFields { keys.append(("fields", "no text is judged, only fields that the bounds name")) }
        return keys
    }
}
