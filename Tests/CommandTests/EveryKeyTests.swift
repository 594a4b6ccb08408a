// Every key of a recipe changes what a run does, or is refused where it would not.

import Foundation
import JSON
import Recipes
import TestSupport
import Testing

/// What changing a key shows.
private enum Effect {
    /// The run leaves something else: adapter, rows, scores, files, curve, plan of its steps.
    case acts
    /// The run ends with an error that says this.
    case refused(String)
}

/// One key, changed beside other settings.
private struct Change: CustomTestStringConvertible {
    let key: String
    let value: String
    /// What both runs have, the one with the key and the one without.
    var beside: [String] = []
    var effect = Effect.acts

    var testDescription: String { "\(key)=\(value)" }
    /// The override; a key of an export is given with the whole list.
    var setting: String { key.hasPrefix("export[]") ? value : "\(key)=\(value)" }
}

private let changes: [Change] = [
    Change(key: "name", value: "other"),
    Change(key: "seed", value: "8"),
    Change(key: "task", value: "classify", beside: labelled),
    Change(key: "model.path", value: TinyModel.gguf.path),
    Change(key: "model.precision", value: "bf16"),

    Change(key: "data.train", value: "held.jsonl"),
    Change(key: "data.held_out", value: "train.jsonl"),
    Change(key: "data.val_size", value: "4"),
    Change(key: "data.format", value: "text", beside: ["data.template={text: \"{prompt} {completion}\"}"]),
    Change(key: "data.columns", value: "{completion: prompt, prompt: completion}"),
    Change(key: "data.labels", value: "[a, b, c]", beside: labelled),
    Change(key: "data.chat_template", value: "\"{% for m in messages %}<{{ m.content }}>{% endfor %}\"", beside: chat),
    Change(
        key: "data.template_date", value: "2024-02-29",
        beside: chat + [
            "data.chat_template=\"{{ strftime_now('%Y') }}{% for m in messages %}<{{ m.content }}>{% endfor %}\""
        ]),
    Change(key: "data.max_length", value: "20", beside: ["data.too_long=truncate"]),
    Change(key: "data.too_long", value: "drop", beside: ["data.max_length=20", "data.too_long=truncate"]),
    Change(key: "data.train_on_prompt", value: "true"),
    Change(key: "data.prompt_style", value: "plain", beside: ["model.path=\(TinyModel.chat.path)"]),
    Change(key: "data.system", value: "Be brief.", beside: chat),
    Change(key: "data.train_on", value: "last", beside: chat),
    Change(key: "data.template", value: "{prompt: \"Q: {prompt}\"}"),
    Change(key: "data.label_words", value: "{a: cat}", beside: labelled),
    Change(key: "data.roles", value: "{user: assistant, assistant: user}", beside: chat),
    Change(
        key: "data.turn_roles", value: "[assistant, user]",
        beside: [
            "model.path=\(TinyModel.chat.path)", "data.train=bare.jsonl", "data.held_out=bare.jsonl",
            "data.turn_roles=[user, assistant]",
        ]),
    Change(key: "data.shuffle", value: "false"),
    Change(key: "data.steps", value: "[sample: { size: 12 }]"),
    Change(key: "data.split.by", value: "row", beside: ["data.val_size=6"]),
    Change(key: "data.split.group_by", value: "kind", beside: ["data.val_size=6"]),
    Change(key: "data.split.time_field", value: "kind", beside: ["data.val_size=6"]),
    Change(key: "data.split.stratify_by", value: "kind", beside: ["data.val_size=6"]),
    Change(key: "data.split.near_together", value: "false", beside: ["data.val_size=6"]),
    Change(key: "data.leakage", value: "drop", beside: ["data.held_out=train.jsonl"]),
    Change(key: "data.layout", value: "csv"),
    Change(key: "data.encoding", value: "utf-16le"),
    Change(key: "data.separator", value: "\";\"", beside: table),
    Change(key: "data.quotes", value: "none", beside: table),
    Change(
        key: "data.documents", value: "file",
        beside: ["data.train=lines.txt", "data.held_out=lines.txt", "data.format=text"]),
    Change(key: "data.column_names", value: "[prompt, completion, kind]", beside: table),
    Change(key: "data.records", value: "second", beside: ["data.train=two.json", "data.records=first"]),
    Change(key: "data.max_bad_rows", value: "3", beside: ["data.train=broken.jsonl"]),
    Change(key: "data.mix", value: "[{path: train.jsonl}, {path: held.jsonl, weight: 3}]", beside: ["data.train=[]"]),
    Change(
        key: "data.mix_exhausted", value: "stop",
        beside: ["data.train=[]", "data.mix=[{path: train.jsonl}, {path: held.jsonl, weight: 3}]"]),

    Change(key: "adapter.method", value: "dora"),
    Change(key: "adapter.r", value: "2"),
    Change(key: "adapter.alpha", value: "3"),
    Change(key: "adapter.dropout", value: "0.3"),
    Change(key: "adapter.target_modules", value: "[q_proj]"),
    Change(key: "adapter.use_rslora", value: "true"),
    Change(key: "adapter.rank_pattern", value: "{q_proj: 2}"),
    Change(key: "adapter.alpha_pattern", value: "{q_proj: 2}"),
    Change(key: "adapter.continue_from", value: "first", beside: ["name=fresh"]),
    Change(key: "adapter.layers", value: "[0]"),

    Change(
        key: "head.multi_label", value: "true", beside: headed + ["data.train=many.jsonl", "data.held_out=many.jsonl"]),
    Change(key: "head.class_weights", value: "balanced", beside: headed),
    Change(key: "head.focal_gamma", value: "2", beside: headed),

    Change(key: "embed.objective", value: "triplet", beside: embedded),
    Change(key: "embed.scale", value: "5", beside: embedded),
    Change(key: "embed.margin", value: "0.25", beside: embedded + ["embed.objective=triplet"]),
    Change(key: "embed.distance", value: "cosine", beside: embedded + ["embed.objective=triplet"]),
    Change(key: "embed.dimensions", value: "[16, 8]", beside: embedded),
    Change(key: "embed.pooling", value: "last", beside: embedded),
    Change(key: "embed.normalize", value: "false", beside: embedded + ["embed.objective=triplet"]),
    Change(key: "embed.skip_duplicates", value: "false", beside: embedded),

    Change(key: "train.epochs", value: "2", beside: ["train.max_steps=null"]),
    Change(key: "train.max_steps", value: "2"),
    Change(key: "train.batch_size", value: "2"),
    Change(key: "train.objective", value: "dpo", effect: .refused("train.objective: dpo")),
    Change(key: "train.dpo_beta", value: "0.5", beside: pairs),
    Change(key: "train.memory_limit", value: "1MiB", effect: .refused("train.memory_limit")),
    Change(key: "train.optimizer", value: "lion"),
    Change(key: "train.learning_rate", value: "2e-3"),
    Change(key: "train.lr_scheduler", value: "linear"),
    Change(key: "train.warmup_ratio", value: "0.5"),
    Change(key: "train.warmup_steps", value: "2"),
    Change(key: "train.weight_decay", value: "0.5"),
    Change(key: "train.adam_beta1", value: "0.5"),
    Change(key: "train.adam_beta2", value: "0.5"),
    Change(key: "train.adam_epsilon", value: "0.1"),
    Change(key: "train.max_grad_norm", value: "0.01"),
    Change(key: "train.eval_every", value: "1"),
    Change(key: "train.save_every", value: "2"),
    Change(key: "train.keep_last", value: "1", beside: ["train.save_every=1"]),
    Change(key: "train.save_best", value: "false", beside: ["train.learning_rate=1", "train.eval_every=1"]),
    Change(key: "train.early_stopping_patience", value: "1", beside: ["train.learning_rate=1", "train.eval_every=1"]),
    Change(key: "train.recompute", value: "true"),
    Change(key: "train.threads", value: "1"),
    Change(key: "train.log_every", value: "2"),

    Change(key: "evaluate.enabled", value: "false"),
    Change(key: "evaluate.metrics", value: "[exact_match]"),
    Change(
        key: "evaluate.max_new_tokens", value: "1",
        beside: ["evaluate.metrics=[rouge_l]", "evaluate.max_new_tokens=24"]),
    Change(key: "evaluate.bootstrap_samples", value: "200"),
    Change(key: "evaluate.held_out", value: "{other: train.jsonl}"),
    Change(key: "evaluate.general", value: "other", beside: ["evaluate.held_out={other: train.jsonl}"]),
    Change(key: "evaluate.slices", value: "[kind]", beside: ["data.held_out=train.jsonl"]),
    Change(key: "evaluate.cluster_by", value: "kind", beside: ["data.held_out=train.jsonl"]),
    Change(key: "distill.teacher", value: TinyModel.gguf.path, beside: taught),
    Change(key: "distill.teacher_adapter", value: "first"),
    Change(key: "distill.source", value: "online", beside: taught),
    Change(key: "distill.context", value: "Tom is a cat."),
    Change(key: "distill.path", value: "kept.h5", beside: taught),
    Change(key: "distill.keep", value: "top_k", beside: taught),
    Change(key: "distill.tokens", value: "5", beside: taught),
    Change(key: "distill.k", value: "5", beside: taught + ["distill.keep=top_k"]),
    Change(key: "distill.loss", value: "reverse_kl", beside: taughtOnline),
    Change(key: "distill.beta", value: "0.1", beside: taughtOnline + ["distill.loss=jsd"]),
    Change(key: "distill.alpha", value: "0.2", beside: taughtOnline + ["distill.loss=skew_kl"]),
    Change(key: "distill.temperature", value: "2", beside: taught),
    Change(key: "distill.cross_entropy", value: "0.5", beside: taught),
    Change(key: "distill.hidden", value: "2", beside: taughtOnline),
    Change(key: "distill.hidden_layers", value: "{0: 2}", beside: taughtOnline + ["distill.hidden=2"]),
    Change(key: "distill.compare", value: "true", beside: taught),
    Change(key: "distill.margin", value: "0.1", beside: taught + ["evaluate.metrics=[rouge_l]"]),
    Change(key: "distill.prompts", value: "p.jsonl", effect: .refused("distill.prompts")),
    Change(key: "distill.variations", value: "3", effect: .refused("distill.variations")),
    Change(key: "distill.samples", value: "2", effect: .refused("distill.samples")),
    Change(key: "distill.max_new_tokens", value: "9", effect: .refused("distill.max_new_tokens")),
    Change(key: "distill.sampling_temperature", value: "0.2", effect: .refused("distill.sampling_temperature")),
    Change(key: "distill.top_p", value: "0.5", effect: .refused("distill.top_p")),
    Change(key: "distill.agreement", value: "exact", effect: .refused("distill.agreement")),
    Change(key: "distill.filters", value: "[]", effect: .refused("distill.filters")),
    Change(key: "distill.rationale", value: "1", effect: .refused("distill.rationale")),
    Change(key: "distill.label_prefix", value: "L:", effect: .refused("distill.label_prefix")),
    Change(key: "distill.rationale_prefix", value: "R:", effect: .refused("distill.rationale_prefix")),
    Change(key: "distill.on_policy_share", value: "0.3", effect: .refused("distill.on_policy_share")),
    Change(key: "distill.remote_model", value: "m", effect: .refused("distill.remote_model")),
    Change(key: "distill.key_from", value: "KEY", effect: .refused("distill.key_from")),
    Change(key: "distill.max_requests", value: "9", effect: .refused("distill.max_requests")),
    Change(key: "distill.max_tokens", value: "9", effect: .refused("distill.max_tokens")),
    Change(key: "distill.timeout", value: "9", effect: .refused("distill.timeout")),
    Change(key: "distill.retries", value: "1", effect: .refused("distill.retries")),
    Change(key: "merge.enabled", value: "true"),
    Change(key: "merge.path", value: "here", beside: ["merge.enabled=true"]),
    Change(key: "merge.dtype", value: "bf16", beside: ["merge.enabled=true"]),
    Change(
        key: "merge.allow_near_no_op", value: "true",
        beside: ["train.learning_rate=1e-9", "merge.enabled=true", "merge.dtype=bf16"]),
    Change(key: "merge.adapters", value: "[{path: first}]", beside: ["merge.enabled=true"]),
    Change(key: "merge.weight", value: "0.5", beside: combined),
    Change(key: "merge.method", value: "linear", beside: combined),
    Change(key: "merge.density", value: "0.25", beside: combined + ["merge.method=ties", "merge.density=0.5"]),
    Change(
        key: "merge.majority_sign_method", value: "frequency",
        beside: combined + ["merge.method=ties", "merge.density=0.5"]),
    Change(key: "merge.svd_rank", value: "2", beside: combined + ["merge.method=svd"]),
    Change(key: "export[].format", value: "export=[{format: hdf5}]", beside: ["export=[{format: safetensors}]"]),
    Change(
        key: "export[].what", value: "export=[{format: hdf5, what: adapter}]", beside: ["export=[{format: hdf5}]"]),
    Change(key: "export[].path", value: "export=[{format: peft, path: there}]", beside: ["export=[{format: peft}]"]),
    Change(
        key: "export[].type", value: "export=[{format: safetensors, type: fp16}]",
        beside: ["export=[{format: safetensors}]"]),
    Change(
        key: "export[].allow_near_no_op", value: "export=[{format: safetensors, type: bf16, allow_near_no_op: true}]",
        beside: ["train.learning_rate=1e-9", "export=[{format: safetensors, type: bf16}]"]),
    Change(
        key: "export[].touched_type", value: "export=[{format: safetensors, type: bf16, touched_type: fp32}]",
        beside: ["export=[{format: safetensors, type: bf16}]"]),
    Change(
        key: "export[].target_bytes", value: "export=[{format: gguf, type: bf16, target_bytes: 150%}]",
        beside: ["model.path=\(TinyModel.gguf.path)", "export=[{format: gguf, type: bf16}]"]),
    Change(
        key: "export[].target_loss", value: "export=[{format: gguf, type: bf16, target_loss: 0.001}]",
        beside: ["model.path=\(TinyModel.gguf.path)"], effect: .refused("target loss 0.001")),
    Change(key: "export[].calibrate", value: inBlocks("calibrate: none"), beside: quantised),
    Change(key: "export[].calibrate_tokens", value: inBlocks("calibrate_tokens: 64"), beside: quantised),
    Change(key: "export[].rounding", value: inBlocks("rounding: feedback"), beside: quantised),
    Change(
        key: "export[].split_max_size", value: "export=[{format: gguf, type: bf16, split_max_size: 64KiB}]",
        beside: ["model.path=\(TinyModel.gguf.path)", "export=[{format: gguf, type: bf16}]"]),
]

