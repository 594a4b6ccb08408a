// What keys of distillation say against each other and against the rest: refused, or without effect.

internal import Vocabulary

extension RecipeDecoding {
    /// Notes what cannot be distilled so, with what can be.
    mutating func noteDistillationConflicts(in recipe: Recipe) {
        let distill = recipe.distill
        let found: [(isSo: Bool, key: String, message: String, hint: String)] = [
            (
                distill.source.isCaptured && distill.keep == .sampled && distill.loss != .forwardKL, "distill.loss",
                "\(distill.loss.rawValue) needs more of a distribution than tokens drawn from it",
                "write keep: top_k, or source: online"
            ),
            (
                distill.isAsked && distill.source.isCaptured && distill.hidden > 0, "distill.hidden",
                "a file of distributions holds no hidden states", "write source: online"
            ),
            (
                distill.hiddenLayers.keys.contains { UInt16($0) == nil }, "distill.hidden_layers",
                "the student's blocks are numbered from 0",
                "write {11: 23} for its twelfth beside the teacher's last of 24"
            ),
            (
                distill.isRemote && distill.source != .sequence, "distill.teacher",
                "a teacher behind an address gives answers, and no distributions", "write source: sequence"
            ),
            (
                distill.isRemote && distill.teacherAdapter != nil, "distill.teacher_adapter",
                "a teacher behind an address takes no adapter", "leave it out, or name a model in distill.teacher"
            ),
            (
                distill.source == .context && distill.context.isEmpty, "distill.source",
                "there is nothing that the teacher reads and the student does not", "write distill.context"
            ),
            (
                distill.compare && distill.bringsPrompts, "distill.compare",
                "prompts of their own have no labels that a student could be trained on",
                "leave it out, or write the answers to the prompts of data.train"
            ),
            (
                !distill.context.isEmpty && recipe.trainsOnPrompts, "distill.context",
                "the teacher reads it as part of each prompt, and here every token of a row carries loss",
                "train on answers alone: data.train_on_prompt: false, and rows that have a prompt"
            ),
            (
                distill.isAsked && distill.source.hasDistributions && recipe.train.objective != .crossEntropy,
                "train.objective",
                "\(recipe.train.objective.rawValue) does not learn from a teacher's distributions",
                "leave distill out, or write train.objective: cross_entropy"
            ),
        ]
        for conflict in found where conflict.isSo {
            guard let place = setKeys[conflict.key] ?? setKeys["distill"] else { continue }
            note(.conflict, place, conflict.key, conflict.message, hint: conflict.hint)
        }
    }
}

extension Recipe {
    /// Whether a row's answer is not alone in carrying loss.
    fileprivate var trainsOnPrompts: Bool { data.trainOnPrompt || data.trainOn == .all || data.format == .text }
}

extension IdleKey {
    /// Keys of distillation that do nothing beside its others.
    static var distillation: [IdleKey] {
        let all = DistillSection.keys.map(\.name)
        return all.map { name in
            IdleKey(path: "distill." + name) { recipe in
                recipe.distill.isAsked ? nil : "there is no distill.teacher, distill.teacher_adapter or distill.context"
            }
        }
            + unread(["path", "keep", "tokens", "k"]) { source in source.isCaptured ? nil : "nothing is captured" }
            + unread(["loss", "beta", "alpha", "temperature", "cross_entropy", "hidden", "hidden_layers"]) { source in
                source.hasDistributions ? nil : "the student learns from answers"
            } + [
                IdleKey(path: "distill.tokens") { $0.distill.keep == .sampled ? nil : "distill.keep is top_k" },
                IdleKey(path: "distill.k") { $0.distill.keep == .topK ? nil : "distill.keep is sampled" },
                IdleKey(path: "distill.beta") { recipe in
                    recipe.distill.loss == .jensenShannon
                        ? nil : "distill.loss \(recipe.distill.loss.rawValue) has none"
                },
                IdleKey(path: "distill.alpha") { recipe in
                    recipe.distill.loss == .skewedKL ? nil : "distill.loss \(recipe.distill.loss.rawValue) has none"
                },
                IdleKey(path: "distill.hidden_layers") { $0.distill.hidden > 0 ? nil : "distill.hidden is 0" },
                IdleKey(path: "distill.margin") { recipe in
                    recipe.evaluate.metrics.isEmpty ? "there are no evaluate.metrics" : nil
                },
            ]
            + ["compare", "margin"].map { name in
                IdleKey(path: "distill." + name) { recipe in
                    recipe.evaluate.enabled ? recipe.withoutHeldOutRows : "evaluate.enabled is false"
                }
            }
    }

    private static func unread(_ names: [String], _ reason: @escaping (DistillSource) -> String?) -> [IdleKey] {
        names.map { name in
            IdleKey(path: "distill." + name) { recipe in
                reason(recipe.distill.source).map { "distill.source is \(recipe.distill.source.rawValue): \($0)" }
            }
        }
    }
}
