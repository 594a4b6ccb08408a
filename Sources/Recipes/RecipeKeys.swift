// Every key of a recipe: name, range, meaning. Defaults stand in `RecipeSections`.

internal import Vocabulary

/// The whole recipe's keys, for questions across sections.
enum RecipeKeys {
    /// Sections in the order in which they are written.
    static let sections = [
        "model", "data", "adapter", "head", "embed", "train", "search", "evaluate", "distill", "merge", "export",
    ]

    static func names(of section: String) -> [String] {
        switch section {
        case "model": ModelSection.keys.map(\.name)
        case "data": DataSection.keys.map(\.name)
        case "adapter": AdapterSection.keys.map(\.name)
        case "head": HeadSection.keys.map(\.name)
        case "embed": EmbedSection.keys.map(\.name)
        case "train": TrainSection.keys.map(\.name)
        case "search": SearchSection.keys.map(\.name)
        case "evaluate": EvaluateSection.keys.map(\.name)
        case "distill": DistillSection.keys.map(\.name)
        case "merge": MergeSection.keys.map(\.name)
        case "export": ExportEntry.keys.map(\.name)
        default: Recipe.keys.map(\.name)
        }
    }

    /// The path of every key that a recipe can have, those of sections in a section too; steps and parts of a mix have
    /// keys of their own.
    static var paths: [String] {
        Recipe.keys.map(\.name)
            + sections.flatMap { section in
                let prefix = section == "export" ? "export[]." : section + "."
                return names(of: section).filter { $0 != "split" }.map { prefix + $0 }
            } + SplitSection.keys.map { "data.split." + $0.name }
    }

    /// Where a key that was written in the wrong section belongs.
    static func path(ofKey key: String) -> String? {
        if sections.contains(key) { return "the top level" }
        let homes = sections.filter { $0 != "export" && $0 != "distill" && names(of: $0).contains(key) }
        return homes.first.map { $0 + "." + key }
    }
}

extension Recipe: RecipeKeyed {
    static var keys: [RecipeKey<Recipe>] {
        [
            .text(
                "name", \.name, expected: "a name that can be a folder's: letters, digits, '.', '_', '-'",
                "names the run directory, checkpoints/<name>; not given: as the recipe's file",
                accepts: isName),
            .integer("seed", \.seed, 0...Int.max, "start of every random draw: adapter, dropout, order of rows, split"),
            .choice(
                "task", \.task,
                "what the model is trained for: to write text (seq2seq: one with an encoder, as T5), or a class, a number, spans or a vector of a text"
            ),
            .sweep,
        ]
    }
}

extension Recipe {
    /// The path of every key, as "train.max_steps" or "export[].format".
    public static var keyPaths: [String] { RecipeKeys.paths }

    /// Whether `name` can be a run's and its folder's.
    public static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && !name.hasPrefix(".") && !name.hasPrefix(" ") && !name.hasSuffix(" ")
            && name.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "._- ".unicodeScalars.contains($0)
            }
    }
}

extension ModelSection: RecipeKeyed {
    static var keys: [RecipeKey<ModelSection>] {
        [
            .text("path", \.path, "the base model: a Hugging Face directory or a GGUF file"),
            .choice("precision", \.precision, "how products are computed; auto: bf16 where the CPU is fast at it"),
        ]
    }
}

extension DataSection: RecipeKeyed {
    /// Fields that `columns` can map.
    static let columnNames = [
        "messages", "role", "content", "prompt", "completion", "instruction", "input", "output", "system", "text",
        "label", "tokens", "tags", "spans", "chosen", "rejected", "rating", "anchor", "positive", "negative",
        "sentence1", "sentence2", "score", "margin",
    ]

    static var keys: [RecipeKey<DataSection>] { rowKeys + textKeys + lossKeys + cleaningKeys + inputKeys }

    /// Which rows, and what is in them.
    private static var rowKeys: [RecipeKey<DataSection>] {
        let files = "a file or a list of files"
        return [
            .texts(
                "train", \.train, expected: files,
                "training rows: .jsonl .json .csv .tsv .conll .txt, also as .gz or .zst, .parquet, .h5; patterns with * too"
            ),
            .texts(
                "held_out", \.heldOut, expected: files, "rows that are never trained on, for evaluation",
                mappingHint: "further sets by name stand in evaluate.held_out: { name: path }"),
            .number(
                "val_size", \.valSize, expected: "a share below 1, or a whole number of rows",
                "rows held out of train where held_out is not given; below 1 a share, else a number; 0: none",
                accepts: { $0 >= 0 && $0.isFinite && $0 <= 1e9 && ($0 < 1 || $0 == $0.rounded()) }),
            .choice("format", \.format, "the form of a row; auto: told from its fields"),
            .map(
                "columns", \.columns, .text, known: columnNames,
                expected: "a mapping of fields to the file's column names",
                "field: column, where the file names its columns differently", read: \.string, text: YAMLText.string),
            .texts(
                "labels", \.labels, expected: "a list of labels",
                "label set of classification rows; empty: as found in train", namesOnce: true),
        ]
    }

