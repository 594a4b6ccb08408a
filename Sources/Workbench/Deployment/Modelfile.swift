// The Modelfile from which `ollama create` makes a model.

internal import ChatTemplates
internal import Datasets
internal import Foundation
internal import JSON
internal import Models

/// How Ollama is to ask the model in a GGUF file: its template, its system message, what ends its answers.
///
/// Ollama runs no Jinja. Without a TEMPLATE it takes the one that it knows whose text is nearest to the file's own, and where none is
/// near it joins prompts without any. So one that gives the same text is written, or no Modelfile at all.
struct Modelfile {
    /// Its lines below the first.
    private let lines: [String]

    /// - Parameters:
    ///   - model: the GGUF file, as the Modelfile's folder sees it.
    ///   - adapter: the adapter in a GGUF file of its own, in the same way.
    /// - Throws: `Failure` where the model cannot be asked by Ollama as it was trained, with the reason.
    init(of session: Session, from model: String, adapter: String? = nil) throws {
        if let name = [model, adapter].compactMap(\.self).first(where: { $0.contains(where: \.isNewline) }) {
            throw Failure(
                .badInput, "a Modelfile cannot name a file whose name has a line break: \(path: name)",
                hint: "name the file otherwise")
        }
        let base = try session.base()
        let rendering = try session.rendering().rendering
        let template = try Self.template(session, base, rendering)
        var lines = template.notes.map { "# " + $0 }
        if adapter != nil {
            lines.append(
                "# Where Ollama takes no adapters, it wants the model with the adapter merged in: --format gguf.")
        }
        lines += ["FROM \(model)"] + (adapter.map { ["ADAPTER \($0)"] } ?? [])
        lines.append("TEMPLATE \"\"\"\(template.source)\"\"\"")
        if let system = rendering.system {
            guard GoTemplate.literal(system) == system else {
                throw Failure(
                    .badInput,
                    "a Modelfile cannot hold the system message that the adapter was trained with: it has quotation "
                        + "marks, braces or characters that do not print",
                    hint: "set another: data.system")
            }
            lines.append("SYSTEM \"\"\"\(system)\"\"\"")
        }
        lines += try Self.parameters(base).map { "PARAMETER \($0.name) \($0.value)" }
        self.lines = lines
    }

    /// Its text, in a file called `name`: the first line says how it is used.
    func text(named name: String) -> String {
        (["# ollama create NAME -f \(name)"] + lines).joined(separator: "\n") + "\n"
    }

    /// Its usual name.
    static let fileName = "Modelfile"

    /// The template in Go's language, and what a person should know of it.
    private static func template(
        _ session: Session, _ base: OpenedModel, _ rendering: RowRendering
    ) throws -> (source: String, notes: [String]) {
        guard rendering.style != .plain, let renderer = try session.renderer() else {
            let end = RowRendering.plainPrompt([""], format: rendering.format)
            let system = "{{ if .System }}{{ .System }}\n{{ end }}"
            return (system + "{{ .Prompt }}" + end, ["The model goes on with the prompt as it stands."])
        }
        let begin = base.tokenizer.addsBOS ? base.tokenizer.bosID.flatMap { base.tokenizer.text(ofToken: $0) } : nil
        do {
            let translation = try TemplateTranslation(leavingOut: begin) { turns, opensAnswer in
                try renderer.renderConversation(
                    turns.map { ["role": .string($0.role), "content": .string($0.content)] },
                    addGenerationPrompt: opensAnswer, extra: JSONObject())
            }
            return (translation.source, translation.notes + (try dateNote(session, base, renderer)))
        } catch let error as TranslationError {
            throw Failure(
                .badInput, "\(base.templateName) cannot be said in Ollama's language: \(error.reason)",
                hint: "llama.cpp runs the template as it is (llama-server --jinja); data.chat_template names another")
        }
    }

    /// What a person should know where the template asks for the day's date: Ollama's language has none.
    private static func dateNote(
        _ session: Session, _ base: OpenedModel, _ renderer: TemplateRenderer
    ) throws -> [String] {
        let question: [JSONValue] = [["role": "user", "content": "What day is it?"]], day = "1999-12-31"
        let own = try renderer.renderConversation(question, addGenerationPrompt: true, extra: JSONObject())
        let other = try base.renderer(date: day)?
            .renderConversation(question, addGenerationPrompt: true, extra: JSONObject())
        guard own != other else { return [] }
        return [
            "The template says the day's date: here it is always \(session.recipe.data.templateDate), as in training."
        ]
    }

    /// What ends answers, and how they are drawn where the model says so.
    private static func parameters(_ base: OpenedModel) throws -> [(name: String, value: String)] {
        let stops = base.stopIDs.sorted().compactMap { base.tokenizer.text(ofToken: $0) }.filter {
            !$0.isEmpty && GoTemplate.literal($0) == $0 && !$0.contains("\n")
        }
        return stops.map { ("stop", "\"\($0)\"") } + sampling(try base.weights.generationSettings())
    }

    /// Names in `generation_config.json`, and Ollama's.
    private static let known = [
        ("temperature", "temperature"), ("top_k", "top_k"), ("top_p", "top_p"), ("min_p", "min_p"),
        ("repetition_penalty", "repeat_penalty"),
    ]

    private static func sampling(_ settings: JSONValue?) -> [(name: String, value: String)] {
        guard let settings else { return [] }
        if settings["do_sample"]?.bool == false { return [("temperature", "0")] }
        return known.compactMap { name, ollama in
            guard let value = settings[name], value.double != nil else { return nil }
            return (ollama, value.text(.compact))
        }
    }
}