/// An export in blocks, of so few steps that it may be close to the base.
private func inBlocks(_ more: String) -> String {
    "export=[{format: gguf, type: Q4_0, allow_near_no_op: true, \(more)}]"
}
private let quantised = ["model.path=\(TinyModel.gguf.path)", inBlocks("rounding: nearest")]

private let chat = ["model.path=\(TinyModel.chat.path)", "data.train=chat.jsonl", "data.held_out=chat.jsonl"]
private let pairs = [
    "model.path=\(TinyModel.chat.path)", "data.train=pairs.jsonl", "data.held_out=pairs.jsonl", "train.objective=dpo",
]
private let taught = ["distill.teacher_adapter=first"]
private let taughtOnline = taught + ["distill.source=online"]
private let combined = ["merge.enabled=true", "merge.adapters=[{path: first}]"]
private let labelled = ["data.train=labels.jsonl", "data.held_out=labels.jsonl", "data.format=classification"]
private let headed = [
    "task=classify", "data.train=skewed.jsonl", "data.held_out=skewed.jsonl", "data.format=classification",
]
private let embedded = ["task=embed", "data.train=triples.jsonl", "data.held_out=triples.jsonl"]
private let table = ["data.train=rows.csv", "data.held_out=rows.csv"]

extension CommandTests {
    @Suite struct EveryKey {
        @Test func noKeyIsLeftOut() {
            #expect(Set(changes.map(\.key)) == Set(Recipe.keyPaths))
        }

