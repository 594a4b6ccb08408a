// From what is in a file of rows to the recipe that trains on them.

internal import Foundation
internal import Recipes
internal import Spelling
internal import Vocabulary

/// The recipe of a beginning, key by key, each with its reason.
struct BeginningRecipe {
    let look: FileLook
    let use: RowUse
    let base: BeginningBase
    /// What the run is called.
    let name: String
    /// The rows as the recipe names them, and a file of held-out rows where one lies beside them.
    let train: String
    let heldOut: String?
    /// Keys with their values that the person gave, of how files are read.
    let given: [(path: String, text: String)]
    /// Rows of the sample that the form cannot read; nil before that is known.
    var unreadable: UnreadableRows?

    private static let longestLength = 1_024

    var draft: RecipeDraft {
        var draft = RecipeDraft([
            "Written by lathe init from \(ShownText.name(look.path)): \(Count.text(look.rows, "row")), "
                + "\(use.purpose.meaning), \(use.words).",
            "Check it, see what it would take, run it: lathe recipe check, lathe plan, lathe run, each with this file. Every other key "
                + "has its default; lathe recipe explain shows them all.",
        ])
        draft.set("name", .text(name))
        draft.set("seed", .word("42"))
        if use.purpose.task != .generate { draft.set("task", .word(use.purpose.task.rawValue)) }
        draft.set(
            "model.path", .text(base.path),
            because: base.command.map { "It is not there yet: \($0)" })
        setRows(&draft)
        setLengths(&draft)
        setSteps(&draft)
        setTraining(&draft)
        draft.set("export", .entries(["{ format: peft }"]))
        return draft
    }

    // MARK: Rows

    private func setRows(_ draft: inout RecipeDraft) {
        draft.set("data.train", .text(train))
        for (path, text) in given { draft.set(path, .word(text)) }
        if let heldOut {
            draft.set("data.held_out", .text(heldOut), because: "It lies beside the training rows.")
        } else {
            let size = look.rows < 50 ? "0.2" : look.rows <= 5_000 ? "0.1" : "500"
            draft.set("data.val_size", .word(size))
            if let label = use.column("label"), isStratified(label) {
                draft.set("data.split", .mapping([.init("stratify_by", label)]))
            }
        }
        draft.set("data.format", .word(use.format.rawValue))
        if let label = use.column("label"), look.field(label)?.isListOfTexts ?? false {
            draft.set(
                "head.multi_label", .word("true"), because: "A row has a list of labels, which may be several or none.")
        }
        if !use.renamed.isEmpty {
            draft.set(
                "data.columns", .mapping(use.renamed.map { .init($0.field, $0.column) }),
                because: use.isGuess
                    ? "Told from what is in the columns, since their names say nothing: look at it." : nil)
        }
        if let problems = unreadable?.problems, let first = problems.first {
            // As many as the sample lets expect, and as many again.
            let expected = look.input.badRows + 2 * (problems.count * look.rows / look.sample.count + 1)
            draft.set(
                "data.max_bad_rows", .word("\(expected)"),
                because:
                    "\(problems.count) of the first \(look.sample.count) rows cannot be read so: \(first.place): "
                    + first.message)
        } else if look.input.badRows > 0 {
            draft.set(
                "data.max_bad_rows", .word("\(look.input.badRows)"),
                because: "So many there are; the first: \(look.input.samples.first.map { "\($0.place)" } ?? "")")
        }
    }

    /// Whether each class has rows enough for both sides.
    private func isStratified(_ column: String) -> Bool {
        guard use.purpose == .classification, let labels = look.field(column)?.labels else { return false }
        return !labels.isEmpty && labels.allSatisfy { $0.rows >= 10 }
    }

    private func setLengths(_ draft: inout RecipeDraft) {
        // What a form reads of its own accord may have more columns than are named.
        let isNamed = use.format != .alpaca && use.purpose != .chat
        let tokens = look.longestTokens(isNamed ? use.columns.map(\.column) : [], base.opened?.tokenizer)
        let most = min(Self.longestLength, base.opened?.configuration.contextLength ?? .max)
        let length = min(most, max(64, (tokens + 63) / 64 * 64))
        let counted = base.opened == nil ? ", by a guess" : ""
        draft.set(
            "data.max_length", .word("\(length)"),
            because:
                "The longest of the first \(Count.text(look.sample.count, "row")) has some \(tokens) tokens\(counted)"
                + (tokens > most ? "; more cost time and memory." : "."))
        draft.set("data.too_long", .word(tooLong.rawValue))
    }

    private var tooLong: TooLongRule {
        switch use.purpose {
        case .chat, .promptCompletion: base.isEncoderDecoder ? .truncate : .truncatePrompt
        case .text: .chunk
        case .classification, .regression, .spans, .pairs, .scoredPairs: .truncate
        case .preference, .rated: .drop
        }
    }

    private func setSteps(_ draft: inout RecipeDraft) {
        var steps: [String] = [], reasons: [String] = []
        for (column, rows) in unreadable?.empty ?? [] {
            steps.append(
                "filter: { fields: [\(RecipeDraft.quoted(column))], matches: \(RecipeDraft.quoted(#"\S"#)) }")
            reasons.append("Of \(look.sample.count) rows \(rows) have nothing in \"\(column)\".")
        }
        if look.repeated > 0 {
            steps.append("deduplicate: { by: normalised }")
            reasons.append("\(Count.text(look.repeated, "row")) of \(look.sample.count) say what an earlier one says.")
        }
        // Where spans begin is counted in characters: what is masked would move them.
        if !look.personal.isEmpty, use.purpose != .spans {
            let kinds = look.personal.map(\.kind.rawValue).joined(separator: ", ")
            steps.append("mask: { kinds: [\(kinds)] }")
            reasons.append(
                "Personal data was found in \(look.sample.count) rows: "
                    + look.personal.map { "\($0.kind.rawValue) in \($0.rows)" }.joined(separator: ", ")
                    + ". Take out of the list what is none in yours.")
        }
        if !steps.isEmpty { draft.set("data.steps", .entries(steps), because: reasons.joined(separator: " ")) }
    }

    // MARK: Training

    private func setTraining(_ draft: inout RecipeDraft) {
        let hasHead = use.purpose.task != .generate
        draft.set("adapter.r", .word("16"))
        draft.set("adapter.alpha", .word("32"))
        draft.set("adapter.target_modules", .word("all-linear"))
        if use.purpose == .preference { draft.set("train.objective", .word("dpo")) }
        if use.purpose == .rated { draft.set("train.objective", .word("kto")) }
        let epochs = look.rows < 500 ? 3 : look.rows < 5_000 ? 2 : 1
        draft.set("train.epochs", .word("\(hasHead ? epochs + 1 : epochs)"))
        draft.set("train.batch_size", .word(look.rows < 40 ? "2" : hasHead ? "16" : "8"))
        let rate = hasHead ? "5e-4" : use.purpose == .preference ? "1e-4" : use.purpose == .rated ? "5e-5" : "2e-4"
        draft.set("train.learning_rate", .word(rate))
        draft.set("train.lr_scheduler", .word("cosine"))
        draft.set("train.warmup_ratio", .word("0.05"))
    }
}

extension BeginningBase {
    /// Whether it reads one text and writes another.
    fileprivate var isEncoderDecoder: Bool { opened?.configuration.encoder != nil }
}
