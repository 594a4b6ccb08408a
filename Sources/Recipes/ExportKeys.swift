// The keys of what a run writes at its end, beside the merged model: `export`.

internal import Vocabulary

extension ExportEntry: RecipeKeyed {
    static var keys: [RecipeKey<ExportEntry>] {
        [
            .choice("format", \.format, "what is written"),
            .choice(
                "what", \.what,
                "the model, with the adapter merged in, or the adapter; auto: what the format holds, of hdf5 the model"),
            .text("path", \.path, "where; null: in export in the run directory, named as the format"),
            .choice("type", \.type, "number type of the weights; auto: the base's own, of an adapter fp32"),
            .boolean(
                "allow_near_no_op", \.allowNearNoOp,
                "write a model all the same in which little of the fine-tune is left"),
            .choice(
                "touched_type", \.touchedType,
                "type of the matrices that the adapter changes, where it is finer; auto: no other"),
            .scalar(
                "target_bytes", \.targetBytes, .orAbsent(.text, "null"), expected: SizeWish.expected,
                "finer types as long as the file is no larger",
                read: { $0.isNull ? .some(nil) : $0.sizeWish.map { .some($0) } },
                text: { $0.map { YAMLText.string($0.text) } ?? "null" }),
            .scalar(
                "target_loss", \.targetLoss, .orAbsent(.number, "null"), expected: "a number above 0",
                "finer types until the held-out loss is no higher",
                read: { $0.isNull ? .some(nil) : $0.number.map { .some($0) } }, accepts: { $0.map { $0 > 0 } ?? true },
                text: { $0.map(YAMLText.number) ?? "null" }),
            .text(
                "calibrate", \.calibrate, expected: "train, none, a file of rows, or a .imatrix file",
                "what says how much each column counts where weights become blocks; train: the training rows"),
            .integer("calibrate_tokens", \.calibrateTokens, 1...Int.max, "the most tokens of rows looked at for it"),
            .choice(
                "rounding", \.rounding,
                "nearest: number by number; feedback: columns make up for what those before them lost"),
            .scalar(
                "split_max_size", \.splitMaxSize, .orAbsent(.text, "null"), expected: "a size such as 2GB",
                "a folder of GGUF files, of no more weights than this each; null: one file",
                read: { $0.isNull ? .some(nil) : $0.byteCount.map { .some($0) } },
                accepts: { $0.map { $0 > 0 } ?? true },
                text: { $0.map { String($0) } ?? "null" }),
        ]
    }
}