        @Test func everyKeyActsOrIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                try Self.writeRows(lathe)
                var known: [[String]: String] = [:]
                /// What a run with `settings` leaves.
                func trace(_ settings: [String]) throws -> String {
                    if let trace = known[settings] { return trace }
                    let trace = try Self.trace(lathe, settings)
                    known[settings] = trace
                    return trace
                }
                let plain = try Self.trace(lathe, [])
                #expect(try Self.trace(lathe, []) == plain, "two runs of the same recipe leave the same")
                _ = try lathe.start(["train", "recipe.yaml", "--quiet", "--set", "name=start"]).wait()
                try lathe.copy(lathe.url("checkpoints/start/adapter").path, to: "first")
                for change in changes {
                    switch change.effect {
                    case .acts:
                        let before = try trace(change.beside)
                        let after = try trace(change.beside + [change.setting])
                        #expect(before != after, "\(change.testDescription) changes nothing")
                        #expect(
                            !after.hasPrefix("failed") || change.key.hasPrefix("data."),
                            "\(change.testDescription): \(after)")
                    case .refused(let words):
                        let outcome = try Self.run(lathe, change.beside + [change.setting])
                        #expect(
                            outcome.code != 0 && outcome.errors.contains(words),
                            "\(change.testDescription): \(outcome.errors)")
                    }
                }
            }
        }

        @Test func whatIsIdleIsRefusedWithItsPlace() throws {
            let model = "name: x\nmodel: { path: m }\n"
            func expectIdle(_ yaml: String, _ key: String) {
                let found = (try? Recipe.load(yaml: yaml, file: "r.yaml"))?.idleKeys ?? []
                #expect(found.map(\.kind) == [.noEffect] && found.first?.keyPath == key, "\(key): \(found)")
                #expect((found.first?.place.line ?? 0) > 1)
            }
            for (yaml, key) in IdleSettings.beside {
                expectIdle(model + "data: { train: t, held_out: h }\n" + yaml + "\n", key)
            }
            for (yaml, key) in IdleSettings.withoutHeldOutRows {
                expectIdle(model + "data: { train: t }\n" + yaml + "\n", key)
            }
            for (members, key) in IdleSettings.inData { expectIdle(model + "data: { train: t, \(members) }\n", key) }
            // An override that makes a key of the file idle is meant: it is only told.
            let recipe = try Recipe.load(
                yaml: model + "data: { train: t, held_out: h }\nevaluate: { metrics: [rouge_l] }\n", file: "r.yaml",
                overrides: ["evaluate.enabled=false"])
            #expect(recipe.notices.map(\.keyPath) == ["evaluate.metrics"] && recipe.idleKeys.isEmpty)
            try LatheCommand.inFolder { lathe in
                try lathe.write("recipe.yaml", LatheCommand.recipe + "merge: { path: there }\n")
                for verb in [["train"], ["plan"], ["prepare"], ["recipe", "check"]] {
                    try lathe.start(verb + ["recipe.yaml"]).wait()
                        .expectFailure(65, "recipe.yaml:17:10: merge.path: has no effect: merge.enabled is false")
                }
            }
        }

        @Test func anAdapterThatIsTrainedFurtherKeepsItsShape() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(lathe.train(), to: "first")
                let bare = LatheCommand.recipe.replacing("  r: 4\n  alpha: 8\n", with: "  continue_from: first\n")
                    .replacing("name: tiny", with: "name: further")
                try lathe.write("further.yaml", bare)
                for (key, value) in [
                    ("r", "8"), ("alpha", "3"), ("use_rslora", "true"), ("target_modules", "[q_proj]"),
                    ("layers", "[0]"),
                    ("rank_pattern", "{q_proj: 2}"), ("alpha_pattern", "{q_proj: 2}"),
                ] {
                    try lathe("train", "further.yaml", "--set", "adapter.\(key)=\(value)").expectFailure(
                        65, "adapter.\(key)", "first")
                }
                let same = try lathe(
                    "train", "further.yaml", "--json", "--set", "adapter.r=4", "--set", "adapter.alpha=8")
                #expect(same.code == 0, "\(same.errors)")
                // The recipe that the run left is one, and means the same.
                let again = try lathe("train", "checkpoints/further/recipe.yaml", "--json")
                #expect(again.errors.contains("nothing is done"), "\(again.errors)")
                let dropout = try lathe("train", "further.yaml", "--json", "--fresh", "--set", "adapter.dropout=0.3")
                #expect(try dropout.json["adapter_sha256"] != same.json["adapter_sha256"], "\(dropout.errors)")
            }
        }

        // MARK: Runs and what they leave

        private static func run(_ lathe: LatheCommand, _ settings: [String]) throws -> Outcome {
            try? FileManager.default.removeItem(at: lathe.url("checkpoints"))
            for place in ["here", "there"] { try? FileManager.default.removeItem(at: lathe.url(place)) }
            return try lathe.start(
                [
                    "run", "recipe.yaml", "--json", "--quiet", "--set", "train.save_every=0", "--set",
                    "train.max_steps=4",
                ] + settings.flatMap { ["--set", $0] }
            ).wait()
        }

        /// Everything that a run leaves, but for times, speeds and its recipe; where it fails, why.
        private static func trace(_ lathe: LatheCommand, _ settings: [String]) throws -> String {
            let outcome = try run(lathe, settings)
            guard outcome.code == 0 else { return "failed: \(outcome.errors)" }
            var lines: [String] = []
            let report = try #require(try outcome.json.object)
            for member in report.members
            where !["tokens_per_second", "peak_memory_bytes", "stages", "run_directory"].contains(member.key) {
                let text = member.value.text().replacing(#/"tokens_per_second":[^,}]*/#, with: "")
                lines.append("\(member.key): \(text)")
            }
            for root in ["checkpoints", "here", "there"] {
                let paths =
                    FileManager.default.enumerator(atPath: lathe.url(root).path)?.compactMap { $0 as? String } ?? []
                for path in paths.sorted() {
                    let size =
                        (path.contains("merged") || path.contains("export")) && path.hasSuffix("tensors")
                        ? "\((try? Data(contentsOf: lathe.url("\(root)/\(path)")).count) ?? 0)" : ""
                    lines.append("\(root)/\(path) \(size)".replacing(#/tfevents.*/#, with: ""))
                }
            }
            for path in try FileManager.default.contentsOfDirectory(atPath: lathe.url("checkpoints").path) {
                let record = try JSONValue(parsing: lathe.text("checkpoints/\(path)/run.json"))
                lines.append(record["fingerprint"]?["parts"]?.text() ?? "")
                for line in try lathe.text("checkpoints/\(path)/events.jsonl").split(separator: "\n") {
                    let event = try JSONValue(parsing: String(line)).object ?? JSONObject()
                    let kept = event.members.filter {
                        !["time", "tokens_per_second", "seconds_left", "seconds"].contains($0.key)
                    }
                    lines.append(JSONValue.object(JSONObject(kept)).text())
                }
            }
            return lines.joined(separator: "\n")
        }

        private static func writeRows(_ lathe: LatheCommand) throws {
            func lines(_ count: Int, _ row: (Int) -> String) -> String { (0..<count).map { row($0) + "\n" }.joined() }
            let names = ["Tom", "Lily", "Ben", "Sue"]
            try lathe.write(
                "train.jsonl",
                lines(24) {
                    #"{"prompt": "\#(names[$0 % 4]) saw \#($0 / 2) cats.", "completion": "\#(names[($0 + 1) % 4]) saw \#($0 * 3) dogs in the park.", "kind": \#($0 % 3)}"#
                })
            try lathe.write(
                "bare.jsonl",
                lines(8) {
                    #"{"messages": [{"content": "hi \#($0)"}, {"content": "yes \#($0)"}, {"content": "why"}, {"content": "so"}]}"#
                })
            try lathe.write(
                "chat.jsonl",
                lines(8) {
                    #"{"messages": [{"role": "user", "content": "hi \#($0)"}, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "a cat"}, {"role": "assistant", "content": "a dog \#($0)"}]}"#
                })
            try lathe.write(
                "pairs.jsonl",
                lines(8) {
                    #"{"prompt": "Where is \#(names[$0 % 4])? \#($0)", "chosen": "at home", "rejected": "a cat \#($0)"}"#
                })
            // The second texts are few: some of a step are the same.
            try lathe.write(
                "triples.jsonl",
                lines(12) {
                    #"{"anchor": "\#(names[$0 % 4]) saw \#($0) cats", "positive": "\#(names[$0 % 2]) was there", "negative": "a dog \#($0)"}"#
                })
            try lathe.write(
                "labels.jsonl",
                lines(12) { #"{"text": "\#(names[$0 % 4]) saw \#($0) cats", "label": "\#($0 % 2 == 0 ? "a" : "b")"}"# })
            try lathe.write(
                "skewed.jsonl",
                lines(12) { #"{"text": "\#(names[$0 % 4]) saw \#($0) cats", "label": "\#($0 % 3 == 0 ? "a" : "b")"}"# })
            try lathe.write(
                "many.jsonl",
                lines(12) {
                    #"{"text": "\#(names[$0 % 4]) saw \#($0) cats", "label": \#(["[]", #"["a"]"#, #"["b", "a"]"#][$0 % 3])}"#
                })
            try lathe.write(
                "rows.csv", "prompt,completion,kind\n" + lines(8) { "\"\(names[$0 % 4]) saw\",\"a cat \($0)\",1" })
            try lathe.write("lines.txt", lines(12) { "\(names[$0 % 4]) saw \($0) cats in the park." })
            let one = #"{"prompt": "Tom saw.", "completion": "a cat"}"#
            try lathe.write(
                "two.json",
                #"{"first": [\#(one), \#(one)], "second": [{"prompt": "Lily had.", "completion": "a dog"}, \#(one)]}"#)
            try lathe.write(
                "broken.jsonl", lines(8) { #"{"prompt": "Tom saw \#($0).", "completion": "a cat"}"# } + "{\n")
        }
    }
}
