import Recipes
import Testing

private func problems(_ yaml: String) -> [String] {
    do {
        _ = try Recipe.load(yaml: yaml, file: "r.yaml", environment: ["BASE": "base.gguf"])
        return []
    } catch { return error.diagnostics.map(\.description) }
}

private let head = "name: y\nmodel: { path: m.gguf }\n"

/// Recipes as editors and other tools leave them.
@Suite struct RecipeTextTests {
    @Test(arguments: ["\u{FEFF}", ""]) func byteOrderMarksAndLineEndsOfWindowsAreRead(mark: String) throws {
        let yaml = mark + "name: y\r\nmodel: { path: m.gguf }\r\ndata:\r\n  train: rows.jsonl\r\n"
        #expect(try Recipe.load(yaml: yaml, file: "r.yaml").data.train == ["rows.jsonl"])
    }

    @Test func aTabIsNamedWithItsLineAndWhatToWrite() {
        for yaml in [head + "data:\n\ttrain: rows.jsonl\n", head + "data:\n  \ttrain: rows.jsonl\n"] {
            let found = problems(yaml)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("r.yaml:4:") == true, "\(found)")
            #expect(found.first?.contains("a tab stands at the beginning of the line; indent with spaces") == true)
        }
    }

    @Test func mergeKeysAreNamedWithWhatToWriteInstead() {
        let yaml = "x-base: &b\n  train: rows.jsonl\n  max_length: 64\n" + head + "data:\n  <<: *b\n  max_length: 128\n"
        let found = problems(yaml)
        #expect(
            found.contains { $0.hasPrefix("r.yaml:7:3: data.<<") && $0.hasSuffix("write here: train: rows.jsonl") })
        #expect(!found.contains { $0.contains("required") })
    }

    @Test func valuesOfTheEnvironmentWithinBracesNeedNoQuotationMarks() throws {
        let yaml =
            "name: y\nmodel: { path: ${BASE}, precision: fp32 }\n"
            + "data: { train: [${SETS:-a,b}/r.jsonl, \"${BASE}\"], max_length: 64 }\n"
        let recipe = try Recipe.load(yaml: yaml, file: "r.yaml", environment: ["BASE": "m {x}.gguf"])
        #expect(recipe.model.path == "m {x}.gguf" && recipe.model.precision == .fp32)
        #expect(recipe.data.train == ["a,b/r.jsonl", "m {x}.gguf"] && recipe.data.maxLength == 64)
        // Places stay where they are, and a variable that is not set is named.
        let found = problems("name: y\nmodel: { path: ${NOWHERE}, pth: 1 }\ndata: { train: r.jsonl }\n")
        #expect(found.contains { $0.hasPrefix("r.yaml:2:16:") && $0.contains("no variable NOWHERE") }, "\(found)")
        #expect(found.contains { $0.hasPrefix("r.yaml:2:28:") }, "\(found)")
    }

    @Test func aSecondDocumentIsNamed() {
        let found = problems("---\n" + head + "data:\n  train: rows.jsonl\n---\nname: z\n")
        #expect(found.count == 1 && found[0].contains("a second document begins here"), "\(found)")
        #expect(problems("---\n" + head + "data:\n  train: rows.jsonl\n").isEmpty)
    }

    /// A text that YAML does not take, and what is said of it.
    static let mistakes: [(String, String)] = [
        ("model:\n  path: x.gguf\n precision: bf16\n", "r.yaml:3:2: not YAML: the line begins at a column"),
        (
            "data:\n  train: [a.jsonl, b.jsonl\nadapter:\n  r: 8\n",
            "r.yaml:2:10: not YAML: this bracket is never closed"
        ),
        ("{name: a, model: {path: b}\n", "r.yaml:1:1: not YAML: this brace is never closed"),
        ("name: \"a\nmodel: b\n", "r.yaml:1:7: not YAML: this quotation mark is never closed"),
        ("data:\n  train: *files\n", "r.yaml:2:10: not YAML: *files stands for a value that no &files names"),
        ("name: @a\n", "r.yaml:1:7: not YAML: a value that begins with @"),
        ("name: %a\n", "r.yaml:1:7: not YAML: a value that begins with %"),
        ("name: a: b\n", "r.yaml:1:8: not YAML: a second colon stands in the line"),
        ("name a\nmodel: b\n", "r.yaml:1:1: not YAML: no colon stands after the key"),
        ("\"name\" \"a\"\n", "r.yaml:1:1: not YAML: no colon stands after the key"),
        ("data:\n  template: {text: \"a\\qb\"}\n", "\\q means nothing within double quotation marks"),
        ("data:\n- train: a\n  held_out: b\n -x\n", "r.yaml:4:2: not YAML: the line begins at a column"),
    ]

    @Test(arguments: mistakes) func mistakesAreNamedInTheWriterSWords(_ yaml: String, _ said: String) {
        let found = problems(yaml)
        #expect(found.count == 1 && found[0].contains(said), "\(found)")
    }

    /// The method of an adapter that is trained further is its own: it is written where it is given, and no other's settings are.
    @Test func aRecipeThatContinuesReadsBack() throws {
        let data = head + "data: { train: rows.jsonl }\n"
        for adapter in ["continue_from: first", "continue_from: first, target_r: 3", "continue_from: a, method: lokr"] {
            let recipe = try Recipe.load(yaml: data + "adapter: { \(adapter) }\n", file: "r.yaml")
            let text = recipe.resolvedYAML(), again = try Recipe.load(yaml: text, file: "again.yaml")
            #expect(again.adapter == recipe.adapter && again.idleKeys.isEmpty && recipe.idleKeys.isEmpty)
            #expect(again.decidingKeys.map(\.text) == recipe.decidingKeys.map(\.text))
            let section = text.prefix(upTo: try #require(text.firstRange(of: "\nhead:")).lowerBound)
            for key in ["method", "target_r", "init_r", "decompose_factor", "dropout", "r"] {
                #expect(section.contains("\n  \(key): ") == adapter.contains(" \(key): "), "\(key) of \(adapter)")
            }
        }
    }

    /// What a draft quotes of a person's rows cannot end the comment that quotes it, and texts are values.
    @Test func whatADraftQuotesIsNoKey() throws {
        var draft = RecipeDraft(["From \"a\nseed: 7\"."])
        draft.set("name", .text("y"), because: "A column is called a\r\nseed: 7 or\nseed: 8.")
        draft.set("model.path", .text("a: #b.gguf"))
        draft.set("data.train", .text("rows.jsonl"))
        draft.set("data.columns", .mapping([.init("prompt", "a, b }"), .init("completion", "yes")]))
        let step = "filter: { fields: [\(RecipeDraft.quoted("a]: b"))], matches: x }"
        draft.set("data.steps", .entries([step]))
        let recipe = try Recipe.load(yaml: draft.yaml, file: "r.yaml")
        #expect(recipe.model.path == "a: #b.gguf" && recipe.seed == Recipe().seed)
        #expect(recipe.data.columns == ["prompt": "a, b }", "completion": "yes"])
        #expect(draft.yaml.split(separator: "\n").allSatisfy { !$0.contains("seed: ") || $0.contains("#") })
    }

    @Test func anchorsOfValuesAreTaken() throws {
        let yaml = "name: &n y\nmodel: { path: m.gguf }\ndata: &b\n  train: &t rows.jsonl\n  held_out: *t\n"
        #expect(try Recipe.load(yaml: yaml, file: "r.yaml").data.heldOut == ["rows.jsonl"])
    }

    @Test func wordsOfPythonAreToldWithWhatToWrite() {
        let yaml =
            head + "data: { train: r.jsonl, shuffle: False }\n"
            + "train: { epochs: 1_0, max_steps: None, save_best: yes, learning_rate: 2E-4, weight_decay: .1, adam_epsilon: 1e-08 }\n"
        let found = problems(yaml)
        #expect(found.count == 3, "\(found)")
        #expect(found.contains { $0.contains("train.epochs") && $0.contains("without '_'") })
        #expect(found.contains { $0.contains("train.max_steps") && $0.contains("write null") })
        #expect(found.contains { $0.contains("train.save_best") && $0.contains("write true") })
    }

    @Test func scalarsMeanWhatYAML12Says() throws {
        let yaml =
            "name: 2026-01-02\nseed: 010\nmodel: { path: m.gguf }\ndata:\n  train: r.jsonl\n  labels: [no, yes, NO, on, \"true\", 1]\n"
        let recipe = try Recipe.load(yaml: yaml, file: "r.yaml")
        #expect(recipe.name == "2026-01-02" && recipe.seed == 10)
        #expect(recipe.data.labels == ["no", "yes", "NO", "on", "true", "1"])
    }

    @Test func aSeparatorIsACharacterOrItsName() throws {
        func separator(_ text: String) throws -> String? {
            try Recipe.load(yaml: head + "data: { train: r.csv, separator: \(text) }\n", file: "r.yaml").data.input
                .separator
        }
        for (text, expected) in [
            ("\";\"", ";"), ("\"|\"", "|"), ("tab", "\t"), ("\"\\t\"", "\t"), ("semicolon", ";"), ("comma", ","),
        ] {
            #expect(try separator(text) == expected)
        }
        #expect(try separator("null") == nil)
        for override in ["data.separator=|", "data.separator=;", "data.separator=pipe", "data.separator=tab"] {
            let recipe = try Recipe.load(
                yaml: head + "data: { train: r.csv }\n", file: "r.yaml", overrides: [override])
            #expect(["|", ";", "\t"].contains(recipe.data.input.separator ?? ""), "\(override)")
        }
        for text in ["\";;\"", "a", "'\"'"] { #expect(throws: RecipeError.self) { try separator(text) } }
    }

    @Test func theNewKeysAreRead() throws {
        let yaml = head + "data: { train: r.csv, prompt_style: plain, system: Be kind., too_long: truncate_prompt }\n"
        let data = try Recipe.load(yaml: yaml, file: "r.yaml").data
        #expect(data.promptStyle == .plain && data.system == "Be kind." && data.tooLong == .truncatePrompt)
        let foreign = head + "data: { train: r.csv, default_system: Be kind. }\n"
        #expect(try Recipe.load(yaml: foreign, file: "r.yaml").data.system == "Be kind.")
    }
}
