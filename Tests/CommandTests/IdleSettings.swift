// Settings in which a key of a recipe does nothing, with that key.

/// Recipes that ask for what has no effect.
enum IdleSettings {
    /// Keys beside which others have no effect: refused in the recipe, with the place.
    static let beside: [(yaml: String, key: String)] = [
        ("evaluate: { enabled: false, metrics: [rouge_l] }", "evaluate.metrics"),
        ("evaluate: { enabled: false, bootstrap_samples: 500 }", "evaluate.bootstrap_samples"),
        ("evaluate: { max_new_tokens: 5 }", "evaluate.max_new_tokens"),
        ("evaluate: { max_new_tokens: 5, metrics: [accuracy, macro_f1] }", "evaluate.max_new_tokens"),
        ("evaluate: { enabled: false, held_out: { other: a.jsonl } }", "evaluate.held_out"),
        ("evaluate: { enabled: false, slices: [kind] }", "evaluate.slices"),
        ("evaluate: { enabled: false, cluster_by: kind }", "evaluate.cluster_by"),
        ("evaluate: { general: wiki }", "evaluate.general"),
        ("evaluate: { general: wiki, held_out: { other: a.jsonl } }", "evaluate.general"),
        ("merge: { path: there }", "merge.path"),
        ("merge: { dtype: fp16 }", "merge.dtype"),
        ("merge: { adapters: [{ path: first }] }", "merge.adapters"),
        ("merge: { enabled: true, method: svd }", "merge.method"),
        ("merge: { enabled: true, adapters: [{ path: first }], density: 0.5 }", "merge.density"),
        ("merge: { enabled: true, adapters: [{ path: first }], svd_rank: 4 }", "merge.svd_rank"),
        (
            "merge: { enabled: true, adapters: [{ path: first }], majority_sign_method: frequency }",
            "merge.majority_sign_method"
        ),
        ("train: { early_stopping_patience: 2 }", "train.early_stopping_patience"),
        ("train: { save_best: false }", "train.save_best"), ("train: { keep_last: 5 }", "train.keep_last"),
        ("train: { optimizer: lion, adam_epsilon: 1e-6 }", "train.adam_epsilon"),
        ("train: { dpo_beta: 0.2 }", "train.dpo_beta"),
        ("train: { lr_scheduler: reduce_lr_on_plateau }", "train.lr_scheduler"),
        ("train: { lr_scheduler: linear, lr_scheduler_kwargs: { num_cycles: 2 } }", "train.lr_scheduler_kwargs"),
        ("train: { lr_scheduler_kwargs: { power: 2 } }", "train.lr_scheduler_kwargs"),
        ("distill: { temperature: 2 }", "distill.temperature"), ("distill: { source: online }", "distill.source"),
        ("distill: { teacher: t, k: 8 }", "distill.k"),
        ("distill: { teacher: t, keep: top_k, tokens: 8 }", "distill.tokens"),
        ("distill: { teacher: t, beta: 0.2 }", "distill.beta"),
        ("distill: { teacher: t, alpha: 0.2 }", "distill.alpha"),
        ("distill: { teacher: t, source: online, path: kept.h5 }", "distill.path"),
        ("distill: { teacher: t, source: online, keep: top_k }", "distill.keep"),
        ("distill: { teacher: t, source: sequence, temperature: 2 }", "distill.temperature"),
        ("distill: { teacher: t, margin: 0.1 }", "distill.margin"),
        ("distill: { teacher: t, source: online, hidden_layers: { 0: 1 } }", "distill.hidden_layers"),
        ("distill: { teacher: t, source: sequence, hidden: 1 }", "distill.hidden"),
        ("distill: { teacher: t, samples: 2 }", "distill.samples"),
        ("distill: { teacher: t, top_p: 0.5 }", "distill.top_p"),
        ("distill: { teacher: t, source: sequence, on_policy_share: 0.3 }", "distill.on_policy_share"),
        ("distill: { teacher: t, source: sequence, agreement: exact }", "distill.agreement"),
        ("distill: { teacher: t, source: sequence, rationale_prefix: Why }", "distill.rationale_prefix"),
        ("distill: { teacher: t, source: sequence, sampling_temperature: 0, samples: 3 }", "distill.samples"),
        ("distill: { teacher: t, source: sequence, timeout: 3 }", "distill.timeout"),
        ("evaluate: { enabled: false }\ndistill: { teacher: t, compare: true }", "distill.compare"),
    ]
    /// The same where no rows are held out.
    static let withoutHeldOutRows: [(yaml: String, key: String)] = [
        ("train: { eval_every: 2 }", "train.eval_every"),
        ("train: { save_best: false }", "train.save_best"),
        ("evaluate: { metrics: [accuracy] }", "evaluate.metrics"),
        ("evaluate: { held_out: { other: a.jsonl } }", "evaluate.held_out"),
        ("evaluate: { slices: kind }", "evaluate.slices"),
        ("distill: { teacher: t, compare: true }", "distill.compare"),
    ]
    /// The same, inside `data`.
    static let inData: [(members: String, key: String)] = [
        ("leakage: drop", "data.leakage"), ("split: { by: row }", "data.split"),
        ("mix_exhausted: stop", "data.mix_exhausted"),
        ("train_on: all, train_on_prompt: true", "data.train_on"), ("format: chat, labels: [a]", "data.labels"),
        ("format: text, turn_roles: [user, assistant]", "data.turn_roles"),
        ("layout: jsonl, quotes: none", "data.quotes"),
        ("layout: csv, documents: file", "data.documents"), ("layout: csv, records: rows", "data.records"),
        ("layout: parquet, encoding: utf-8", "data.encoding"), ("layout: json, column_names: [a]", "data.column_names"),
        ("format: alpaca, train_on: last", "data.train_on"),
        ("format: classification, train_on: last", "data.train_on"),
        ("format: text, train_on: last", "data.train_on"),
        ("format: text, train_on_prompt: true", "data.train_on_prompt"),
        ("format: text, chat_template: x.jinja", "data.chat_template"), ("format: text, system: Hi", "data.system"),
        ("format: alpaca, prompt_style: plain, chat_template: x", "data.chat_template"),
        ("format: classification, prompt_style: plain, template_date: 2024-02-29", "data.template_date"),
        ("format: chat, prompt_style: plain", "data.prompt_style"),
        ("format: text, too_long: truncate_prompt", "data.too_long"),
        ("format: preference, too_long: truncate_prompt", "data.too_long"),
        ("format: preference, train_on_prompt: true", "data.train_on_prompt"),
        ("columns: { text: body }, template: { text: \"{body}\" }", "data.columns"),
    ]
}
