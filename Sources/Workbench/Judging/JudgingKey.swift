// What decides a model's verdicts on rows, beside the rows and the steps themselves.

internal import Datasets
internal import Digests
internal import Recipes

extension Recipe {
    /// The text of all that decides which rows `select` and `rank` leave; nil where no step asks the model. What decides rounding
    /// alone, as the number of threads, is not among it.
    func judgingText(_ opened: OpenedModel) throws -> String? {
        guard data.steps.contains(where: \.asksModel) else { return nil }
        var parts = [try opened.digest(), "\(OpenedModel.precision(model.precision).type)"]
        let keys = (sectionText("adapter") + "\n" + sectionText("train")).split(separator: "\n").map(String.init)
        parts += keys.filter { line in Self.judgingKeys.contains { line.hasPrefix($0) } }
        for step in data.steps {
            switch step {
            case .select(let step):
                for file in try InputFiles.expand(step.targets) {
                    try Failure.requireFile(file, "the target rows")
                    parts.append(try InputFiles.digest(of: file) ?? "")
                }
                parts.append(try step.adapter.map(StoredAdapter.digest) ?? "")
            case .rank(let step): parts.append(try step.adapter.map(StoredAdapter.digest) ?? "")
            default: break
            }
        }
        return parts.joined(separator: "\n")
    }

    /// Keys by which the adapter that judges is made and trained, or the beginnings of their paths.
    static let judgingKeys =
        [
            "adapter.", "train.objective", "train.batch_size", "train.learning_rate", "train.weight_decay",
            "train.max_grad_norm", "train.adam_beta1", "train.adam_beta2", "train.adam_epsilon",
        ] + ObjectiveKind.settingPaths
}
