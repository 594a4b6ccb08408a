// `data.steps` and `distill.filters`: a list whose elements are a step's name, or its name with its keys.

extension RecipeKey {
    /// A list of steps.
    static func steps(_ name: String, _ keyPath: WritableKeyPath<Section, [DataStep]>, _ meaning: String) -> Self {
        RecipeKey(
            name: name,
            meaning: meaning,
            expected: "a list of " + DataStep.names.joined(separator: " | ") + ", each with its keys",
            shape: .any([.list(DataStep.shape), .null]),
            decode: { node, section, decoding, path in
                guard case .list(let elements) = node.content else {
                    if node.isNull { return section[keyPath: keyPath] = [] }
                    return decoding.wrongType(
                        node, path, expected: "a list of steps, as [normalise, { deduplicate: { by: near } }]")
                }
                section[keyPath: keyPath] = elements.enumerated().compactMap { index, element in
                    let path = "\(path)[\(index)]", faults = decoding.diagnostics.count
                    guard let step = decoding.step(element, path) else { return nil }
                    if let reason = step.idleReason, decoding.diagnostics.count == faults {
                        decoding.note(
                            .noEffect, element.place, "\(path).\(step.name)", "the step does nothing: \(reason)",
                            hint: "leave the step out, or say what it is to do")
                    }
                    if decoding.diagnostics.count == faults { decoding.noteIdleKeys(of: step, element, path) }
                    return step
                }
                decoding.noteLateReviews(section[keyPath: keyPath], elements, name: path)
            },
            text: { YAMLText.list($0[keyPath: keyPath].map(\.text)) })
    }
}

extension DataStep {
    static let names = [
        "review", "normalise", "filter", "deduplicate", "mask", "balance", "sample", "augment", "map", "select", "rank",
    ]

    /// A step: its name alone, or a mapping of its name to its keys.
    static var shape: KeyShape {
        .any([
            .word(names),
            .oneKey([
                .section("review", ReviewStep.self, "rows out that a person has marked as wrong"),
                .section("normalise", NormaliseStep.self, "texts in one spelling"),
                .section(
                    "filter", FilterStep.self, "rows out that are too short, too long, repetitive or of another kind"),
                .section("deduplicate", DeduplicateStep.self, "the first of rows that are alike stays"),
                .section("mask", MaskStep.self, "personal data is taken out"),
                .section("balance", BalanceStep.self, "classes of even size"),
                .section("sample", SampleStep.self, "a part of the rows"),
                .section("augment", AugmentStep.self, "changed copies of training rows"),
                .section("map", MapStep.self, "fields built from fields"),
                .section("select", SelectStep.self, "the training rows nearest to a few target rows, by gradients"),
                .section("rank", RankStep.self, "training rows listed by how likely their answers are wrong"),
            ]),
        ])
    }

    /// The step's name in a recipe.
    public var name: String {
        switch self {
        case .review: "review"
        case .normalise: "normalise"
        case .filter: "filter"
        case .deduplicate: "deduplicate"
        case .mask: "mask"
        case .balance: "balance"
        case .sample: "sample"
        case .augment: "augment"
        case .map: "map"
        case .select: "select"
        case .rank: "rank"
        }
    }

    /// The step as YAML on one line, every key filled in.
    public var text: String {
        let keys =
            switch self {
            case .review(let step): YAMLText.keys(of: step)
            case .normalise(let step): YAMLText.keys(of: step)
            case .filter(let step): YAMLText.keys(of: step)
            case .deduplicate(let step): YAMLText.keys(of: step)
            case .mask(let step): YAMLText.keys(of: step)
            case .balance(let step): YAMLText.keys(of: step)
            case .sample(let step): YAMLText.keys(of: step)
            case .augment(let step): YAMLText.keys(of: step)
            case .map(let step): YAMLText.keys(of: step)
            case .select(let step): YAMLText.keys(of: step)
            case .rank(let step): YAMLText.keys(of: step)
            }
        return "{\(name): \(keys)}"
    }
}

extension RecipeDecoding {
    fileprivate mutating func noteIdleKeys(of step: DataStep, _ element: RecipeNode, _ path: String) {
        for (key, reason) in step.idleKeys {
            let keyPath = "\(path).\(step.name).\(key)"
            note(.noEffect, setKeys[keyPath] ?? element.place, keyPath, "has no effect: \(reason)")
        }
    }

