// The recipe written out: as YAML that reads back to itself, and explained key by key.

internal import Vocabulary

extension Recipe {
    /// The recipe with every key at its value: reads back to the same recipe. It is what a fingerprint is taken of.
    public var canonicalText: String { resolvedYAML() }

    /// The recipe as YAML, every key filled in.
    public func resolvedYAML() -> String {
        var output = ""
        write { line in
            if isAdaptersOwn(line.path) { return }
            output += line.key.map { "\(line.indentation)\($0): \(line.text)\n" } ?? "\(line.indentation)\(line.text)\n"
        }
        return output
    }

    /// Every key that counts, with its value as YAML; exports, which are a list, are left out.
    var values: [(path: String, text: String)] {
        var values: [(path: String, text: String)] = []
        write { if $0.key != nil { values.append(($0.path, $0.text)) } }
        return values
    }

    /// The keys that overrides set, each with its value as YAML.
    public var overridden: [(path: String, text: String)] { values.filter { overriddenKeys.contains($0.path) } }

    /// Every key with its value, where the value comes from, what the key takes and what it means.
    public func explain() -> String {
        var lines: [(left: String, right: String)] = []
        write { line in
            if isAdaptersOwn(line.path) { return }
            guard let key = line.key else { return lines.append((line.indentation + line.text, "")) }
            let origin = setKeys.contains(line.path) ? "set" : "default"
            lines.append(("\(line.indentation)\(key): \(line.text)", "\(origin); \(line.expected); \(line.meaning)"))
        }
        let width = min(48, lines.map(\.left.count).max() ?? 0)
        return lines.map { line in
            if line.right.isEmpty { return line.left + "\n" }
            return line.left + String(repeating: " ", count: max(1, width - line.left.count + 1)) + "# " + line.right
                + "\n"
        }.joined()
    }

    private struct Line {
        var indentation: String
        /// `nil`: `text` is the whole line.
        var key: String?
        var text: String
        var path = ""
        var expected = ""
        var meaning = ""
    }

    private func write(_ body: (Line) -> Void) {
        writeKeys(of: self, path: "", indentation: "", body)
        writeSection("model", model, body)
        writeSection("data", data, body)
        writeSection("adapter", adapter, body)
        writeSection("head", head, body)
        writeSection("embed", embed, body)
        writeSection("train", train, body)
        writeSection("search", search, body)
        writeSection("evaluate", evaluate, body)
        writeSection("distill", distill, body)
        writeSection("merge", merge, body)
        body(Line(indentation: "", text: export.isEmpty ? "export: []" : "export:"))
        for entry in export { body(Line(indentation: "  ", text: "- " + entry.text)) }
    }

    /// A key in whose place another one stands: written, it would contradict that one.
    private func isReplaced(_ path: String) -> Bool {
        // Virtual tokens are all that is trained.
        let ofTokens = [
            "adapter.num_virtual_tokens", "adapter.prefix_tuning", "adapter.prompt_tuning_init_text",
            "adapter.continue_from",
        ]
        if adapter.numVirtualTokens > 0, path.hasPrefix("adapter."), !ofTokens.contains(path) { return true }
        return switch path {
        case "train.epochs": train.maxSteps != nil
        case "train.warmup_ratio": train.warmupSteps != nil
        // An adapter that is trained further has its own shape.
        case "adapter.r", "adapter.alpha", "adapter.target_modules", "adapter.use_rslora", "adapter.rank_pattern",
            "adapter.alpha_pattern", "adapter.layers", "adapter.modules_to_save", "adapter.bias",
            "adapter.trainable_token_indices", "adapter.num_virtual_tokens", "adapter.prefix_tuning",
            "adapter.prompt_tuning_init_text":
            adapter.continueFrom != nil
        default: false
        }
    }

    /// A key that says nothing where it is not given, since an adapter that is trained further has its own method: written with the default
    /// of another one, it would be refused.
    private func isAdaptersOwn(_ path: String) -> Bool {
        guard adapter.continueFrom != nil, !setKeys.contains(path), path.hasPrefix("adapter.") else { return false }
        let name = path.dropFirst("adapter.".count)
        return name == "method" || AdapterMethodKind.settings.contains(String(name))
    }

    private func writeSection<Section: RecipeKeyed>(_ name: String, _ section: Section, _ body: (Line) -> Void) {
        body(Line(indentation: "", text: name + ":"))
        writeKeys(of: section, path: name + ".", indentation: "  ", body)
    }

    private func writeKeys<Section: RecipeKeyed>(
        of section: Section, path: String, indentation: String, _ body: (Line) -> Void
    ) {
        for key in Section.keys where !isReplaced(path + key.name) {
            body(
                Line(
                    indentation: indentation, key: key.name, text: key.text(section), path: path + key.name,
                    expected: key.expected, meaning: key.meaning))
        }
    }
}

extension ExportEntry {
    /// The entry as YAML on one line.
    var text: String { "{ " + Self.keys.map { "\($0.name): \($0.text(self))" }.joined(separator: ", ") + " }" }
}
