// The card of what Lathe writes: README.md in Hugging Face's form, for people and for the hub.

internal import Adapters
internal import Files
internal import Foundation
internal import JSON
internal import Kernels
internal import Models
internal import Recipes
internal import Spelling

/// What a model or adapter is, what it was made from and how good it is. Nothing in it depends on the hour: the same run gives the
/// same card.
struct ModelCard {
    /// What the card is of.
    enum Subject: Equatable {
        /// The adapter alone, in PEFT's form.
        case adapter
        /// The adapter alone, as mlx-lm reads it.
        case mlxAdapter
        /// A whole model, the adapter merged in where there is one.
        case model
        /// The base with parts left out: what is gone, a line each.
        case pruned([String])
    }

    /// Its file.
    static let fileName = "README.md"

    private let subject: Subject
    private let name: String
    private let base: OpenedModel
    private let origin: BaseOrigin
    private let adapter: AttachedAdapter?
    private let recipe: Recipe
    /// Whether the recipe is that of a run, and so tells how the adapter was trained.
    private let isOfRun: Bool
    /// What `lathe evaluate` says, where the model was evaluated.
    private let evaluation: JSONValue?
    /// What a merge or an export was proven by.
    private let proof: [String]

    /// - Parameters:
    ///   - name: what it is called.
    ///   - adapter: another than the session's.
    ///   - evaluation: the evaluation's JSON, with base and adapter.
    ///   - proof: what the check of the written weights came to, a line each.
    init(
        _ subject: Subject, called name: String, of session: Session, adapter: AttachedAdapter? = nil,
        evaluation: JSONValue? = nil, proof: [String] = []
    ) throws {
        self.subject = subject
        self.name = name
        base = try session.base()
        origin = try BaseOrigin(base)
        self.adapter = adapter ?? session.adapter
        recipe = session.recipe
        isOfRun = session.isOfRun
        self.evaluation = evaluation
        self.proof = proof
    }

    /// Its text.
    func text() throws -> String {
        let sections = [
            header, title, removed, training, measured, proven, try made,
            section("Licence", ["Of the base: \(origin.licenceWords)."]),
        ]
        return sections.compactMap(\.self).joined(separator: "\n\n") + "\n"
    }

    /// Writes the card into a folder that is being filled.
    func write(into folder: URL) throws {
        try AtomicFile.write(Array(try text().utf8), to: folder.appendingPathComponent(Self.fileName))
    }

    /// Writes the card into a folder that is in its place. A card that Lathe did not write stays.
    func write(inPlace folder: URL, of run: String? = nil) throws {
        let files = OwnedFiles(folder, isModel ? .model : .adapter, of: run)
        do { try files.require(Self.fileName) } catch is PlaceError { return }
        try files.write(Array(try text().utf8), to: Self.fileName)
    }

    private func section(_ title: String, _ lines: [String]) -> String? {
        lines.isEmpty ? nil : "## \(title)\n\n" + lines.joined(separator: "\n")
    }

    // MARK: The header

    private var header: String {
        var lines = ["---", "base_model: \(Self.quoted(origin.hubName ?? origin.name))"]
        let library =
            switch subject {
            case .adapter: "peft"
            case .mlxAdapter: "mlx"
            case .model, .pruned: "transformers"
            }
        lines.append("library_name: \(library)")
        if adapter != nil { lines.append("base_model_relation: \(isModel ? "finetune" : "adapter")") }
        lines += ["pipeline_tag: text-generation", "license: \(Self.quoted(origin.licence ?? "unknown"))"]
        if let licenceName = origin.licenceName { lines.append("license_name: \(Self.quoted(licenceName))") }
        if let licenceLink = origin.licenceLink { lines.append("license_link: \(Self.quoted(licenceLink))") }
        if !origin.languages.isEmpty {
            lines += ["language:"] + origin.languages.map { "- \(Self.quoted($0))" }
        }
        lines += ["tags:"] + tags.map { "- \(Self.quoted($0))" }
        return (lines + index + ["---"]).joined(separator: "\n")
    }

    private var tags: [String] {
        ["lathe"] + (adapter.map { [$0.set.configuration.method.rawValue] } ?? [])
            + (removed != nil ? ["pruned"] : !isModel ? ["adapter"] : adapter == nil ? [] : ["merged"])
    }

    private var isModel: Bool {
        switch subject {
        case .adapter, .mlxAdapter: false
        case .model, .pruned: true
        }
    }

    /// The metrics, as the hub lists them.
    private var index: [String] {
        let values = metrics
        guard !values.isEmpty, let rows = evaluation?["rows"]?.integer else { return [] }
        return [
            "model-index:", "- name: \(Self.quoted(name))", "  results:", "  - task:", "      type: text-generation",
            "    dataset:", "      name: \(Self.quoted("\(Count.text(rows, "held-out row"))"))", "      type: held-out",
            "    metrics:",
        ]
            + values.flatMap { metric in
                [
                    "    - type: \(Self.quoted(metric.name))", "      value: \(metric.adapter)",
                    "      name: \(Self.quoted("\(metric.name), \(metric.difference)"))",
                ]
            }
    }

    /// A text in YAML: JSON's form is one of YAML's.
    private static func quoted(_ text: String) -> String { JSONValue.string(text).text() }

    // MARK: Measures