    /// Marks know rows by what stands in the files: a review sees rows before a step has changed them.
    fileprivate mutating func noteLateReviews(_ steps: [DataStep], _ elements: [RecipeNode], name: String) {
        guard steps.count == elements.count, let first = steps.firstIndex(where: { !$0.isReview }) else { return }
        for (index, step) in steps.enumerated().dropFirst(first) where step.isReview {
            note(
                .conflict, elements[index].place, "\(name)[\(index)].review",
                "marks know rows as they stand in the files, and \(steps[first].name) comes before them",
                hint: "put review before the other steps")
        }
    }

    /// A step's name with its keys, where `node` is one.
    private mutating func stepEntry(_ node: RecipeNode, _ path: String) -> RecipeNode.Entry? {
        switch node.content {
        case .scalar(let name, _) where !node.isNull:
            return RecipeNode.Entry(
                key: name, keyPlace: node.place, value: RecipeNode(content: .mapping([]), place: node.place))
        case .mapping(let entries) where entries.count == 1: return entries[0]
        case .mapping(let entries) where entries.count > 1:
            note(
                .wrongType, entries[1].keyPlace, path, "one step has one name, found \(entries.count)",
                hint: "put '-' before each step, and its keys into a mapping under its name")
        default: wrongType(node, path, expected: "a step: " + DataStep.names.joined(separator: " | "))
        }
        return nil
    }

    fileprivate mutating func step(_ node: RecipeNode, _ path: String) -> DataStep? {
        guard let entry = stepEntry(node, path) else { return nil }
        let stepPath = path + "." + entry.key
        func keys<Step: RecipeKeyed>(
            _ make: (Step) -> DataStep, needing missing: (Step) -> MissingKey? = { _ in nil }
        ) -> DataStep {
            var step = Step()
            decode(entry.value, into: &step, path: stepPath)
            if let missing = missing(step) {
                note(
                    .missingKey, entry.keyPlace, stepPath + "." + missing.key, missing.problem, hint: missing.hint)
            }
            return make(step)
        }
        switch entry.key {
        case "review": return keys(DataStep.review, needing: \.missingKey)
        case "normalise": return keys(DataStep.normalise)
        case "filter": return keys(DataStep.filter)
        case "deduplicate": return keys(DataStep.deduplicate)
        case "mask": return keys(DataStep.mask, needing: \.missingKey)
        case "balance": return keys(DataStep.balance)
        case "sample": return keys(DataStep.sample)
        case "augment": return keys(DataStep.augment)
        case "map": return keys(DataStep.map, needing: \.missingKey)
        case "select": return keys(DataStep.select, needing: \.missingKey)
        case "rank": return keys(DataStep.rank)
        default:
            unknownKey(entry, path: path, known: DataStep.names)
            return nil
        }
    }
}

/// A key without which a step cannot be done.
private struct MissingKey {
    let key: String
    let problem: String
    let hint: String
}

extension ReviewStep {
    fileprivate var missingKey: MissingKey? {
        guard marks.isEmpty else { return nil }
        return MissingKey(
            key: "marks", problem: "rows are left out that a file marks as wrong",
            hint: "as marks: reviews/desk.jsonl, which lathe studio writes")
    }
}

extension MaskStep {
    fileprivate var missingKey: MissingKey? {
        guard replaceWith == .pseudonym, keyFrom == nil else { return nil }
        return MissingKey(
            key: "key_from", problem: "pseudonyms are made with a secret",
            hint: "as key_from: PSEUDONYM_KEY, an environment variable; the secret itself stays out of the recipe")
    }
}

extension MapStep {
    fileprivate var missingKey: MissingKey? {
        guard fields.isEmpty else { return nil }
        return MissingKey(
            key: "fields", problem: "a map builds fields", hint: "as fields: { prompt: \"{question}\" }")
    }
}

extension SelectStep {
    fileprivate var missingKey: MissingKey? {
        guard targets.isEmpty else { return nil }
        return MissingKey(
            key: "targets", problem: "rows are chosen by their likeness to target rows",
            hint: "as targets: wanted.jsonl, a file of some rows of the kind that is wanted")
    }
}
