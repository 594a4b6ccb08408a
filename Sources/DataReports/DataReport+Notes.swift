// What is done to rows without being asked for: how they become text.

internal import Datasets
internal import Pages

extension DataReport {
    /// One line each; empty where rows say all themselves.
    public var notes: [String] {
        let files = (trainInput?.files ?? []) + (heldOutFiles?.files ?? [])
        let tables = files.compactMap { file in
            file.separator.map { "\(file.path) is read with \($0 == "\t" ? "a tab" : "'\($0)'") between its fields" }
        }
        guard let report = train ?? heldOut else { return tables }
        return tables + [Self.style(report), Self.templateSystem(report)].compactMap { $0 }
    }

    /// Which way `data.prompt_style: auto` took.
    private static func style(_ report: DatasetReport) -> String? {
        guard report.promptStyle == .auto, [.promptCompletion, .alpaca, .classification].contains(report.format) else {
            return nil
        }
        guard report.startToken == nil else {
            return
                "the encoder reads prompts, the decoder writes answers: each is a text of its own, and no template stands around it"
        }
        return report.rendering.style == .chat
            ? "rows go through the model's chat template (data.prompt_style: plain takes their texts as they stand)"
            : "the model has no chat template: prompt and answer are joined as they stand (data.prompt_style: plain)"
    }

    private static func templateSystem(_ report: DatasetReport) -> String? {
        guard let text = report.templateSystem else { return nil }
        let rows = Figures.count(report.rowsWithoutSystem, "row")
        return "the chat template's own system message stands before \(rows) without one: "
            + "\"\(text.shortened(to: 120))\"; data.system sets another"
    }
}

extension String {
    /// The beginning of a text that is too long to show.
    func shortened(to count: Int) -> String { self.count > count ? prefix(count - 1) + "…" : self }
}
