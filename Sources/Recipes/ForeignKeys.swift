// What other fine-tuning tools call the same things. Plain synonyms are taken with a notice; what has no one-to-one
// counterpart is refused with a word on how it is said here.

internal import Vocabulary

/// A key of another tool.
struct ForeignKey {
    enum Meaning {
        /// The same thing under another name; `values` translates the other tool's words.
        case synonym(String, values: [String: String] = [:])
        /// Taken note of, without effect here.
        case ignored(String)
        /// Refused, with a hint.
        case refused(String)
    }

    let meaning: Meaning

    static let table: [String: Meaning] = [
        "base_model": .synonym("model.path"),
        "model_name_or_path": .synonym("model.path"),
        "model_path": .synonym("model.path"),
        "train_file": .synonym("data.train"),
        "train_dataset": .synonym("data.train"),
        "eval_dataset": .synonym("data.held_out"),
        "val_set_size": .synonym("data.val_size"),
        "cutoff_len": .synonym("data.max_length"),
        "sequence_len": .synonym("data.max_length"),
        "max_seq_length": .synonym("data.max_length"),
        "max_seq_len": .synonym("data.max_length"),
        "default_system": .synonym("data.system"),
        "system_prompt": .synonym("data.system"),
        "default_system_message": .synonym("data.system"),
        "train_on_inputs": .synonym("data.train_on_prompt"),
        "lora_r": .synonym("adapter.r"),
        "lora_rank": .synonym("adapter.r"),
        "rank": .synonym("adapter.r"),
        "lora_alpha": .synonym("adapter.alpha"),
        "lora_dropout": .synonym("adapter.dropout"),
        "lora_target_modules": .synonym("adapter.target_modules"),
        "lora_target": .synonym("adapter.target_modules", values: ["all": "all-linear"]),
        "use_rslora_scaling": .synonym("adapter.use_rslora"),
        "num_train_epochs": .synonym("train.epochs"),
        "num_epochs": .synonym("train.epochs"),
        "iters": .synonym("train.max_steps"),
        "optim": .synonym("train.optimizer", values: OptimiserKind.namesElsewhere),
        "optimizer": .synonym("train.optimizer", values: OptimiserKind.namesElsewhere),
        "lr": .synonym("train.learning_rate"),
        "lr_scheduler_type": .synonym("train.lr_scheduler"),
        "lr_schedule": .synonym("train.lr_scheduler"),
        "eval_steps": .synonym("train.eval_every"),
        "save_steps": .synonym("train.save_every"),
        "logging_steps": .synonym("train.log_every"),
        "save_total_limit": .synonym("train.keep_last"),
        "pref_beta": .synonym("train.beta"),
        "ref_adapter_name": .synonym("train.reference_adapter"),
        "ref_model_adapters": .synonym("train.reference_adapter"),
        "rl_beta": .synonym("train.beta"),
        "pref_ftx": .synonym("train.rpo_alpha"),
        "adam_beta_1": .synonym("train.adam_beta1"),
        "adam_beta_2": .synonym("train.adam_beta2"),
        "gradient_checkpointing": .synonym("train.recompute"),

        "packing": .ignored("batches are ragged: nothing is padded, so there is nothing to pack"),
        "sample_packing": .ignored("batches are ragged: nothing is padded, so there is nothing to pack"),
        "neat_packing": .ignored("batches are ragged: nothing is padded, so there is nothing to pack"),
        "pad_to_sequence_len": .ignored("batches are ragged: nothing is padded"),
        "group_by_length": .ignored("batches are ragged: rows of any length stand side by side at no cost"),

        "micro_batch_size": .refused(
            "write train.batch_size, the examples in one optimiser step (micro batch × accumulation); the engine cuts micro-batches"
        ),
        "per_device_train_batch_size": .refused(
            "write train.batch_size, the examples in one optimiser step (micro batch × accumulation); the engine cuts micro-batches"
        ),
        "gradient_accumulation_steps": .refused(
            "write train.batch_size, the examples in one optimiser step (micro batch × accumulation); the engine cuts micro-batches"
        ),
        "grad_accumulation_steps": .refused(
            "write train.batch_size, the examples in one optimiser step (micro batch × accumulation); the engine cuts micro-batches"
        ),
        "completion_only_loss": .refused(
            "it is the opposite of data.train_on_prompt; write data.train_on_prompt: false for true"),
        "mask_prompt": .refused(
            "it is the opposite of data.train_on_prompt; write data.train_on_prompt: false for true"),
        "scale": .refused("the scale is alpha / r; write adapter.alpha"),
        "bf16": .refused("write model.precision: bf16, fp32 or auto"),
        "fp16": .refused("adapters are never trained in fp16; write model.precision: bf16, fp32 or auto"),
        "load_in_4bit": .refused("give a 4-bit GGUF as model.path: its weights are used as they are stored"),
        "load_in_8bit": .refused("give an 8-bit GGUF as model.path: its weights are used as they are stored"),
        "lora_target_linear": .refused("write adapter.target_modules: all-linear"),
        "lora_modules_to_save": .synonym("adapter.modules_to_save"),
        "modules_to_save": .synonym("adapter.modules_to_save"),
        "rl": .refused("write train.objective, one of \(ObjectiveKind.ofPreferences)"),
        "stage": .refused("write train.objective, one of \(ObjectiveKind.ofPreferences), or leave it out"),
        "pref_loss": .refused("write train.objective, one of \(ObjectiveKind.ofPreferences), and train.loss_type"),
        "use_dora": .refused(
            "write adapter.method, one of \(AdapterMethodKind.allCases.map(\.rawValue).joined(separator: ", "))"),
        "loraplus_lr_embedding": .refused(
            "embeddings get no factors here; rows of them that are trained may have a learning_rate in train.parameter_groups"
        ),
        "output_dir": .refused("a run is written to checkpoints/<name>; write name"),
        "datasets": .refused("write data.train: one file or a list of files"),
        "dataset": .refused("write data.train: one file or a list of files"),
    ]
}

