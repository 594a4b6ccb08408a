// An instruct model is trained through its template, and asked as it was trained.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PromptStyles {
        private static let rows = """
            prompt,completion
            Tom saw a dog.,The dog ran.
            Anna saw a cat.,The cat sat.
            Tom had a ball.,The ball was red.
            Anna had a hat.,The hat was blue.

            """

        private func train(
            _ lathe: LatheCommand, _ name: String, _ overrides: String..., model: String = TinyModel.chat.path
        ) throws -> Outcome {
            try lathe.write("rows.csv", Self.rows)
            try lathe.write(
                "r.yaml",
                "name: \(name)\nmodel: { path: \(model), precision: fp32 }\ndata: { train: rows.csv, val_size: 1 }\n"
                    + "train: { max_steps: 1, warmup_steps: 0 }\n")
            let outcome = try lathe.start(["train", "r.yaml"] + overrides.flatMap { ["--set", $0] }).wait()
            #expect(outcome.code == 0, "\(outcome.errors)")
            return outcome
        }

        private func note(_ lathe: LatheCommand, _ name: String) throws -> JSONValue {
            let url = lathe.folder.appendingPathComponent("checkpoints/\(name)/adapter/lathe.json")
            return try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
        }

        @Test func rowsOfPromptAndCompletionGoThroughTheTemplateAndItIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try train(lathe, "chat", "data.system=Be kind.")
                #expect(outcome.errors.contains("rows go through the model's chat template"))
                #expect(try note(lathe, "chat")["prompt_style"] == "chat")
                #expect(try note(lathe, "chat")["system"] == "Be kind.")
                let shown = try lathe("inspect", "r.yaml", "--example", "0", "--set", "data.system=Be kind.")
                #expect(shown.output.contains("Be kind."))
                // Rows scored with the adapter are rendered as in training: the same tokens as with both keys given.
                func tokens(_ arguments: String...) throws -> [JSONValue] {
                    let outcome = try lathe.start(
                        ["score", "--model", TinyModel.chat.path, "--data", "rows.csv", "--json", "--tokens"]
                            + arguments
                    ).wait()
                    return try outcome.lines.compactMap { $0["ids"] }
                }
                let adapter = "checkpoints/chat/adapter"
                let own = try tokens("--adapter", adapter)
                #expect(own.count == 4)
                #expect(try own == tokens("--set", "data.prompt_style=chat", "--set", "data.system=Be kind."))
                #expect(try own != tokens())
                #expect(try own != tokens("--adapter", adapter, "--set", "data.system=Be rude."))
            }
        }

        @Test func anAdapterIsAskedAsItWasTrained() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try train(lathe, "plain", "data.prompt_style=plain")
                #expect(outcome.errors.contains("nothing stands between prompt and answer in 3 of 3 training rows"))
                #expect(try note(lathe, "plain")["prompt_style"] == "plain")
                func ids(_ arguments: String...) throws -> (ids: JSONValue?, errors: String) {
                    let outcome = try lathe.start(
                        [
                            "generate", "--model", TinyModel.chat.path, "--prompt", "Tom saw", "--max-new-tokens", "8",
                            "--json", "--set", "model.precision=fp32",
                        ] + arguments
                    ).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return (try outcome.json["ids"], outcome.errors)
                }
                for adapter in ["checkpoints/plain/adapter", "checkpoints/plain/checkpoints/step-000001.h5"]
                where FileManager.default.fileExists(atPath: lathe.folder.appendingPathComponent(adapter).path) {
                    let own = try ids("--adapter", adapter)
                    #expect(own.errors.contains("the adapter was trained on plain texts"))
                    #expect(try own.ids == ids("--adapter", adapter, "--raw").ids)
                    let chat = try ids("--adapter", adapter, "--set", "data.prompt_style=chat")
                    #expect(chat.errors.contains("and is asked through the chat template here"))
                    #expect(chat.ids != own.ids)
                }
                let data = ["evaluate", "--model", TinyModel.chat.path, "--data", "rows.csv", "--json"]
                let own = try lathe.start(data + ["--adapter", "checkpoints/plain/adapter"]).wait().json
                let plain = try lathe.start(data + ["--set", "data.prompt_style=plain"]).wait().json
                #expect(own["target_tokens"] == plain["target_tokens"])
                #expect(own["base"]?["loss"] == plain["base"]?["loss"])
            }
        }

        @Test func aModelWithoutATemplateJoinsThemAndSaysSo() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try train(lathe, "base", model: TinyModel.base.path)
                #expect(outcome.errors.contains("the model has no chat template"))
                #expect(try note(lathe, "base")["prompt_style"] == "plain")
                try lathe("train", "r.yaml", "--set", "data.prompt_style=chat", "--fresh").expectFailure(
                    65, "data.chat_template", "data.prompt_style: plain")
            }
        }
    }
}
