// What each key of a recipe is changed to, and what that shows.

import TestSupport
import Testing

/// What changing a key shows.
enum KeyEffect {
    /// The run leaves something else: adapter, rows, scores, files, curve, plan of its steps.
    case acts
    /// The run ends with an error that says this.
    case refused(String)
}

/// One key, changed beside other settings.
struct KeyChange: CustomTestStringConvertible {
    let key: String
    let value: String
    /// What both runs have, the one with the key and the one without.
    var beside: [String] = []
    var effect = KeyEffect.acts

    var testDescription: String { "\(key)=\(value)" }
    /// The override; a key of an export is given with the whole list.
    var setting: String { key.hasPrefix("export[]") ? value : "\(key)=\(value)" }
}

/// An adapter whose ranks are given up.
private let budgeted = ["adapter.method=adalora", "adapter.init_r=4", "adapter.target_r=2"]

let keyChanges: [KeyChange] = [
    KeyChange(key: "name", value: "other"),
    KeyChange(key: "seed", value: "8"),
    KeyChange(key: "task", value: "classify", beside: labelled),
    KeyChange(key: "model.path", value: TinyModel.gguf.path),
    KeyChange(key: "model.precision", value: "bf16"),

    KeyChange(key: "data.train", value: "held.jsonl"),
    KeyChange(key: "data.held_out", value: "train.jsonl"),
    KeyChange(key: "data.val_size", value: "4"),
    KeyChange(key: "data.format", value: "text", beside: ["data.template={text: \"{prompt} {completion}\"}"]),
    KeyChange(key: "data.columns", value: "{completion: prompt, prompt: completion}"),
    KeyChange(key: "data.labels", value: "[a, b, c]", beside: labelled),
    KeyChange(
        key: "data.chat_template", value: "\"{% for m in messages %}<{{ m.content }}>{% endfor %}\"", beside: chat),
    KeyChange(
        key: "data.template_date", value: "2024-02-29",
        beside: chat + [
            "data.chat_template=\"{{ strftime_now('%Y') }}{% for m in messages %}<{{ m.content }}>{% endfor %}\""
        ]),
    KeyChange(key: "data.max_length", value: "20", beside: ["data.too_long=truncate"]),
    KeyChange(key: "data.too_long", value: "drop", beside: ["data.max_length=20", "data.too_long=truncate"]),
    KeyChange(key: "data.train_on_prompt", value: "true"),
    KeyChange(key: "data.prompt_style", value: "plain", beside: ["model.path=\(TinyModel.chat.path)"]),
    KeyChange(key: "data.system", value: "Be brief.", beside: chat),
    KeyChange(key: "data.train_on", value: "last", beside: chat),
    KeyChange(key: "data.template", value: "{prompt: \"Q: {prompt}\"}"),
    KeyChange(key: "data.label_words", value: "{a: cat}", beside: labelled),
    KeyChange(key: "data.roles", value: "{user: assistant, assistant: user}", beside: chat),
    KeyChange(
        key: "data.turn_roles", value: "[assistant, user]",
        beside: [
            "model.path=\(TinyModel.chat.path)", "data.train=bare.jsonl", "data.held_out=bare.jsonl",
            "data.turn_roles=[user, assistant]",
        ]),
    KeyChange(key: "data.shuffle", value: "false"),
    KeyChange(key: "data.steps", value: "[sample: { size: 12 }]"),
    KeyChange(key: "data.split.by", value: "row", beside: ["data.val_size=6"]),
    KeyChange(key: "data.split.group_by", value: "kind", beside: ["data.val_size=6"]),
    KeyChange(key: "data.split.time_field", value: "kind", beside: ["data.val_size=6"]),
    KeyChange(key: "data.split.stratify_by", value: "kind", beside: ["data.val_size=6"]),
    KeyChange(key: "data.split.near_together", value: "false", beside: ["data.val_size=6"]),
    KeyChange(key: "data.leakage", value: "drop", beside: ["data.held_out=train.jsonl"]),
    KeyChange(key: "data.layout", value: "csv"),
    KeyChange(key: "data.encoding", value: "utf-16le"),
    KeyChange(key: "data.separator", value: "\";\"", beside: table),
    KeyChange(key: "data.quotes", value: "none", beside: table),
    KeyChange(
        key: "data.documents", value: "file",
        beside: ["data.train=lines.txt", "data.held_out=lines.txt", "data.format=text"]),
    KeyChange(key: "data.column_names", value: "[prompt, completion, kind]", beside: table),
    KeyChange(key: "data.records", value: "second", beside: ["data.train=two.json", "data.records=first"]),
    KeyChange(key: "data.max_bad_rows", value: "3", beside: ["data.train=broken.jsonl"]),
    KeyChange(
        key: "data.mix", value: "[{path: train.jsonl}, {path: held.jsonl, weight: 3}]", beside: ["data.train=[]"]),
    KeyChange(
        key: "data.mix_exhausted", value: "stop",
        beside: ["data.train=[]", "data.mix=[{path: train.jsonl}, {path: held.jsonl, weight: 3}]"]),

    KeyChange(key: "adapter.method", value: "dora"),
    KeyChange(key: "adapter.r", value: "2"),
    KeyChange(key: "adapter.alpha", value: "3"),
    KeyChange(key: "adapter.dropout", value: "0.3"),
    KeyChange(key: "adapter.target_modules", value: "[q_proj]"),
    KeyChange(key: "adapter.use_rslora", value: "true"),
    KeyChange(key: "adapter.rank_pattern", value: "{q_proj: 2}"),
    KeyChange(key: "adapter.alpha_pattern", value: "{q_proj: 2}"),
    KeyChange(key: "adapter.continue_from", value: "first", beside: ["name=fresh"]),
    KeyChange(key: "adapter.layers", value: "[0]"),
    KeyChange(
        key: "adapter.feedforward_modules", value: "[up_proj]",
        beside: ["adapter.method=ia3", "adapter.target_modules=all-linear"]),
    KeyChange(key: "adapter.projection_prng_key", value: "5", beside: ["adapter.method=vera"]),
    KeyChange(key: "adapter.d_initial", value: "0.3", beside: ["adapter.method=vera"]),
    KeyChange(key: "adapter.decompose_factor", value: "4", beside: ["adapter.method=lokr"]),
    KeyChange(
        key: "adapter.decompose_both", value: "true",
        beside: ["adapter.method=lokr", "adapter.r=2", "adapter.decompose_factor=16"]),
    KeyChange(key: "adapter.init_r", value: "6", beside: ["adapter.method=adalora", "adapter.target_r=2"]),
    KeyChange(key: "adapter.target_r", value: "3", beside: budgeted),
    KeyChange(key: "adapter.tinit", value: "1", beside: budgeted),
    KeyChange(key: "adapter.tfinal", value: "1", beside: budgeted),
    KeyChange(key: "adapter.deltaT", value: "2", beside: budgeted),
    KeyChange(key: "adapter.beta1", value: "0.5", beside: budgeted),
    KeyChange(key: "adapter.beta2", value: "0.5", beside: budgeted),
    KeyChange(key: "adapter.orth_reg_weight", value: "0.1", beside: budgeted),
    KeyChange(key: "adapter.modules_to_save", value: "[norm]"),
    KeyChange(key: "adapter.bias", value: "all", effect: .refused("adapter.bias")),
    KeyChange(key: "adapter.trainable_token_indices", value: "[5, 9]"),
    KeyChange(key: "adapter.init_lora_weights", value: "pissa"),
    KeyChange(key: "adapter.init_rows", value: "2", beside: ["adapter.init_lora_weights=eva"]),
    KeyChange(key: "adapter.eva_config", value: "{rho: 1.0}", beside: ["adapter.init_lora_weights=eva"]),
    KeyChange(
        key: "adapter.lora_ga_config", value: "{direction: ArBr}", beside: ["adapter.init_lora_weights=lora_ga"]),
    KeyChange(
        key: "adapter.loftq_model", value: "nowhere", beside: ["adapter.init_lora_weights=loftq"],
        effect: .refused("the model of adapter.loftq_model")),
    // The recipe has a rank and an alpha.
    KeyChange(
        key: "adapter.num_virtual_tokens", value: "3", effect: .refused("which trains virtual tokens alone")),
    KeyChange(key: "adapter.prefix_tuning", value: "true", effect: .refused("no virtual tokens")),
    KeyChange(key: "adapter.prompt_tuning_init_text", value: "a cat", effect: .refused("no virtual tokens")),

    KeyChange(
        key: "head.multi_label", value: "true", beside: headed + ["data.train=many.jsonl", "data.held_out=many.jsonl"]),
    KeyChange(key: "head.class_weights", value: "balanced", beside: headed),
    KeyChange(key: "head.focal_gamma", value: "2", beside: headed),
    KeyChange(
        key: "head.threshold_size", value: "0.25",
        beside: headed + ["head.multi_label=true", "data.train=many.jsonl", "data.held_out=many.jsonl"]),

    KeyChange(key: "embed.objective", value: "triplet", beside: embedded),
    KeyChange(key: "embed.scale", value: "5", beside: embedded),
    KeyChange(key: "embed.margin", value: "0.25", beside: embedded + ["embed.objective=triplet"]),
    KeyChange(key: "embed.distance", value: "cosine", beside: embedded + ["embed.objective=triplet"]),
    KeyChange(key: "embed.dimensions", value: "[16, 8]", beside: embedded),
    KeyChange(key: "embed.pooling", value: "last", beside: embedded),
    KeyChange(key: "embed.normalize", value: "false", beside: embedded + ["embed.objective=triplet"]),
    KeyChange(key: "embed.skip_duplicates", value: "false", beside: embedded),

    KeyChange(key: "train.epochs", value: "2", beside: ["train.max_steps=null"]),
    KeyChange(key: "train.max_steps", value: "2"),
    KeyChange(key: "train.batch_size", value: "2"),
    KeyChange(key: "train.objective", value: "dpo", effect: .refused("train.objective: dpo")),
    KeyChange(key: "train.dpo_beta", value: "0.5", beside: pairs),
    KeyChange(key: "train.beta", value: "0.5", beside: pairs),
    KeyChange(key: "train.reference_adapter", value: "first", beside: pairs),
    KeyChange(key: "train.loss_type", value: "ipo", beside: pairs),
    KeyChange(key: "train.loss_weights", value: "[0.5]", beside: pairs + ["train.loss_type=[hinge]"]),
    KeyChange(key: "train.label_smoothing", value: "0.2", beside: pairs + ["train.loss_type=robust"]),
    KeyChange(key: "train.ld_alpha", value: "0.5", beside: pairs),
    KeyChange(key: "train.rpo_alpha", value: "1", beside: pairs),
    KeyChange(key: "train.f_divergence_type", value: "js_divergence", beside: pairs),
    KeyChange(
        key: "train.f_alpha_divergence_coef", value: "0.2",
        beside: pairs + ["train.f_divergence_type=alpha_divergence", "train.learning_rate=1e-5"]),
    KeyChange(key: "train.discopop_tau", value: "0.5", beside: pairs + ["train.loss_type=discopop"]),
    KeyChange(key: "train.cpo_alpha", value: "0.5", beside: pairs + ["train.objective=cpo"]),
    KeyChange(key: "train.alpha", value: "0.01", beside: pairs + ["train.objective=cpo"]),
    KeyChange(key: "train.desirable_weight", value: "2", beside: rated),
    KeyChange(key: "train.undesirable_weight", value: "2", beside: rated),
    KeyChange(key: "train.desirable_above", value: "2.5", beside: rated),
    KeyChange(
        key: "train.center_rewards_coefficient", value: "0.5",
        beside: pairs + ["task=regress", "train.objective=reward"]),
    KeyChange(key: "train.simpo_gamma", value: "1", beside: pairs + ["train.objective=simpo"]),
    KeyChange(key: "train.rewards", value: "[{kind: regex, pattern: o}]", beside: rewarded),
    KeyChange(key: "train.num_generations", value: "3", beside: rewarded),
    KeyChange(key: "train.temperature", value: "0.5", beside: rewarded),
    KeyChange(key: "train.top_p", value: "0.5", beside: rewarded),
    KeyChange(key: "train.max_completion_length", value: "3", beside: rewarded),
    KeyChange(key: "train.epsilon", value: "1e-9", beside: rewarded + ["train.num_iterations=2"]),
    KeyChange(key: "train.epsilon_high", value: "1e-9", beside: rewarded + ["train.num_iterations=2"]),
    KeyChange(key: "train.scale_rewards", value: "none", beside: rewarded),
    KeyChange(key: "train.normalize_advantages", value: "true", beside: rewarded + ["train.objective=rloo"]),
    KeyChange(key: "train.use_bias_correction_kl", value: "false", beside: rewarded + ["train.beta=0.5"]),
    KeyChange(key: "train.num_iterations", value: "2", beside: rewarded),
    KeyChange(key: "train.memory_limit", value: "1MiB", effect: .refused("train.memory_limit")),
    KeyChange(key: "train.optimizer", value: "lion"),
    KeyChange(key: "train.learning_rate", value: "2e-3"),
    KeyChange(key: "train.lr_scheduler", value: "linear"),
    KeyChange(key: "train.lr_scheduler_kwargs", value: "{num_cycles: 2}"),
    KeyChange(key: "train.warmup_ratio", value: "0.5"),
    KeyChange(key: "train.warmup_steps", value: "2"),
    KeyChange(key: "train.weight_decay", value: "0.5"),
    KeyChange(key: "train.adam_beta1", value: "0.5"),
    KeyChange(key: "train.adam_beta2", value: "0.5"),
    KeyChange(key: "train.adam_epsilon", value: "0.1"),
    KeyChange(key: "train.parameter_groups", value: "[{pattern: lora_B, learning_rate_factor: 3}]"),
    KeyChange(key: "train.loraplus_lr_ratio", value: "4"),
    KeyChange(key: "train.loraplus_weight_decay", value: "0.5", beside: ["train.loraplus_lr_ratio=4"]),
    KeyChange(key: "train.neftune_noise_alpha", value: "5"),
    KeyChange(key: "train.ema_decay", value: "0.5"),
    KeyChange(key: "train.adafactor_scale_parameter", value: "true", beside: ["train.optimizer=adafactor"]),
    KeyChange(key: "train.muon_momentum", value: "0.5", beside: muon),
    KeyChange(key: "train.muon_nesterov", value: "false", beside: muon),
    KeyChange(key: "train.muon_ns_steps", value: "2", beside: muon),
    KeyChange(key: "train.muon_adjust_lr_fn", value: "original", beside: muon),
    KeyChange(key: "train.max_grad_norm", value: "0.01"),
    KeyChange(key: "train.eval_every", value: "1"),
    KeyChange(key: "train.save_every", value: "2"),
    KeyChange(key: "train.keep_last", value: "1", beside: ["train.save_every=1"]),
    KeyChange(key: "train.save_best", value: "false", beside: ["train.learning_rate=1", "train.eval_every=1"]),
    KeyChange(
        key: "train.early_stopping_patience", value: "1", beside: ["train.learning_rate=1", "train.eval_every=1"]),
    KeyChange(key: "train.recompute", value: "true"),
    KeyChange(key: "train.threads", value: "1"),
    KeyChange(key: "train.log_every", value: "2"),

    KeyChange(key: "evaluate.enabled", value: "false"),
    KeyChange(key: "evaluate.metrics", value: "[exact_match]"),
    KeyChange(
        key: "evaluate.max_new_tokens", value: "1",
        beside: ["evaluate.metrics=[rouge_l]", "evaluate.max_new_tokens=24"]),
    KeyChange(
        key: "evaluate.few_shot", value: "2",
        beside: ["evaluate.metrics=[rouge_l]", "evaluate.few_shot_from=train.jsonl"]),
    KeyChange(
        key: "evaluate.few_shot_from", value: "held.jsonl",
        beside: ["evaluate.metrics=[rouge_l]", "evaluate.few_shot=2", "evaluate.few_shot_from=train.jsonl"]),
    KeyChange(key: "evaluate.reward_model", value: "first", effect: .refused("no head that gives answers numbers")),
    KeyChange(key: "evaluate.bootstrap_samples", value: "200"),
    KeyChange(key: "evaluate.held_out", value: "{other: train.jsonl}"),
    KeyChange(key: "evaluate.general", value: "other", beside: ["evaluate.held_out={other: train.jsonl}"]),
    KeyChange(key: "evaluate.slices", value: "[kind]", beside: ["data.held_out=train.jsonl"]),
    KeyChange(key: "evaluate.cluster_by", value: "kind", beside: ["data.held_out=train.jsonl"]),
    KeyChange(key: "distill.teacher", value: TinyModel.gguf.path, beside: taught),
    KeyChange(key: "distill.teacher_adapter", value: "first"),
    KeyChange(key: "distill.source", value: "online", beside: taught),
    KeyChange(key: "distill.context", value: "Tom is a cat."),
    KeyChange(key: "distill.path", value: "kept.h5", beside: taught),
    KeyChange(key: "distill.keep", value: "top_k", beside: taught),
    KeyChange(key: "distill.tokens", value: "5", beside: taught),
    KeyChange(key: "distill.k", value: "5", beside: taught + ["distill.keep=top_k"]),
    KeyChange(key: "distill.loss", value: "reverse_kl", beside: taughtOnline),
    KeyChange(key: "distill.beta", value: "0.1", beside: taughtOnline + ["distill.loss=jsd"]),
    KeyChange(key: "distill.alpha", value: "0.2", beside: taughtOnline + ["distill.loss=skew_kl"]),
    KeyChange(key: "distill.temperature", value: "2", beside: taught),
    KeyChange(key: "distill.cross_entropy", value: "0.5", beside: taught),
    KeyChange(key: "distill.hidden", value: "2", beside: taughtOnline),
    KeyChange(key: "distill.hidden_layers", value: "{0: 2}", beside: taughtOnline + ["distill.hidden=2"]),
    KeyChange(key: "distill.compare", value: "true", beside: taught),
    KeyChange(key: "distill.margin", value: "0.1", beside: taught + ["evaluate.metrics=[rouge_l]"]),
    KeyChange(key: "distill.prompts", value: "p.jsonl", effect: .refused("distill.prompts")),
    KeyChange(key: "distill.variations", value: "3", effect: .refused("distill.variations")),
    KeyChange(key: "distill.samples", value: "2", effect: .refused("distill.samples")),
    KeyChange(key: "distill.max_new_tokens", value: "9", effect: .refused("distill.max_new_tokens")),
    KeyChange(key: "distill.sampling_temperature", value: "0.2", effect: .refused("distill.sampling_temperature")),
    KeyChange(key: "distill.top_p", value: "0.5", effect: .refused("distill.top_p")),
    KeyChange(key: "distill.agreement", value: "exact", effect: .refused("distill.agreement")),
    KeyChange(key: "distill.filters", value: "[]", effect: .refused("distill.filters")),
    KeyChange(key: "distill.rationale", value: "1", effect: .refused("distill.rationale")),
    KeyChange(key: "distill.label_prefix", value: "L:", effect: .refused("distill.label_prefix")),
    KeyChange(key: "distill.rationale_prefix", value: "R:", effect: .refused("distill.rationale_prefix")),
    KeyChange(key: "distill.on_policy_share", value: "0.3", effect: .refused("distill.on_policy_share")),
    KeyChange(key: "distill.remote_model", value: "m", effect: .refused("distill.remote_model")),
    KeyChange(key: "distill.key_from", value: "KEY", effect: .refused("distill.key_from")),
    KeyChange(key: "distill.max_requests", value: "9", effect: .refused("distill.max_requests")),
    KeyChange(key: "distill.max_tokens", value: "9", effect: .refused("distill.max_tokens")),
    KeyChange(key: "distill.timeout", value: "9", effect: .refused("distill.timeout")),
    KeyChange(key: "distill.retries", value: "1", effect: .refused("distill.retries")),
    KeyChange(key: "sweep", value: "{train.learning_rate: [1e-3, 1e-2]}", effect: .refused(unread)),
    KeyChange(key: "search.method", value: "grid", effect: .refused(unread)),
    KeyChange(key: "search.val_size", value: "0.2", effect: .refused(unread)),
    KeyChange(key: "search.factor", value: "2", effect: .refused(unread)),
    KeyChange(key: "search.min_steps", value: "2", effect: .refused(unread)),
    KeyChange(key: "search.trials", value: "2", effect: .refused(unread)),
    KeyChange(key: "merge.enabled", value: "true"),
    KeyChange(key: "merge.path", value: "here", beside: ["merge.enabled=true"]),
    KeyChange(key: "merge.dtype", value: "bf16", beside: ["merge.enabled=true"]),
    KeyChange(
        key: "merge.allow_near_no_op", value: "true",
        beside: ["train.learning_rate=1e-9", "merge.enabled=true", "merge.dtype=bf16"]),
    KeyChange(key: "merge.adapters", value: "[{path: first}]", beside: ["merge.enabled=true"]),
    KeyChange(key: "merge.weight", value: "0.5", beside: combined),
    KeyChange(key: "merge.method", value: "linear", beside: combined),
    KeyChange(key: "merge.density", value: "0.25", beside: combined + ["merge.method=ties", "merge.density=0.5"]),
    KeyChange(
        key: "merge.majority_sign_method", value: "frequency",
        beside: combined + ["merge.method=ties", "merge.density=0.5"]),
    KeyChange(key: "merge.svd_rank", value: "2", beside: combined + ["merge.method=svd"]),
    KeyChange(key: "export[].format", value: "export=[{format: hdf5}]", beside: ["export=[{format: safetensors}]"]),
    KeyChange(
        key: "export[].what", value: "export=[{format: hdf5, what: adapter}]", beside: ["export=[{format: hdf5}]"]),
    KeyChange(key: "export[].path", value: "export=[{format: peft, path: there}]", beside: ["export=[{format: peft}]"]),
    KeyChange(
        key: "export[].type", value: "export=[{format: safetensors, type: fp16}]",
        beside: ["export=[{format: safetensors}]"]),
    KeyChange(
        key: "export[].allow_near_no_op", value: "export=[{format: safetensors, type: bf16, allow_near_no_op: true}]",
        beside: ["train.learning_rate=1e-9", "export=[{format: safetensors, type: bf16}]"]),
    KeyChange(
        key: "export[].touched_type", value: "export=[{format: safetensors, type: bf16, touched_type: fp32}]",
        beside: ["export=[{format: safetensors, type: bf16}]"]),
    KeyChange(
        key: "export[].target_bytes", value: "export=[{format: gguf, type: bf16, target_bytes: 150%}]",
        beside: ["model.path=\(TinyModel.gguf.path)", "export=[{format: gguf, type: bf16}]"]),
    KeyChange(
        key: "export[].target_loss", value: "export=[{format: gguf, type: bf16, target_loss: 0.001}]",
        beside: ["model.path=\(TinyModel.gguf.path)"], effect: .refused("target loss 0.001")),
    KeyChange(key: "export[].calibrate", value: inBlocks("calibrate: none"), beside: quantised),
    KeyChange(key: "export[].calibrate_tokens", value: inBlocks("calibrate_tokens: 64"), beside: quantised),
    KeyChange(key: "export[].rounding", value: inBlocks("rounding: feedback"), beside: quantised),
    KeyChange(
        key: "export[].split_max_size", value: "export=[{format: gguf, type: bf16, split_max_size: 64KiB}]",
        beside: ["model.path=\(TinyModel.gguf.path)", "export=[{format: gguf, type: bf16}]"]),
]