    /// How rows become text.
    private static var textKeys: [RecipeKey<DataSection>] {
        [
            .text(
                "chat_template", \.chatTemplate,
                "a Jinja template, a file that holds one, or a model's folder; null: the tokenizer's own"),
            .text(
                "template_date", \.templateDate, expected: "a day, as 2025-01-31",
                "the day that a chat template is told which asks for today's",
                accepts: { text in
                    let bytes = Array(text.utf8)
                    return bytes.count == 10
                        && bytes.enumerated().allSatisfy { place, byte in
                            [4, 7].contains(place) ? byte == 45 : (48...57).contains(byte)
                        }
                }),
            .choice(
                "prompt_style", \.promptStyle,
                "prompt/completion, Alpaca and classification rows: chat puts them through the chat template, plain joins the texts "
                    + "as they stand; auto: chat where there is a template"),
            .text(
                "system", \.system,
                "a system message for rows that have none; null: what the template says by itself, where it does"),
        ]
    }

    /// How long rows may be, and what of them is trained.
    private static var lossKeys: [RecipeKey<DataSection>] {
        [
            .integer("max_length", \.maxLength, 2...(1 << 24), "tokens of one row at most"),
            .choice(
                "too_long", \.tooLong,
                "what happens to a row beyond max_length, counted in the report; truncate_prompt keeps the answer whole and cuts "
                    + "the prompt's oldest text"),
            .boolean("train_on_prompt", \.trainOnPrompt, "loss on the prompt too, not on the answer only"),
            .choice("train_on", \.trainOn, "turns that carry loss: the assistant's, its last one, or all tokens"),
        ]
    }

    /// What is done to fields, labels, roles and rows before.
    private static var cleaningKeys: [RecipeKey<DataSection>] {
        [
            .map(
                "template", \.template, .text, known: columnNames, expected: "a mapping of fields to templates",
                "field: template that builds it, {name} standing for a field of the file, {list.*.name:, } for those of a list's elements, {{ for a brace",
                read: \.string, text: YAMLText.string),
            .map(
                "label_words", \.labelWords, .any([.text, .number, .boolean]), expected: "a mapping of labels to words",
                "label of the file: word that the model answers", read: \.scalarText, text: YAMLText.string),
            .map(
                "roles", \.roles, .word(TurnRole.allCases.map(\.rawValue)),
                expected: "a mapping of the file's roles to system, user, assistant or tool",
                "role of the file: what a template calls it, as { client: user, counselor: assistant }",
                read: { $0.string.flatMap(TurnRole.init) }, text: \.rawValue),
            .choices(
                "turn_roles", \.turnRoles,
                "roles of messages that name none, in turn from each conversation's first, as [user, assistant]"),
            .boolean("shuffle", \.shuffle, "a new order of rows each epoch, from the seed; false: the files' order"),
            .steps("steps", \.steps, "what is done to the rows, in order"),
            .section("split", \.split, "how val_size rows are held out of train"),
            .choice(
                "leakage", \.leakage,
                "training rows that stand among the held-out ones too: error stops, drop takes them out of training, report counts"
            ),
        ]
    }
}

