// Seeds that no fixture holds: a run of the tiny model, tables, templates.

import Foundation

/// Files made before the fuzzing begins.
enum Seeds {
    private static let rows = (0..<12).map { number in
        (prompt: "Where is \"Tom\" at \(number) o'clock?", answer: "In the park, with naïve 日本 friends \(number).")
    }

    /// Writes all of them into `folder`; runs `lathe`, which stands beside this program, for a checkpoint and prepared
    /// rows.
    static func write(to folder: URL, root: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        let objects = rows.map { row in
            let prompt = row.prompt.replacingOccurrences(of: "\"", with: "\\\"")
            return #"{"prompt": "\#(prompt)", "completion": "\#(row.answer)"}"#
        }
        try write("rows.jsonl", objects.joined(separator: "\n") + "\n")
        try write("rows.json", "[" + objects.joined(separator: ",\n") + "]\n")
        let fields = rows.map { row in
            (quoted: "\"" + row.prompt.replacingOccurrences(of: "\"", with: "\"\"") + "\"", answer: row.answer)
        }
        try write("rows.csv", "prompt,completion\n" + fields.map { "\($0.quoted),\"\($0.answer)\"\r\n" }.joined())
        try write("rows.tsv", "prompt\tcompletion\n" + fields.map { "\($0.quoted)\t\($0.answer)\n" }.joined())
        try templates(write)
        try run("/usr/bin/gzip", ["-nk", "rows.jsonl"], in: folder)
        try write("recipe.yaml", recipe(model: root.appendingPathComponent("Tests/TestSupport/TinyModel/base").path))
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let lathe = program.deletingLastPathComponent().appendingPathComponent("lathe")
        try run(lathe.path, ["train", "recipe.yaml", "--quiet"], in: folder)
        let made = folder.appendingPathComponent("checkpoints/seed")
        for (name, part) in [("checkpoint.h5", "step-000002.h5"), ("prepared.h5", "prepared/examples.h5")] {
            try FileManager.default.copyItem(
                at: made.appendingPathComponent(part), to: folder.appendingPathComponent(name))
        }
        let base = root.appendingPathComponent("Tests/TestSupport/TinyModel/base").path
        for (format, name) in [("gguf-lora", "adapter.gguf"), ("hdf5", "adapter.h5")] {
            try run(
                lathe.path,
                [
                    "export", "--model", base, "--adapter", made.appendingPathComponent("adapter").path, "--format",
                    format,
                    "--what", "adapter", "--out", name, "--quiet",
                ], in: folder)
        }
        try run(
            lathe.path,
            [
                "capture", "recipe.yaml", "--quiet", "--set", "distill.path=capture.h5", "--set",
                "distill.teacher_adapter=checkpoints/seed/adapter",
            ], in: folder)
        for name in ["columns.imatrix", "columns.dat"] {
            try run(
                lathe.path, ["imatrix", "--model", base, "--data", "rows.jsonl", "--out", name, "--quiet"], in: folder)
        }
    }

    private static func templates(_ write: (String, String) throws -> Void) throws {
        try write(
            "chat.jinja",
            """
            {{ bos_token }}{%- set ns = namespace(n=0) -%}{% for m in messages if m.role != 'none' %}
            {%- set ns.n = ns.n + loop.index -%}<|{{ m['role'] | upper }}|>{{ m.content | trim | replace('a', 'b') }}
            {{- eos_token }}
            {% endfor %}{{ ns.n }}{% if add_generation_prompt %}<|assistant|>{% endif %}
            """)
        try write(
            "tools.jinja",
            """
            {% macro line(x, depth=0) %}{{ '-' * depth ~ x }}{% if depth < 3 %}{{ line(x, depth + 1) }}{% endif %}
            {%- endmacro %}
            {% if tools is iterable %}{{ tools | tojson(indent=2) }}{% endif %}{% for i in range(3) %}{{ line(i) }}
            {%- for m in messages[::-1] %}{{ m.content.split(' ') | join(',') | length }}{{ '%05.2f' % 3.14159 }}
            {%- endfor %}{% generation %}{{ messages | map(attribute='role') | list | sort | last }}{% endgeneration %}
            {%- endfor %}
            """)
    }

    private static func recipe(model: String) -> String {
        """
        name: seed
        model: { path: \(model) }
        data: { train: rows.jsonl, val_size: 0.2 }
        adapter: { r: 2, alpha: 4 }
        train: { max_steps: 2, batch_size: 2, save_every: 1 }

        """
    }

    private static func run(_ program: String, _ arguments: [String], in folder: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CocoaError(.executableLoad, userInfo: [NSLocalizedDescriptionKey: "\(program) failed"])
        }
    }
}