extension RecipeDecoding {
    /// Moves synonyms to where they belong here, with a notice, and takes out what is ignored or refused.
    mutating func translateForeignKeys(in root: RecipeNode) -> RecipeNode {
        guard case .mapping(let entries) = root.content else { return root }
        var kept: [RecipeNode.Entry] = []
        var moved: [(path: String, entry: RecipeNode.Entry, writtenPath: String)] = []
        for entry in entries {
            if let isNative = nativeKeys("").contains(entry.key) ? true : nil, isNative {
                kept.append(translateSection(entry, &moved))
            } else if !take(entry, in: "", &moved) {
                kept.append(entry)
            }
        }
        var result = root
        result.content = .mapping(kept)
        for (path, entry, written) in moved { move(entry, writtenAs: written, to: path, in: &result) }
        noteBatchProduct(entries)
        return result
    }

    private func nativeKeys(_ section: String) -> [String] {
        section.isEmpty ? RecipeKeys.sections + RecipeKeys.names(of: "") : RecipeKeys.names(of: section)
    }

    private mutating func translateSection(
        _ section: RecipeNode.Entry, _ moved: inout [(path: String, entry: RecipeNode.Entry, writtenPath: String)]
    ) -> RecipeNode.Entry {
        guard RecipeKeys.sections.contains(section.key), case .mapping(let entries) = section.value.content else {
            return section
        }
        let native = nativeKeys(section.key)
        var result = section
        result.value.content = .mapping(
            entries.filter { native.contains($0.key) || !take($0, in: section.key, &moved) })
        return result
    }

    /// Whether `entry` was a foreign key and has been dealt with.
    private mutating func take(
        _ entry: RecipeNode.Entry, in section: String,
        _ moved: inout [(path: String, entry: RecipeNode.Entry, writtenPath: String)]
    ) -> Bool {
        guard let meaning = ForeignKey.table[entry.key] else { return false }
        let written = section.isEmpty ? entry.key : section + "." + entry.key
        switch meaning {
        case .synonym(let path, let values):
            var entry = entry
            if let text = entry.value.scalarText, let word = values[text] {
                entry.value.content = .scalar(word, isPlain: true)
            }
            moved.append((path, entry, written))
            notices.append(
                RecipeDiagnostic(
                    kind: .foreignKey, place: entry.keyPlace, keyPath: written, message: "taken as \(path)",
                    hint: "the name here is \(path)"))
        case .ignored(let reason):
            notices.append(
                RecipeDiagnostic(
                    kind: .foreignKey, place: entry.keyPlace, keyPath: written, message: "has no effect", hint: reason))
        case .refused(let hint):
            note(.foreignKey, entry.keyPlace, written, "this key of other tools is not known here", hint: hint)
        }
        return true
    }

    private mutating func move(
        _ entry: RecipeNode.Entry, writtenAs written: String, to path: String, in root: inout RecipeNode
    ) {
        let parts = path.split(separator: ".").map(String.init)
        if root.value(at: parts) != nil {
            note(
                .duplicateKey, entry.keyPlace, written, "\(path) is given under its own name too",
                hint: "keep one of them")
            return
        }
        if !root.set(entry.value, at: parts, place: entry.keyPlace) {
            note(.wrongType, entry.keyPlace, written, "\(parts[0]) is not a mapping of keys")
        }
    }

    /// "8 × 4" said as one number, where both factors stand in the recipe.
    private mutating func noteBatchProduct(_ entries: [RecipeNode.Entry]) {
        var all = entries
        for entry in entries { if case .mapping(let inner) = entry.value.content { all += inner } }
        let micro = all.first { $0.key == "micro_batch_size" || $0.key == "per_device_train_batch_size" }?.value.integer
        let steps = all.first { $0.key.hasSuffix("accumulation_steps") }?.value.integer
        guard let micro, let steps, case (let product, false) = micro.multipliedReportingOverflow(by: steps) else {
            return
        }
        for index in diagnostics.indices {
            let key = diagnostics[index].keyPath
            guard key.hasSuffix("batch_size") || key.hasSuffix("accumulation_steps") else { continue }
            diagnostics[index].hint =
                "write train.batch_size: \(product) (\(micro) × \(steps)); the engine cuts micro-batches"
        }
    }
}

extension RecipeNode {
    func value(at path: [String]) -> RecipeNode? {
        guard let first = path.first else { return self }
        guard case .mapping(let entries) = content else { return nil }
        return entries.last { $0.key == first }?.value.value(at: Array(path.dropFirst()))
    }

    /// Sets the value at `path`, making mappings on the way; false where something else than a mapping is in the way.
    mutating func set(_ value: RecipeNode, at path: [String], place: RecipePlace) -> Bool {
        guard let first = path.first else {
            self = value
            return true
        }
        var entries: [Entry]
        switch content {
        case .mapping(let existing): entries = existing
        case .scalar where isNull: entries = []
        default: return false
        }
        let rest = Array(path.dropFirst())
        if let index = entries.lastIndex(where: { $0.key == first }) {
            if rest.isEmpty { entries[index].keyPlace = place }
            guard entries[index].value.set(value, at: rest, place: place) else { return false }
        } else {
            var child = RecipeNode(content: .mapping([]), place: place)
            guard child.set(value, at: rest, place: place) else { return false }
            entries.append(Entry(key: first, keyPlace: place, value: child))
        }
        content = .mapping(entries)
        return true
    }
}