extension AdapterSection: RecipeKeyed {
    static var keys: [RecipeKey<AdapterSection>] {
        [
            .choice("method", \.method, "kind of adapter"),
            .integer("r", \.r, 1...65_536, "rank of the adapter's factors"),
            .number(
                "alpha", \.alpha, expected: "a number above 0, at most 1e9",
                "the adapter's product is scaled by alpha / r",
                accepts: { $0 > 0 && $0 <= 1e9 }),
            .number(
                "dropout", \.dropout, expected: "a number from 0 and below 1",
                "share of the adapter's inputs dropped in training",
                accepts: \.isBelowOne),
            .targetModules,
            .boolean("use_rslora", \.useRSLoRA, "scale by alpha / √r instead"),
            .patterns(
                "rank_pattern", \.rankPattern, .integer(1...65_536), expected: "a mapping of module patterns to ranks",
                "module pattern: rank, where it differs from r; the first that matches counts",
                read: { $0.integer.flatMap { (1...65_536).contains($0) ? $0 : nil } }, text: { String($0) }),
            .patterns(
                "alpha_pattern", \.alphaPattern, .number,
                expected: "a mapping of module patterns to numbers above 0, at most 1e9",
                "module pattern: alpha, where it differs; the first that matches counts",
                read: { $0.number.flatMap { $0 > 0 && $0 <= 1e9 ? $0 : nil } }, text: YAMLText.number),
            .text("continue_from", \.continueFrom, "a PEFT directory or checkpoint whose adapter is trained further"),
            .layers,
            .texts(
                "modules_to_save", \.modulesToSave, expected: "a module's name, or a list of them",
                "modules that are trained whole beside the factors, such as embed_tokens, lm_head, norm"),
            .choice("bias", \.bias, "biases of the base that are trained beside the factors"),
            .tokens,
            .integer(
                "num_virtual_tokens", \.numVirtualTokens, 0...65_536,
                "prompt tuning: tokens before each text that are trained, and nothing else; 0: none"),
            .boolean(
                "prefix_tuning", \.prefixTuning,
                "of the virtual tokens the keys and values in every layer are trained instead of their embeddings"),
            .text(
                "prompt_tuning_init_text", \.promptTuningInitText,
                "the text whose tokens the virtual ones begin as; null: random"),
        ] + methodKeys + startKeys
    }
}

extension RecipeKey<AdapterSection> {
    fileprivate static var targetModules: Self {
        let expected = "all-linear, a module name or pattern, a list of them, or null"
        return RecipeKey(
            name: "target_modules",
            meaning:
                "linear layers that get an adapter; each pattern must match something; null: all-linear, with ia3 those that "
                + "PEFT takes in the model's family",
            expected: expected, shape: .any([.oneOrMore(.text), .null]),
            decode: { node, section, decoding, path in
                if node.isNull { return section.targetModules = .usual }
                guard let texts = decoding.texts(node, path, expected: expected) else { return }
                guard !texts.isEmpty else { return decoding.outOfRange(node, path, expected: expected) }
                section.targetModules = texts.contains("all-linear") ? .allLinear : .patterns(texts)
                if texts.contains("all-linear"), texts.count > 1 {
                    decoding.note(.conflict, node.place, path, "all-linear stands beside other patterns")
                }
            },
            text: { section in
                switch section.targetModules {
                case .usual: "null"
                case .allLinear: "all-linear"
                case .patterns(let patterns): YAMLText.list(patterns.map(YAMLText.string))
                }
            })
    }

    fileprivate static var tokens: Self {
        let expected = "a list of tokens or of their ids"
        return RecipeKey(
            name: "trainable_token_indices",
            meaning: "tokens, or their ids, whose rows of the embedding are trained beside the factors",
            expected: expected, shape: .oneOrMore(.any([.integer(0...Int(Int32.max)), .text])),
            decode: { node, section, decoding, path in
                decoding.requireOnce(node, path)
                section.trainableTokenIndices = node.elements.compactMap { element in
                    guard let text = element.scalarText, !text.isEmpty else {
                        decoding.wrongType(element, path, expected: expected)
                        return nil
                    }
                    return text
                }
            },
            text: { YAMLText.list($0.trainableTokenIndices.map { Int($0) == nil ? YAMLText.string($0) : $0 }) })
    }

    fileprivate static var layers: Self {
        let expected = "a list of block numbers or ranges such as 8-15"
        return RecipeKey(
            name: "layers", meaning: "numbers of the blocks that get an adapter, from 0; null: all", expected: expected,
            shape: .any([.oneOrMore(.any([.integer(0...9_999), .text])), .null]),
            decode: { node, section, decoding, path in
                if node.isNull { return section.layers = nil }
                var layers = Set<Int>()
                for element in node.elements {
                    let bounds = (element.scalarText ?? "").split(separator: "-", omittingEmptySubsequences: false).map
                    { Int($0) }
                    guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1]
                    else {
                        decoding.wrongType(element, path, expected: expected)
                        continue
                    }
                    guard first <= last, last < 10_000 else {
                        decoding.outOfRange(element, path, expected: expected)
                        continue
                    }
                    layers.formUnion(first...last)
                }
                section.layers = layers.sorted()
            },
            text: { $0.layers.map { YAMLText.list($0.map { String($0) }) } ?? "null" })
    }
}

