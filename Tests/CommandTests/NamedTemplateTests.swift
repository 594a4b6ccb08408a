// Models with several chat templates: the one for tools is taken where a row has tools, and all survive a merge and an export.

import Foundation
import JSON
import TestSupport
import Testing

/// Where a model keeps its named templates.
enum TemplateHome: CaseIterable {
    case list, folder, gguf

    /// Refuses tools: whoever takes it for a row with tools fails.
    static let usual =
        "{% if tools %}{{ raise_exception('no tools here') }}{% endif %}{% for m in messages %}"
        + "<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    static let toolUse =
        "TOOLS {{ tools[0].function.name }} {% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}"
        + "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"

    /// Makes the tiny model with both templates in the folder of `lathe`; gives its path.
    func model(in lathe: LatheCommand) throws -> String {
        guard self != .gguf else {
            try GGUFKeys.adding(
                [
                    ("tokenizer.chat_template", .text(Self.usual)),
                    ("tokenizer.chat_template.tool_use", .text(Self.toolUse)),
                    ("tokenizer.chat_templates", .texts(["tool_use"])),
                ], to: TinyModel.gguf, as: lathe.url("base.gguf"))
            return "base.gguf"
        }
        try lathe.copy(TinyModel.base.path, to: "base")
        if self == .folder {
            try lathe.write("base/chat_template.jinja", Self.usual)
            try FileManager.default.createDirectory(
                at: lathe.url("base/additional_chat_templates"), withIntermediateDirectories: true)
            try lathe.write("base/additional_chat_templates/tool_use.jinja", Self.toolUse)
            return "base"
        }
        let name = "base/tokenizer_config.json"
        var settings = try #require(try JSONValue(parsing: lathe.text(name)).object)
        settings["chat_template"] = [
            ["name": "default", "template": .string(Self.usual)],
            ["name": "tool_use", "template": .string(Self.toolUse)],
        ]
        try FileManager.default.removeItem(at: lathe.url(name))
        try lathe.write(name, JSONValue.object(settings).text())
        return "base"
    }
}

extension CommandTests {
    @Suite struct NamedTemplates {
        private static let rows = """
            {"messages": [{"role": "user", "content": "Tom saw"}, {"role": "assistant", "content": "a cat"}], \
            "tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}]}
            {"messages": [{"role": "user", "content": "Lily saw"}, {"role": "assistant", "content": "a tree"}]}

            """

        /// What rows 0 and 1 become with `model`'s templates.
        private func expectBothTemplates(_ lathe: LatheCommand, _ model: String) throws {
            for (row, hasTools) in [(0, true), (1, false)] {
                let shown = try lathe(
                    "inspect", "rows.jsonl", "--example", "\(row)", "--model", model, "--color", "never")
                #expect(shown.code == 0, "\(shown.errors)")
                #expect(shown.output.contains("TOOLS look") == hasTools, "\(model): \(shown.output)")
                #expect(shown.output.contains("<assistant>"))
            }
        }

        @Test(arguments: TemplateHome.allCases)
        func theOneForToolsIsTakenAndAllSurvive(_ home: TemplateHome) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.jsonl", Self.rows)
                let model = try home.model(in: lathe)
                try expectBothTemplates(lathe, model)
                // Training, and prompts for generated answers in the evaluation.
                let run = try lathe(
                    "run", "recipe.yaml", "--quiet", "--set", "model.path=\(model)", "--set", "data.train=rows.jsonl",
                    "--set", "data.held_out=rows.jsonl", "--set", "train.max_steps=2", "--set",
                    "train.warmup_ratio=0", "--set", "evaluate.metrics=[exact_match]", "--set", "merge.enabled=true")
                #expect(run.code == 0, "\(run.errors)")
                try expectBothTemplates(lathe, "checkpoints/tiny/merged")
                let export = try lathe("export", "--model", model, "--format", "safetensors", "--out", "out")
                #expect(export.code == 0, "\(export.errors)")
                try expectBothTemplates(lathe, "out")
                // A folder that Lathe wrote is replaced whole, its named templates too.
                let again = try lathe("export", "--model", model, "--format", "safetensors", "--out", "out")
                #expect(again.code == 0, "\(again.errors)")
            }
        }

        /// transformers finds the same templates in what was written.
        @Test(.needsPython("transformers"), arguments: TemplateHome.allCases)
        func transformersFindsThem(_ home: TemplateHome) throws {
            try LatheCommand.inFolder { lathe in
                let model = try home.model(in: lathe)
                #expect(try lathe("export", "--model", model, "--format", "safetensors", "--out", "out").code == 0)
                let program = """
                    import json, sys, transformers
                    print(json.dumps(transformers.AutoTokenizer.from_pretrained(sys.argv[1]).chat_template))
                    """
                let (status, said) = try ReferencePython.run(
                    with: ["transformers"], ["-c", program, lathe.url("out").path])
                #expect(status == 0)
                let found = try JSONValue(parsing: String(#require(said.split(separator: "\n").last)))
                #expect(found["default"]?.string == TemplateHome.usual)
                #expect(found["tool_use"]?.string == TemplateHome.toolUse)
            }
        }
    }
}
