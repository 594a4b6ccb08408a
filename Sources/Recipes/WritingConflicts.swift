// What keys of written answers say against each other and against the rest: refused, or without effect.

public import Vocabulary

extension RecipeDecoding {
    /// Notes what a teacher cannot write, with what it can.
    mutating func noteWritingConflicts(in recipe: Recipe) {
        noteOnPolicyConflicts(in: recipe)
        guard recipe.distill.writesRows else { return }
        let format = recipe.data.format, asks = AnswerFormats.all
        let found: [(isSo: Bool, key: String, message: String, hint: String)] = [
            (
                recipe.train.objective != .crossEntropy, "train.objective",
                "\(recipe.train.objective.rawValue) learns from pairs, and the teacher writes answers",
                "leave distill out, or write train.objective: cross_entropy"
            ),
            (
                format != .auto && !asks.contains(format), "data.format",
                "rows of this form have no prompt that the teacher could answer",
                "write one of " + asks.map(\.rawValue).joined(separator: ", ")
            ),
            (
                !recipe.data.template.isEmpty, "data.template",
                "fields that a template builds would be built over the teacher's answers",
                "write rows with lathe prepare --export jsonl first"
            ),
            (
                recipe.data.valSize > 0, "data.val_size", "the rows held out would be answers of the teacher's own",
                "name rows in data.held_out"
            ),
            (
                recipe.distill.teacher?.lowercased().hasPrefix("https://") == true, "distill.teacher",
                "the teacher is asked over http, on this machine or network",
                "let a proxy on this machine speak https for it, and name its http address"
            ),
        ]
        for conflict in found where conflict.isSo {
            guard let place = setKeys[conflict.key] ?? setKeys["distill"] else { continue }
            note(.conflict, place, conflict.key, conflict.message, hint: conflict.hint)
        }
        noteChangingFilters(recipe.distill.writing.filters)
    }

    /// What cannot be taught on rows that the student writes.
    private mutating func noteOnPolicyConflicts(in recipe: Recipe) {
        guard recipe.distill.isOnPolicy else { return }
        let found = [
            (
                !recipe.distill.context.isEmpty, "distill.context",
                "the teacher reads the rows as the student writes them, and nothing before them", "write source: online"
            ),
            (
                recipe.distill.crossEntropy > 0, "distill.cross_entropy",
                "what the student writes is no label to learn", "leave it out, or write source: online"
            ),
            (
                recipe.data.trainOnPrompt || recipe.data.format == .text, "distill.source",
                "the student writes answers, and here every token of a row carries loss", "write source: online"
            ),
        ]
        for (isSo, key, message, hint) in found where isSo {
            guard let place = setKeys[key] ?? setKeys["distill"] else { continue }
            note(.conflict, place, key, message, hint: hint)
        }
    }

    /// What is judged is not what is kept: a step that changes it would do nothing.
    private mutating func noteChangingFilters(_ steps: [DataStep]) {
        for (index, step) in steps.enumerated() {
            switch step {
            case .filter, .deduplicate, .sample: continue
            case .review, .normalise, .mask, .balance, .augment, .map, .select, .rank:
                let path = "distill.filters[\(index)].\(step.name)"
                guard let place = setKeys["distill.filters"] else { continue }
                note(
                    .conflict, place, path, "answers are chosen by filter, deduplicate and sample, not by \(step.name)",
                    hint: "write it in data.steps, through which the written rows go too")
            }
        }
    }
}

/// The forms of rows that an answer completes.
public enum AnswerFormats {
    public static let all: [RowFormat] = [.chat, .sharegpt, .promptCompletion, .alpaca, .classification]
}

extension IdleKey {
    /// Keys of written answers that do nothing beside others.
    static var writing: [IdleKey] {
        unwritten(
            [
                "prompts", "variations", "samples", "agreement", "filters", "rationale", "label_prefix",
                "rationale_prefix",
            ], "the teacher writes nothing", unless: [.sequence])
            + unwritten(
                ["max_new_tokens", "sampling_temperature", "top_p"], "nobody writes anything",
                unless: [.sequence, .onPolicy])
            + unwritten(["on_policy_share"], "the student writes nothing", unless: [.onPolicy])
            + ["remote_model", "key_from", "max_requests", "max_tokens", "timeout", "retries"].map { name in
                IdleKey(path: "distill." + name) { recipe in
                    recipe.distill.isRemote ? nil : "distill.teacher is no address"
                }
            } + [
                IdleKey(path: "distill.samples") { recipe in
                    recipe.distill.writing.samplingTemperature > 0
                        ? nil : "distill.sampling_temperature is 0, so all answers to a prompt are the same"
                },
                IdleKey(path: "distill.top_p") { recipe in
                    recipe.distill.writing.samplingTemperature > 0
                        ? nil : "distill.sampling_temperature is 0, so nothing is drawn"
                },
                IdleKey(path: "data.train") { recipe in
                    recipe.distill.bringsPrompts ? "the teacher answers distill.prompts" : nil
                },
                IdleKey(path: "data.mix") { recipe in
                    recipe.distill.bringsPrompts ? "the teacher answers distill.prompts" : nil
                },
                IdleKey(path: "distill.compare") { recipe in
                    recipe.distill.bringsPrompts ? "distill.prompts are no rows with labels" : nil
                },
                IdleKey(path: "distill.agreement") { recipe in
                    recipe.distill.writing.samples > 1 ? nil : "distill.samples is 1"
                },
            ]
            + ["label_prefix", "rationale_prefix"].map { name in
                IdleKey(path: "distill." + name) { recipe in
                    recipe.distill.writing.rationale > 0 ? nil : "distill.rationale is 0"
                }
            }
    }

    private static func unwritten(
        _ names: [String], _ reason: String, unless sources: [DistillSource]
    ) -> [IdleKey] {
        names.map { name in
            IdleKey(path: "distill." + name) { recipe in
                let source = recipe.distill.source
                return sources.contains(source) ? nil : "distill.source is \(source.rawValue): \(reason)"
            }
        }
    }
}