extension TrainSection: RecipeKeyed {
    static var keys: [RecipeKey<TrainSection>] {
        lengthKeys + preferenceKeys + policyKeys + optimiserKeys + ruleKeys + scheduleKeys
    }

    /// What is learnt, for how long, in how much memory.
    private static var lengthKeys: [RecipeKey<TrainSection>] {
        [
            .number(
                "epochs", \.epochs, expected: "a number above 0", "passes over the training rows", accepts: \.isPositive
            ),
            .integer("max_steps", \.maxSteps, 1...mostSteps, absent: "null", "optimiser steps, in place of epochs"),
            .integer("batch_size", \.batchSize, 1...1_000_000, "examples, or pairs, in one optimiser step"),
            .choice("objective", \.objective, "what is learnt: the rows' answers, or which of two answers is better"),
            RecipeKey(
                name: "memory_limit", meaning: "micro-batches and recomputation are planned to fit; e.g. 2GiB",
                expected: "auto or a size such as 2GiB", shape: .any([.text, .integer(1 << 20...Int.max)]),
                decode: { node, section, decoding, path in
                    if node.isAbsent("auto") { return section.memoryLimitBytes = nil }
                    guard let bytes = node.byteCount else {
                        return decoding.wrongType(node, path, expected: "auto or a size such as 2GiB")
                    }
                    guard bytes >= 1 << 20 else { return decoding.outOfRange(node, path, expected: "at least 1MiB") }
                    section.memoryLimitBytes = bytes
                },
                text: { $0.memoryLimitBytes.map { String($0) } ?? "auto" }),
        ]
    }

    /// What a step does.
    private static var optimiserKeys: [RecipeKey<TrainSection>] {
        [
            .choice("optimizer", \.optimizer, "the rule by which a step changes the adapter's values"),
            .number(
                "learning_rate", \.learningRate, expected: "a number above 0", "highest step size of the optimizer",
                accepts: \.isPositive),
            .choice("lr_scheduler", \.lrScheduler, "how the learning rate goes on after warm-up"),
            .section("lr_scheduler_kwargs", \.schedule, "what forms lr_scheduler, by transformers' names"),
            .number(
                "warmup_ratio", \.warmupRatio, expected: "a number from 0 and below 1",
                "share of the steps in which it rises",
                accepts: \.isBelowOne),
            .integer(
                "warmup_steps", \.warmupSteps, 0...mostSteps, absent: "null",
                "steps in which it rises, in place of warmup_ratio"),
            .number(
                "weight_decay", \.weightDecay, expected: "a number from 0", "decoupled decay of the adapter's values",
                accepts: \.isFromZero),
            .number(
                "adam_beta1", \.adamBeta1, expected: "a number from 0 and below 1",
                "decay of the first moment; lion: the momentum's share in the step's direction", accepts: \.isBelowOne),
            .number(
                "adam_beta2", \.adamBeta2, expected: "a number from 0 and below 1",
                "decay of the second moment; lion: of the momentum, 0.99 in its paper", accepts: \.isBelowOne),
            .number(
                "adam_epsilon", \.adamEpsilon, expected: "a number above 0", "added to the root of the second moment",
                accepts: \.isPositive),
            .number(
                "max_grad_norm", \.maxGradNorm, expected: "a number from 0",
                "gradients are clipped to this global norm; 0: never",
                accepts: \.isFromZero),
        ]
    }

    /// What happens between steps, and how they are computed.
    private static var scheduleKeys: [RecipeKey<TrainSection>] {
        [
            .integer("eval_every", \.evalEvery, 0...mostSteps, "steps between evaluations; 0: at the end only"),
            .integer("save_every", \.saveEvery, 0...mostSteps, "steps between checkpoints; 0: at the end only"),
            .integer("keep_last", \.keepLast, 1...mostSteps, "newest checkpoints that are kept"),
            .boolean("save_best", \.saveBest, "keep the checkpoint with the best held-out loss too"),
            .integer(
                "early_stopping_patience", \.earlyStoppingPatience, 0...mostSteps,
                "evaluations without a better held-out loss after which training stops; 0: never"),
            .choice("recompute", \.recompute, "compute activations again in the backward pass instead of keeping them"),
            .integer("threads", \.threads, 1...4096, absent: "auto", "compute threads; auto: one a core"),
            .integer("log_every", \.logEvery, 1...mostSteps, "steps between progress lines, here and in the logs"),
        ]
    }
}
