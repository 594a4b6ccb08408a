// Which keys decide the numbers of an adapter: all of them, but for those that are named here.

internal import Vocabulary

extension Recipe {
    /// Keys that decide no number of the adapter: places, whose content counts in their stead, and what comes after training or beside it.
    private static let otherKeys: Set<String> = [
        "name", "sweep", "model.path", "model.precision", "data.train", "data.held_out", "data.chat_template",
        "adapter.continue_from", "adapter.loftq_model", "train.reference_adapter", "train.save_every",
        "train.keep_last", "train.log_every",
        "train.memory_limit",
        "train.recompute", "train.threads", "distill.teacher", "distill.teacher_adapter", "distill.path",
        "distill.context", "distill.compare", "distill.margin", "distill.prompts", "distill.key_from",
        "distill.max_requests", "distill.max_tokens", "distill.timeout", "distill.retries",
    ]
    private static let otherSections = ["search.", "evaluate.", "merge."]
    /// Keys that came later, with the default that says what was so before: left out with it, so that a run begun without them goes on.
    private static let laterKeys: [String: String] = {
        let names = Set(ObjectiveKind.settingPaths).subtracting(["train.dpo_beta"])
            .union([
                "train.optimizer", "train.objective", "train.lr_scheduler_kwargs", "train.parameter_groups",
                "train.loraplus_lr_ratio", "train.loraplus_weight_decay", "train.neftune_noise_alpha",
                "train.ema_decay",
            ])
        return Dictionary(
            uniqueKeysWithValues: Recipe().values.filter { names.contains($0.path) }.map { ($0.path, $0.text) })
    }()

    /// The keys that decide the adapter's numbers with their values as YAML, in the recipe's order.
    ///
    /// What files hold counts and not where they lie, so of paths nothing stands here; what the engine makes of `model.precision`,
    /// `train.threads` and the memory counts too and is known only later.
    public var decidingKeys: [(path: String, text: String)] {
        var essence = self
        for index in essence.data.input.mix.indices { essence.data.input.mix[index].path = ["-"] }
        essence.train.policy.rewards = essence.train.policy.rewards.map(\.deciding)
        return essence.values.filter { key in
            !Self.otherKeys.contains(key.path) && Self.laterKeys[key.path] != key.text
                // Which of the tasks that write is meant, the model says.
                && !(key.path == "task" && task.writesText) && train.objective.concerns(key.path)
                && train.optimizer.concerns(key.path) && task.concerns(key.path) && adapter.start.concerns(key.path)
                && concernsVectors(key.path)
                && !Self.otherSections.contains { key.path.hasPrefix($0) }
                && (distill.isAsked || !key.path.hasPrefix("distill."))
        }
    }
}

extension RewardEntry {
    /// The same without what a program may take, and where a schema lies.
    fileprivate var deciding: RewardEntry {
        let usual = RewardEntry()
        var entry = self
        (entry.timeout, entry.memoryBytes) = (usual.timeout, usual.memoryBytes)
        if entry.schema != nil { entry.schema = "-" }
        return entry
    }
}

extension Recipe {
    /// The keys of one section with their values: what is compared to know whether a stage's result still holds.
    public func sectionText(_ section: String) -> String {
        values.filter { $0.path.hasPrefix(section + ".") }.map { "\($0.path): \($0.text)" }.joined(separator: "\n")
    }

    /// One export as YAML on one line.
    public func exportText(_ index: Int) -> String { export[index].text }
}