    private struct Metric {
        let name: String
        let base: String
        let adapter: String
        /// With its interval and verdict.
        let difference: String
    }

    private var metrics: [Metric] {
        guard let evaluation, let loss = evaluation["difference"], let adapter = evaluation["adapter"]?["loss"]?.double
        else { return [] }
        let first = metric("loss", evaluation["base"]?["loss"]?.double, adapter, loss["loss"]?.double, loss)
        return [first]
            + (evaluation["metrics"]?.object?.members ?? []).compactMap { name, value in
                guard let adapter = value["adapter"]?.double else { return nil }
                return metric(name, value["base"]?.double, adapter, value["difference"]?.double, value)
            }
    }

    private func metric(
        _ name: String, _ base: Double?, _ adapter: Double, _ difference: Double?, _ value: JSONValue
    ) -> Metric {
        func shown(_ number: Double?) -> String { number.map { String(format: "%.4f", $0) } ?? "unknown" }
        let ends = value["ci95"]?.array?.compactMap(\.double) ?? []
        let interval = ends.count == 2 ? ", 95% interval \(shown(ends[0])) to \(shown(ends[1]))" : ""
        let verdict = value["verdict"]?.string.map { ": \($0)" } ?? ""
        return Metric(
            name: name, base: shown(base), adapter: shown(adapter),
            difference: "difference to the base \(shown(difference))\(interval)\(verdict)")
    }

    private var measured: String? {
        let values = metrics
        guard !values.isEmpty, let rows = evaluation?["rows"]?.integer else { return nil }
        return section(
            "How good it is",
            [
                "Base and adapter on the same \(Count.text(rows, "row")), none of which it was trained on.", "",
                "| metric | base | with the adapter | |", "| --- | --- | --- | --- |",
            ] + values.map { "| \($0.name) | \($0.base) | \($0.adapter) | \($0.difference) |" })
    }

    private var removed: String? {
        guard case .pruned(let parts) = subject else { return nil }
        return section("What was removed", parts.map { "- \($0)" })
    }

    private var proven: String? { section("What was checked", proof.map { "- \($0)" }) }

    // MARK: What it is

    private var title: String {
        let what =
            switch (subject, adapter) {
            case (.adapter, let adapter), (.mlxAdapter, let adapter):
                "An adapter (\((adapter?.set.configuration.method.rawValue ?? "lora").uppercased())) for `\(origin.name)`."
            case (.pruned, _): "`\(origin.name)` without some of its parts."
            case (.model, nil): "`\(origin.name)`, written in another form."
            case (.model, _): "`\(origin.name)` with an adapter merged in."
            }
        return "# \(name)\n\n\(what)\n\n```python\n\(use)\n```"
    }

    private var use: String {
        let base = origin.hubName ?? origin.name
        switch subject {
        case .adapter:
            return """
                from peft import PeftModel
                from transformers import AutoModelForCausalLM

                model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("\(base)"), "PATH OF THIS FOLDER")
                """
        case .mlxAdapter:
            return """
                from mlx_lm import generate, load

                model, tokenizer = load("\(base)", adapter_path="PATH OF THIS FOLDER")
                """
        case .model, .pruned:
            return """
                from transformers import AutoModelForCausalLM, AutoTokenizer

                model = AutoModelForCausalLM.from_pretrained("PATH OF THIS FOLDER")
                tokenizer = AutoTokenizer.from_pretrained("PATH OF THIS FOLDER")
                """
        }
    }

    private var training: String? {
        guard let adapter else { return nil }
        let configuration = adapter.set.configuration
        var lines = [
            "- " + Self.size(configuration) + "on " + Count.text(adapter.set.members.count, "layer")
        ]
        if let steps = adapter.provenance?.steps { lines.append("- \(Count.text(steps, "step"))") }
        if isOfRun {
            let train = recipe.train
            lines.append(
                "- \(Count.text(train.batchSize, "example")) a step, learning rate \(Self.short(train.learningRate)), seed "
                    + "\(recipe.seed)")
        }
        return section("Training", lines)
    }

    /// Rank and alpha, where the method has them.
    private static func size(_ configuration: AdapterConfiguration) -> String {
        let words = AdapterMethod.of(configuration.method).words
        return (words.rank == nil ? "" : "rank \(configuration.rank), ")
            + (words.alpha == nil ? "" : "alpha \(short(configuration.alpha)), ")
    }

    private static func short(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e9 ? "\(Int(number))" : "\(number)"
    }

    /// Digests and versions: what it takes to make it again, or to see that this is what was made.
    private var made: String? {
        get throws {
            var lines = [
                "- base: `\(origin.name)`, \(base.weights.quantisationSummary), SHA-256 of its weights "
                    + "`\(try base.weights.contentDigest())`"
            ]
            let provenance = adapter?.provenance
            func digest(_ what: String, _ value: String?) {
                if let value { lines.append("- \(what): SHA-256 `\(value)`") }
            }
            digest("training and held-out rows", provenance?.dataDigest)
            digest("recipe", provenance?.recipeDigest)
            digest("chat template", provenance?.templateDigest)
            let libraries = Processor.libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
            lines.append("- Lathe \(LatheVersion.text), \(libraries)")
            lines.append("- `lathe verify` on this folder checks every file against `manifest.json`")
            return section("What it was made from", lines)
        }
    }
}