/// An export in blocks, of so few steps that it may be close to the base.
private func inBlocks(_ more: String) -> String {
    "export=[{format: gguf, type: Q4_0, allow_near_no_op: true, \(more)}]"
}
/// Keys of `lathe sweep`, whose own tests show what they do.
private let unread = "lathe run does not read this key"
private let quantised = ["model.path=\(TinyModel.gguf.path)", inBlocks("rounding: nearest")]

private let chat = ["model.path=\(TinyModel.chat.path)", "data.train=chat.jsonl", "data.held_out=chat.jsonl"]
private let pairs = [
    "model.path=\(TinyModel.chat.path)", "data.train=pairs.jsonl", "data.held_out=pairs.jsonl", "train.objective=dpo",
]
private let rated = [
    "model.path=\(TinyModel.chat.path)", "data.train=rated.jsonl", "data.held_out=rated.jsonl", "train.objective=kto",
]
private let rewarded = [
    "train.objective=grpo", "train.rewards=[{kind: regex, pattern: a}]", "train.num_generations=4",
    "train.max_completion_length=6", "evaluate.max_new_tokens=2",
]
private let muon = ["train.optimizer=muon"]
private let taught = ["distill.teacher_adapter=first"]
private let taughtOnline = taught + ["distill.source=online"]
private let combined = ["merge.enabled=true", "merge.adapters=[{path: first}]"]
private let labelled = ["data.train=labels.jsonl", "data.held_out=labels.jsonl", "data.format=classification"]
private let headed = [
    "task=classify", "data.train=skewed.jsonl", "data.held_out=skewed.jsonl", "data.format=classification",
]
private let embedded = ["task=embed", "data.train=triples.jsonl", "data.held_out=triples.jsonl"]
private let table = ["data.train=rows.csv", "data.held_out=rows.csv"]
