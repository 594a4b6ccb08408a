// What goes with a written model: how Ollama is to ask it, what it is, what is in it.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Deploying {
        private func export(_ lathe: LatheCommand, _ out: String, _ more: String...) throws -> JSONValue {
            let outcome = try lathe.start(
                [
                    "export", "--model", TinyModel.chatGGUF.path, "--format", "gguf", "--out", out, "--json", "--quiet",
                ] + more
            ).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try outcome.json
        }

        @Test func aModelfileLiesBesideAGGUFFile() throws {
            try LatheCommand.inFolder { lathe in
                let report = try export(lathe, "ship/m.gguf")
                #expect(report["modelfile"]?.string?.hasSuffix("ship/Modelfile") == true)
                let text = try lathe.text("ship/Modelfile")
                #expect(text.contains("\nFROM ./m.gguf\n") && text.contains("\nTEMPLATE \"\"\""))
                #expect(text.contains("\nPARAMETER stop \"</s>\"\n"))
                // The tokenizer begins every text by itself: the template does not do it again.
                #expect(!text.contains("<s>"))
                #expect(try lathe.json("verify", "ship/Modelfile")["files"] == 3)
                // Two models in one folder: each has its own, and both are whole.
                let other = try export(lathe, "ship/n.gguf")
                #expect(other["modelfile"]?.string?.hasSuffix("ship/n.Modelfile") == true)
                #expect(try lathe.text("ship/n.Modelfile").contains("FROM ./n.gguf"))
                #expect(try lathe.text("ship/n.Modelfile").hasPrefix("# ollama create NAME -f n.Modelfile\n"))
                #expect(try lathe.json("verify", "ship")["passed"] == true)
                // Again: the same places.
                #expect(try export(lathe, "ship/m.gguf")["modelfile"] == report["modelfile"])
                #expect(
                    try lathe.names(in: "ship") == [
                        "Modelfile", "m.gguf", "m.gguf.manifest.json", "n.Modelfile", "n.gguf", "n.gguf.manifest.json",
                    ])
            }
        }

        @Test func aModelfileOfSomebodyElseStays() throws {
            try LatheCommand.inFolder { lathe in
                try FileManager.default.createDirectory(at: lathe.url("ship"), withIntermediateDirectories: true)
                try lathe.write("ship/Modelfile", "mine")
                #expect(try export(lathe, "ship/m.gguf")["modelfile"]?.string?.hasSuffix("m.Modelfile") == true)
                #expect(try lathe.text("ship/Modelfile") == "mine")
            }
        }

        /// A Modelfile that a person has edited is named, and with the next export it is the person's.
        @Test func anEditedModelfileBecomesThePersons() throws {
            try LatheCommand.inFolder { lathe in
                _ = try export(lathe, "ship/m.gguf")
                try lathe.write("ship/Modelfile", "FROM ./m.gguf\nPARAMETER temperature 1\n")
                let found = try lathe("verify", "ship")
                #expect(found.code == 65 && found.output.contains("changed  Modelfile"), "\(found.output)")
                let report = try export(lathe, "ship/m.gguf")
                #expect(report["edited_modelfiles"] == ["Modelfile"])
                #expect(report["modelfile"]?.string?.hasSuffix("/m.Modelfile") == true)
                #expect(try lathe.text("ship/Modelfile").contains("temperature 1"))
                #expect(try lathe.json("verify", "ship")["passed"] == true)
                #expect(try export(lathe, "ship/m.gguf")["edited_modelfiles"] == nil)
            }
        }

        /// A file under the name of what is written beside it would be replaced by that.
        @Test func anExportIsNotCalledAsWhatGoesWithIt() throws {
            try LatheCommand.inFolder { lathe in
                let call = ["export", "--model", LatheCommand.gguf, "--format", "gguf", "--out"]
                for name in ["Modelfile", "ship/x.Modelfile", "manifest.json", "m.gguf.manifest.json"] {
                    try lathe.start(call + [name]).wait().expectFailure(64, "--out", "go with an export")
                    #expect(!lathe.has(name))
                }
                for place in ["m.gguf", "m.gguf.manifest.json"] {
                    try lathe.start(call + ["m.gguf", "--reference-out", place]).wait().expectFailure(
                        64, "--reference-out")
                }
                // Nor into what is read, which would no longer be what it was.
                try lathe.copy(LatheCommand.huggingFace, to: "base")
                let adapter = try lathe.train("model.path=base")
                for place in ["base/kept.kld", adapter + "/kept.kld"] {
                    try lathe(
                        "export", "--model", "base", "--adapter", adapter, "--format", "gguf", "--out", "m.gguf",
                        "--reference-out", place
                    ).expectFailure(65, "kept.kld lies in")
                }
                #expect(!lathe.has("m.gguf"))
                let report = try lathe.json(
                    "export", "--model", LatheCommand.gguf, "--format", "gguf", "--out", "a\nb.gguf")
                #expect(report["modelfile"] == .null)
                #expect(report["no_modelfile"]?.string?.contains("line break") == true)
            }
        }

        /// Ollama's language has no date: what the rows were rendered with stays, and it is said.
        @Test func aDateInATemplateIsTold() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "dated.jinja",
                    "{{ bos_token }}{{ strftime_now('%Y-%m-%d') }}{% for m in messages %}[{{ m.role }}] {{ m.content }}"
                        + "{{ eos_token }}{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}")
                _ = try export(lathe, "m.gguf", "--set", "data.chat_template=dated.jinja")
                #expect(try lathe.text("Modelfile").contains("date: here it is always 2025-01-01, as in training"))
                _ = try export(lathe, "n/n.gguf")
                #expect(try !lathe.text("n/Modelfile").contains("date"))
            }
        }

        /// Nothing is known of a template that no conversation gets through.
        @Test func aTemplateThatRefusesAllProvesNothing() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("never.jinja", "{{ raise_exception('never') }}")
                try lathe(
                    "export", "--model", TinyModel.chatGGUF.path, "--format", "gguf", "--out", "m.gguf", "--set",
                    "data.chat_template=never.jinja"
                ).expectFailure(65, "refuses all of 20 conversations")
                #expect(!lathe.has("m.gguf"))
            }
        }

        @Test func aTemplateThatOllamaCannotHaveIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                _ = try export(lathe, "ship/m.gguf")
                try lathe.write(
                    "counting.jinja",
                    """
                    {{ bos_token }}{% for m in messages %}<|turn|>{{ m.role }} {{ loop.index }}
                    {{ m.content }}{{ eos_token }}
                    {% endfor %}{% if add_generation_prompt %}<|turn|>assistant {{ messages | length + 1 }}
                    {% endif %}
                    """)
                let report = try export(lathe, "ship/m.gguf", "--set", "data.chat_template=counting.jinja")
                #expect(report["modelfile"] == .null)
                #expect(report["no_modelfile"]?.string?.contains("data.chat_template") == true)
                // The one of the other template says what is no longer so.
                #expect(try lathe.names(in: "ship") == ["m.gguf", "m.gguf.manifest.json"])
                #expect(try lathe.json("verify", "ship")["passed"] == true)
            }
        }

        /// What an adapter was trained with is what Ollama asks with.
        @Test func theSystemMessageOfTheRowsGoesAlong() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "recipe.yaml",
                    LatheCommand.recipe.replacing(LatheCommand.huggingFace, with: TinyModel.chatGGUF.path))
                let adapter = try lathe.train("data.system=Be brief.", "data.prompt_style=chat")
                _ = try export(lathe, "m.gguf", "--adapter", adapter)
                #expect(try lathe.text("Modelfile").contains("\nSYSTEM \"\"\"Be brief.\"\"\"\n"))
                let plain = try lathe.train("data.prompt_style=plain", "name=plain").replacing("tiny", with: "plain")
                _ = try export(lathe, "p/m.gguf", "--adapter", plain)
                #expect(try lathe.text("p/Modelfile").contains("{{ .Prompt }}\"\"\""))
            }
        }

        @Test func anAdapterInGGUFHasItsBaseNamed() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(TinyModel.chatGGUF.path, to: "base.gguf")
                try lathe.write(
                    "recipe.yaml", LatheCommand.recipe.replacing(LatheCommand.huggingFace, with: "base.gguf"))
                let adapter = try lathe.train()
                func export(_ model: String, _ out: String) throws -> JSONValue {
                    try lathe.json(
                        "export", "--model", model, "--adapter", adapter, "--format", "gguf-lora", "--out", out)
                }
                #expect(try export("base.gguf", "a.gguf")["modelfile"]?.string?.hasSuffix("/Modelfile") == true)
                #expect(try lathe.text("Modelfile").contains("\nFROM ./base.gguf\nADAPTER ./a.gguf\n"))
                _ = try export("base.gguf", "ship/a.gguf")
                #expect(try lathe.text("ship/Modelfile").contains("/base.gguf\nADAPTER ./a.gguf\n"))
                #expect(try lathe.json("verify", "ship/a.gguf")["passed"] == true)
                let found = try lathe.json("inspect", "ship/a.gguf")
                #expect(found["kind"] == "adapter" && found["form"] == "gguf-lora" && found["ranks"] == [4])
                #expect(found["modules"] == .integer(TinyModel.linearLayers))
                let bytes = try Data(contentsOf: lathe.url("ship/a.gguf")).count
                #expect(try export("base.gguf", "ship/a.gguf")["bytes"] == .integer(bytes))
                // On a folder there is nothing for Ollama to put it on.
                let other = try export(LatheCommand.huggingFace, "other/a.gguf")
                #expect(other["no_modelfile"]?.string?.contains("the base is a folder") == true)
            }
        }

        @Test func anAdapterForMLXHasACard() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                _ = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "mlx", "--out", "m"
                )
                #expect(try lathe.text("m/README.md").contains("\nlibrary_name: mlx\nbase_model_relation: adapter\n"))
                #expect(try lathe.json("verify", "m")["passed"] == true)
            }
        }

        // MARK: Cards

        @Test func aRunsAdapterAndModelHaveCards() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "base")
                try lathe.write(
                    "base/README.md", "---\nlicense: apache-2.0\nlanguage: [en, de]\ntags:\n- small\n---\n# Base\n")
                try lathe.write("recipe.yaml", LatheCommand.recipe.replacing(LatheCommand.huggingFace, with: "base"))
                let outcome = try lathe(
                    "run", "recipe.yaml", "--quiet", "--set", "merge.enabled=true", "--set", "export=[{format: peft}]")
                try #require(outcome.code == 0, "\(outcome.errors)")
                let report = try JSONValue(parsing: lathe.text("checkpoints/tiny/report.json"))
                let loss = try #require(report["evaluation"]?["adapter"]?["loss"]?.double)
                let steps = try #require(report["steps"]?.integer)
                for (place, library) in [
                    ("adapter", "peft"), ("merged", "transformers"), ("export/peft", "peft"),
                ] {
                    let card = try lathe.text("checkpoints/tiny/\(place)/README.md")
                    #expect(card.hasPrefix("---\nbase_model: \"base\"\nlibrary_name: \(library)\n"), "\(place)")
                    #expect(card.contains("\nlicense: \"apache-2.0\"\nlanguage:\n- \"en\"\n- \"de\"\n"), "\(place)")
                    #expect(card.contains("\n      value: " + String(format: "%.4f", loss) + "\n"), "\(place)")
                    #expect(card.contains("95% interval") && card.contains("8 held-out rows"), "\(place)")
                    #expect(card.contains("training and held-out rows: SHA-256 `"), "\(place)")
                    #expect(card.contains("\n- \(steps) steps\n"), "\(place)")
                }
                #expect(try lathe.text("checkpoints/tiny/merged/README.md").contains("factor pairs applied"))
                #expect(try lathe.json("verify", "checkpoints/tiny")["passed"] == true)
                // Nothing is left to do, and nothing is done again for the cards' sake.
                let digest = try Data(contentsOf: lathe.url("checkpoints/tiny/adapter/manifest.json"))
                let again = try lathe(
                    "run", "recipe.yaml", "--set", "merge.enabled=true", "--set", "export=[{format: peft}]")
                #expect(again.errors.contains("nothing is done"), "\(again.errors)")
                #expect(try Data(contentsOf: lathe.url("checkpoints/tiny/adapter/manifest.json")) == digest)
            }
        }

        /// What the base's card says goes into a GGUF file, and from there into the cards of what is made of that.
        @Test func theLicenceGoesIntoAGGUFFile() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "base")
                try lathe.write("base/README.md", "---\nlicense: apache-2.0\nlanguage: [en, de]\n---\n# Base\n")
                _ = try lathe.json("export", "--model", "base", "--format", "gguf", "--out", "m.gguf")
                let metadata = try lathe.json("inspect", "m.gguf")["metadata"]
                #expect(metadata?["general.license"] == "apache-2.0")
                #expect(
                    metadata?["general.languages"]?["count"] == 2 || metadata?["general.languages"] == ["en", "de"])
                _ = try lathe.json("export", "--model", "m.gguf", "--format", "safetensors", "--out", "again")
                #expect(
                    try lathe.text("again/README.md").contains(
                        "\nlicense: \"apache-2.0\"\nlanguage:\n- \"en\"\n- \"de\"\n"))
            }
        }

        @Test func aBaseThatNamesNoLicenceHasAnUnknownOne() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let card = try lathe.text(adapter + "/README.md")
                #expect(card.contains("\nlicense: \"unknown\"\n") && card.contains("ask whoever published it"))
                try GGUFKeys.adding(
                    [
                        ("general.license", .text("mit")),
                        ("general.base_model.0.repo_url", .text("https://huggingface.co/someone/tiny")),
                        ("general.languages", .texts(["en"])),
                    ], to: TinyModel.gguf, as: lathe.url("base.gguf"))
                _ = try lathe.json(
                    "export", "--model", "base.gguf", "--adapter", adapter, "--format", "peft", "--out", "a")
                let other = try lathe.text("a/README.md")
                #expect(other.contains("base_model: \"someone/tiny\"") && other.contains("license: \"mit\""))
                #expect(other.contains("language:\n- \"en\""))
            }
        }

        @Test func aCardOfSomebodyElseStays() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("train.max_steps=2")
                try lathe.write(adapter + "/README.md", "mine")
                try lathe("train", "recipe.yaml", "--fresh").expectFailure(74, "README.md")
                #expect(try lathe.text(adapter + "/README.md") == "mine")
            }
        }

        // MARK: What is in a file

        @Test func inspectTellsWhatIsInAGGUFFile() throws {
            try LatheCommand.inFolder { lathe in
                try GGUFKeys.adding(
                    [("general.license", .text("mit")), ("notes", .text(String(repeating: "ab", count: 300)))],
                    to: TinyModel.gguf, as: lathe.url("base.gguf"))
                let found = try lathe.json("inspect", "base.gguf")
                #expect(found["kind"] == "model" && found["format"] == "gguf" && found["version"] == 3)
                #expect(found["weights"]?["parameters"] == .integer(TinyModel.parameters))
                #expect(found["weights"]?["bits_per_weight"]?.double == 32)
                #expect(found["types"]?.array?.map { $0["type"] } == ["F32"])
                let metadata = try #require(found["metadata"])
                #expect(metadata["llama.block_count"] == 3 && metadata["tokenizer.ggml.add_bos_token"] == true)
                #expect(metadata["llama.rope.freq_base"]?.double == 10000)
                #expect(metadata["llama.attention.layer_norm_rms_epsilon"]?.double == 1e-5)
                #expect(metadata["tokenizer.ggml.tokens"]?["count"] == 512)
                #expect(metadata["tokenizer.ggml.tokens"]?["first"]?.array?.prefix(2) == ["<pad>", "<s>"])
                #expect(metadata["notes"]?.string?.hasSuffix("… (600 characters)") == true)
                let tensors = try #require(found["stored_tensors"]?.array)
                let head = tensors.first { $0["name"] == "token_embd.weight" }
                #expect(head?["type"] == "F32" && head?["bits_per_weight"]?.double == 32)
                #expect(found["tokenizer"]?["begin"] == "1 <s>" && found["tokenizer"]?["adds_begin"] == true)
                #expect(found["can"]?["run"] == "yes" && found["can"]?["merge"] == "yes")
                #expect(found["can"]?["fold"]?.string?.hasPrefix("no: its layers are F32") == true)
                let text = try lathe("inspect", "base.gguf").output
                #expect(text.contains("blk.*.attn_q.weight  F32  [64, 64]  32 bits  × 3"), "\(text)")
                #expect(text.contains("llama.block_count: 3\n"))
                #expect(text.contains("type F32  tensors 29  "))
            }
        }

        @Test func inspectKnowsImportanceMatrices() throws {
            try LatheCommand.inFolder { lathe in
                for name in ["a.imatrix", "a.dat", "a.gguf"] {
                    _ = try lathe.json(
                        "imatrix", "--model", LatheCommand.huggingFace, "--data", "held.jsonl", "--out", name)
                    let found = try lathe.json("inspect", name)
                    #expect(
                        found["kind"] == "imatrix" && found["matrices"] == .integer(TinyModel.linearLayers), "\(name)")
                    #expect(try lathe.json("verify", name)["passed"] == true, "\(name)")
                }
            }
        }

        @Test func whatCanBeFoldedIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                for (type, answer) in [("Q4_1", "yes"), ("Q4_0", "no: its layers are Q4_0; Q4_1, Q5_1 can be folded")] {
                    let out = type + ".gguf"
                    _ = try lathe.json(
                        "export", "--model", LatheCommand.gguf, "--format", "gguf", "--type", type, "--out", out)
                    let found = try lathe.json("inspect", out)
                    #expect(found["can"]?["fold"] == .string(answer))
                    let types = found["types"]?.array ?? []
                    let layers = types.first { $0["type"] == .string(type) }
                    #expect(layers?["bits_per_weight"]?.double == (type == "Q4_1" ? 5 : 4.5))
                }
            }
        }

        @Test func inspectSaysWhatCannotBeDoneAndWhy() throws {
            try LatheCommand.inFolder { lathe in
                var bytes = try Data(contentsOf: TinyModel.gguf)
                let name = try #require(bytes.range(of: Data("llama".utf8)))
                bytes.replaceSubrange(name, with: Data("mamba".utf8))
                try bytes.write(to: lathe.url("other.gguf"))
                let found = try lathe.json("inspect", "other.gguf")
                #expect(found["kind"] == "gguf" && found["architecture"] == "mamba")
                #expect(found["can"]?["run"]?.string?.contains("mamba") == true)
                #expect(found["tensors"]?.array?.count == 29)
            }
        }

        @Test func inspectShowsWhatLatheWrote() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--format", "safetensors", "--out", "m")
                let card = try lathe.text("m/README.md")
                #expect(card.contains("library_name: transformers") && !card.contains("base_model_relation"))
                let written = try lathe.json("inspect", "m")["written_by_lathe"]
                #expect(written?["holds"] == "model" && (written?["files"]?.integer ?? 0) > 2)
                #expect(try lathe.json("inspect", LatheCommand.huggingFace)["written_by_lathe"] == nil)
            }
        }
    }
}
