// Text that is known, and what the verbs that only look have to say.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Generating {
        @Test(arguments: [LatheCommand.huggingFace, LatheCommand.gguf])
        func greedyTextIsTheGoldenOne(model: String) throws {
            let golden = try JSONValue(parsing: String(contentsOf: TinyModel.golden, encoding: .utf8))
            let prompt = try #require(golden["prompt"]?.string)
            // The command stops where the golden text goes on: at the first end of sequence.
            let ids = try #require(golden["greedy_ids"]?.array)
                .dropFirst(#require(golden["prompt_ids"]?.array).count).prefix { $0 != 2 }
            let text = try #require(golden["greedy_text"]?.string)
            try LatheCommand.inFolder { lathe in
                let answer = try lathe.json(
                    "generate", "--model", model, "--raw", "--prompt", prompt, "--max-new-tokens", "99", "--set",
                    "model.precision=fp32")
                #expect(ids.count > 20 && answer["ids"]?.array.map { $0.prefix { $0 != 2 } } == ids)
                let generated = try #require(answer["text"]?.string)
                #expect(generated.count > 80 && text.hasPrefix(prompt + generated))
                #expect(answer["stop_reason"] == "end_of_turn")
                #expect(try #require(answer["tokens_per_second"]?.double) > 0)
            }
        }

        /// The ids of `generation_config.json` end an answer, beside the model's own.
        @Test func generationConfigurationEndsAnswers() throws {
            let golden = try JSONValue(parsing: String(contentsOf: TinyModel.golden, encoding: .utf8))
            let prompt = try #require(golden["prompt"]?.string)
            let ids = try #require(golden["greedy_ids"]?.array).compactMap(\.integer)
                .dropFirst(#require(golden["prompt_ids"]?.array).count).prefix { $0 != 2 }
            // The first id that has not come before.
            let place = try #require(ids.indices.first { $0 > ids.startIndex + 4 && !ids[..<$0].contains(ids[$0]) })
            try LatheCommand.inFolder { lathe in
                let model = lathe.folder.appendingPathComponent("model")
                try FileManager.default.copyItem(at: TinyModel.base, to: model)
                func generated(_ configuration: String) throws -> JSONValue {
                    try lathe.write("model/generation_config.json", configuration)
                    return try lathe.json(
                        "generate", "--model", model.path, "--raw", "--prompt", prompt, "--max-new-tokens",
                        "\(ids.count)", "--set", "model.precision=fp32")
                }
                let answer = try generated("{\"eos_token_id\": [2, \(ids[place])]}")
                #expect(answer["stop_reason"] == "end_of_turn")
                let found = (answer["ids"]?.array ?? []).compactMap(\.integer).filter { $0 != ids[place] }
                #expect(found == Array(ids[..<place]))
                // The word that ends the answer is a part of it, as transformers decodes it.
                #expect((answer["ids"]?.array ?? []).last?.integer == ids[place])
                let longer = try #require(try generated("{}")["text"]?.string)
                let text = try #require(answer["text"]?.string)
                #expect(longer.hasPrefix(text) && text.count > 1 && longer.count > text.count)
                #expect(try generated("{}")["ids"]?.array?.count ?? 0 > found.count + 1)
                try lathe.write("model/generation_config.json", "{\"eos_token_id\": \"</s>\"}")
                try lathe("generate", "--model", model.path, "--prompt", "x").expectFailure(65, "eos_token_id")
                try lathe.write("model/generation_config.json", "[2]")
                try lathe("generate", "--model", model.path, "--prompt", "x").expectFailure(65, "holds no object")
                // What transformers would do otherwise is said; a value that does nothing is not.
                try lathe.write(
                    "model/generation_config.json",
                    #"{"stop_strings": ["."], "repetition_penalty": 1.0, "no_repeat_ngram_size": 3, "temperature": 0.7}"#
                )
                let said = try lathe(
                    "generate", "--model", model.path, "--raw", "--prompt", prompt, "--max-new-tokens", "2")
                #expect(said.code == 0)
                #expect(
                    said.errors.contains(
                        "generation_config.json: not used in answers: stop_strings, no_repeat_ngram_size"),
                    "\(said.errors)")
            }
        }

        @Test func textIsTheSameWithAndWithoutJSON() throws {
            try LatheCommand.inFolder { lathe in
                let arguments = [
                    "generate", "--model", LatheCommand.gguf, "--raw", "--prompt", "Tom saw", "--max-new-tokens", "12",
                ]
                let plain = try lathe.start(arguments).wait()
                let json = try lathe.start(arguments + ["--json"]).wait()
                #expect(plain.code == 0)
                let text = try #require(try json.json["text"]?.string)
                #expect(plain.output == text + "\n")
            }
        }

        /// A text that ends the answer is found wherever tokens part it, and is no part of the answer.
        @Test func anAnswerEndsAtAStopText() throws {
            try LatheCommand.inFolder { lathe in
                func answer(_ more: String...) throws -> JSONValue {
                    let outcome = try lathe.start(
                        [
                            "generate", "--model", LatheCommand.gguf, "--raw", "--prompt", "Tom saw",
                            "--max-new-tokens", "30", "--json",
                        ] + more
                    ).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json
                }
                let whole = try #require(try answer()["text"]?.string)
                try #require(whole.count > 30)
                // Some characters out of the middle, which no token need end with.
                let stop = String(whole.dropFirst(11).prefix(5))
                let expected = String(try #require(whole.components(separatedBy: stop).first))
                let cut = try answer("--stop", "no such text", "--stop", stop)
                #expect(cut["text"] == .string(expected) && cut["stop_reason"] == "stop")
                #expect(try answer("--stop", "no such text")["text"] == .string(whole))
                try lathe("generate", "--model", LatheCommand.gguf, "--prompt", "x", "--stop", "").expectFailure(
                    64, "--stop")
            }
        }

        @Test func aPromptIsReadFromAFile() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("prompt.txt", "Tom saw\n")
                let arguments = ["generate", "--model", LatheCommand.gguf, "--raw", "--max-new-tokens", "16"]
                let read = try lathe.start(arguments + ["--prompt-file", "prompt.txt"]).wait()
                let given = try lathe.start(arguments + ["--prompt", "Tom saw"]).wait()
                #expect(read.code == 0 && read.output == given.output)
                // What stands in the answer again and again becomes less likely.
                let punished = try lathe.start(arguments + ["--prompt", "Tom saw", "--repetition-penalty", "50"]).wait()
                #expect(punished.code == 0 && punished.output != given.output)
                try lathe.write("empty.txt", "\n")
                try lathe("generate", "--model", LatheCommand.gguf, "--prompt-file", "empty.txt")
                    .expectFailure(65, "empty.txt")
                try lathe("generate", "--model", LatheCommand.gguf, "--prompt-file", "p", "--prompt", "x")
                    .expectFailure(64, "--prompt-file")
                try lathe("generate", "--model", LatheCommand.gguf, "--prompt", "x", "--repetition-penalty", "0")
                    .expectFailure(64, "--repetition-penalty")
                try lathe("generate", "--model", LatheCommand.gguf, "--prompt", "x", "--seed", "3")
                    .expectFailure(64, "--seed")
            }
        }

        /// Lines from a pipe are prompts of their own: none knows of another, and none is a command.
        @Test func pipedLinesKnowNothingOfOneAnother() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("lines", "Tom saw a ball.\nTom saw a ball.\n")
                try lathe.write("command", "/help\n")
                let chat = { (file: String) in
                    try lathe.start(
                        ["generate", "--model", TinyModel.chatGGUF.path, "--max-new-tokens", "6"],
                        input: lathe.url(file)
                    ).wait()
                }
                let answers = try chat("lines").output.components(separatedBy: "\n\n").filter { !$0.isEmpty }
                #expect(answers.count == 2 && answers[0] == answers[1])
                #expect(try !chat("command").errors.contains("/reset"))
            }
        }

        @Test func samplingIsSeeded() throws {
            try LatheCommand.inFolder { lathe in
                func text(_ seed: Int) throws -> String? {
                    try lathe.json(
                        "generate", "--model", LatheCommand.gguf, "--raw", "--prompt", "Once", "--temperature", "1",
                        "--max-new-tokens", "24", "--seed", "\(seed)")["text"]?.string
                }
                let first = try text(1)
                let (again, other) = (try text(1), try text(2))
                #expect(first != nil && again == first && other != first)
            }
        }
    }

    @Suite struct Looking {
        @Test func inspectKnowsEveryKind() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                for model in [LatheCommand.huggingFace, LatheCommand.gguf] {
                    let facts = try lathe.json("inspect", model)
                    #expect(facts["kind"] == "model")
                    #expect(facts["parameters"] == .integer(TinyModel.parameters))
                    #expect(facts["layers"] == .integer(TinyModel.blocks))
                    #expect(facts["key_value_heads"] == 4)
                }
                let facts = try lathe.json("inspect", adapter)
                #expect(facts["kind"] == "adapter")
                #expect(facts["r"] == 4)
                #expect(facts["factors"]?.array?.count == 2 * TinyModel.linearLayers)
                let checkpoint = try lathe.json("inspect", "checkpoints/tiny/step-000006.h5")
                #expect(checkpoint["kind"] == "checkpoint")
                #expect(checkpoint["step"] == 6)
                #expect(checkpoint["matrices"] == .integer(2 * TinyModel.linearLayers))
                let weights = try lathe.json("inspect", adapter + "/adapter_model.safetensors")
                #expect(weights["kind"] == "safetensors")
                #expect(weights["tensors"]?.array?.count == 2 * TinyModel.linearLayers)
                let rows = try lathe.json("inspect", "train.jsonl")
                #expect(rows["kind"] == "dataset")
                #expect(rows["rows"] == 24)
                try lathe("inspect", "recipe.yaml").expectFailure(65, "recipe.yaml")
            }
        }

        @Test func recipesAreCheckedAndExplained() throws {
            try LatheCommand.inFolder { lathe in
                #expect(try lathe.json("recipe", "check", "recipe.yaml")["valid"] == true)
                let explained = try lathe("recipe", "explain", "recipe.yaml")
                #expect(explained.code == 0)
                for key in ["name: tiny", "max_steps: 6", "lr_scheduler", "max_length"] {
                    #expect(explained.output.contains(key))
                }
                let resolved = try #require(lathe.json("recipe", "explain", "recipe.yaml")["resolved"]?.string)
                try lathe.write("resolved.yaml", resolved)
                #expect(try lathe.json("recipe", "explain", "resolved.yaml")["resolved"]?.string == resolved)
            }
        }

        /// Lines that cannot be taken are told, and the chat goes on as if they had not been said.
        @Test func aChatGoesOnAfterWhatItCannotTake() throws {
            try LatheCommand.inFolder { lathe in
                let long = String(repeating: "Tom saw a ball. ", count: 400)
                let lines = Data("Tom saw a \n\(long)\n".utf8) + [0xFF, 0xFE, 0x0A] + Data("\nAnna saw a ".utf8)
                try lines.write(to: lathe.url("lines"))
                try Data("Tom saw a \nAnna saw a \n".utf8).write(to: lathe.url("good"))
                func chat(_ file: String) throws -> Outcome {
                    try lathe.start(
                        ["generate", "--model", LatheCommand.gguf, "--max-new-tokens", "5"], input: lathe.url(file)
                    ).wait()
                }
                let (odd, good) = (try chat("lines"), try chat("good"))
                #expect(odd.code == 0 && good.code == 0 && !good.output.isEmpty)
                #expect(odd.output == good.output)
                #expect(odd.errors.contains("context") && odd.errors.contains("not UTF-8"))
                try lathe("generate", "--model", LatheCommand.gguf, "--json").expectFailure(64, "--prompt")
            }
        }

        @Test func anAnswerThatFillsTheContextSaysSo() throws {
            try LatheCommand.inFolder { lathe in
                let answer = try lathe(
                    "generate", "--model", LatheCommand.gguf, "--raw", "--max-new-tokens", "600", "--prompt",
                    String(repeating: "Tom saw a ball. ", count: 76))
                #expect(answer.code == 0)
                let json = try lathe.json(
                    "generate", "--model", LatheCommand.gguf, "--raw", "--max-new-tokens", "600", "--prompt",
                    String(repeating: "Tom saw a ball. ", count: 76))
                #expect(json["stop_reason"] == "context_full" && answer.errors.contains("context is full"))
            }
        }

        @Test func doctorNamesTheMachine() throws {
            try LatheCommand.inFolder { lathe in
                let facts = try lathe.json("doctor")
                for name in ["cpu", "instruction_set", "precision"] { #expect(facts[name]?.string?.isEmpty == false) }
                #expect(try #require(facts["threads"]?.integer) > 0)
                #expect(try #require(facts["memory_bytes"]?.integer) > 1 << 20)
                #expect(try #require(facts["libraries"]?.object).members.count > 0)
                let text = try lathe("doctor").output
                #expect(text.contains("instruction set"))
            }
        }

        @Test func helpAndVersionSucceed() throws {
            try LatheCommand.inFolder { lathe in
                let (help, version) = (try lathe("--help"), try lathe("--version"))
                #expect(help.code == 0 && help.output.contains("evaluate"))
                #expect(version.code == 0)
            }
        }
    }
}
