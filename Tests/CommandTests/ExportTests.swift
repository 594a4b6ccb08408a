// What is written for other tools, and adapters read back from every form they are kept in.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Exporting {
        private func losses(_ rows: [JSONValue]) -> [Double] { rows.compactMap { $0["loss"]?.double } }

        @Test func everyFormOfTheAdapterScoresAlike() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("train.eval_every=0")
                let exported = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "peft", "--out",
                    "peft")
                #expect(exported["format"] == "peft")
                #expect(try lathe.names(in: "peft").contains("adapter_config.json"))
                let expected = losses(try lathe.score(LatheCommand.huggingFace, adapter: adapter))
                #expect(losses(try lathe.score(LatheCommand.huggingFace, adapter: "peft")) == expected)
                let checkpoint = "checkpoints/tiny/step-000006.h5"
                #expect(losses(try lathe.score(LatheCommand.huggingFace, adapter: checkpoint)) == expected)
                let evaluations = try [adapter, checkpoint].map {
                    try lathe.json(
                        "evaluate", "--model", LatheCommand.huggingFace, "--adapter", $0, "--data", "held.jsonl")[
                            "adapter"]?["loss"]
                }
                #expect(evaluations[0]?.double != nil && evaluations[0] == evaluations[1])
            }
        }

        /// A Hugging Face folder as GGUF files in a folder, which opens as one model.
        @Test func aModelInPartsIsTheModel() throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--format", "gguf", "--split-max-size", "100kB",
                    "--out", "parts")
                #expect(report["check"]?["passed"] == true)
                let parts = try lathe.names(in: "parts").filter { $0.hasSuffix(".gguf") }
                #expect(parts.count > 2 && parts.allSatisfy { $0.hasPrefix("model-0000") })
                #expect(losses(try lathe.score("parts")) == losses(try lathe.score(LatheCommand.huggingFace)))
                let found = try lathe.json("inspect", "parts")
                #expect(found["kind"] == "model" && found["parts"]?.array?.count == parts.count)
                #expect(found["weights"]?["parameters"] == .integer(TinyModel.parameters))
                #expect(found["written_by_lathe"]?["holds"] == "model")
            }
        }

        /// Rows that fill no blocks stay floats; of a model in blocks that is said.
        @Test func whatIsInNoBlocksIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                // Of its layers the last of each block has rows of 40.
                try TinyFamily.llama.write(to: lathe.url("narrow"))
                let call = ["export", "--format", "gguf", "--type", "Q4_0", "--quiet"]
                let narrow = try lathe.start(call + ["--model", "narrow", "--out", "n.gguf"]).wait()
                #expect(narrow.code == 0, "\(narrow.errors)")
                #expect(narrow.output.contains("stay floats: their rows fill no blocks of Q4_0"), "\(narrow.output)")
                let report = try lathe.start(call + ["--model", "narrow", "--out", "n.gguf", "--json"]).wait().json
                let share = try #require(report["check"]?["float_share"]?.double)
                #expect(share > 0.05 && share < 0.5)
                let whole = try lathe.start(call + ["--model", LatheCommand.gguf, "--out", "w.gguf", "--json"]).wait()
                #expect(try whole.json["check"]?["float_share"] == nil)
            }
        }

        @Test func safetensorsExportOfBothFormatsIsTheModel() throws {
            try LatheCommand.inFolder { lathe in
                for (name, model) in [("a", LatheCommand.huggingFace), ("b", LatheCommand.gguf)] {
                    _ = try lathe.json("export", "--model", model, "--format", "safetensors", "--out", name)
                    #expect(losses(try lathe.score(name)) == losses(try lathe.score(model)))
                }
                try lathe.write("a/notes.txt", "mine")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "safetensors", "--out", "a")
                    .expectFailure(74, "is there already", "a/notes.txt")
            }
        }

        @Test func hdf5HoldsTheModel() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                _ = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "hdf5", "--out",
                    "m.h5")
                let bytes = try Data(contentsOf: lathe.url("m.h5"))
                #expect(bytes.starts(with: [0x89, 0x48, 0x44, 0x46]))
                #expect(bytes.count > TinyModel.parameters * 4)
            }
        }

        /// Each form of a model is read back and scored, with an adapter and without one.
        @Test(arguments: [("safetensors", "m"), ("gguf", "m.gguf"), ("hdf5", "m.h5")])
        func aWrittenModelIsScoredBeforeItTakesItsPlace(format: String, place: String) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("model.path=\(LatheCommand.gguf)")
                let call = [
                    "export", "--model", LatheCommand.gguf, "--format", format, "--type", "bf16", "--out", place,
                ]
                func report(_ more: String...) throws -> JSONValue {
                    let outcome = try lathe.start(call + more + ["--json"]).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json
                }
                let plain = try report()
                let check = try #require(plain["check"])
                #expect(plain["format"] == .string(format) && plain["type"] == "bf16" && check["passed"] == true)
                #expect(check["surviving_share"] == .null && check["base_loss"] == nil)
                #expect(try #require(check["rows"]?.integer) > 2)
                #expect(check["scored_on"]?.string?.contains("built-in") == true)

                let adapted = try report("--adapter", adapter, "--data", "held.jsonl")
                let scores = try #require(adapted["check"])
                func number(_ name: String) throws -> Double { try #require(scores[name]?.double, "\(name)") }
                #expect(scores["rows"] == 8 && scores["passed"] == true)
                let evaluated = try lathe.json(
                    "evaluate", "--model", LatheCommand.gguf, "--adapter", adapter, "--data", "held.jsonl", "--set",
                    "model.precision=fp32")
                for (name, side) in [("base_loss", "base"), ("reference_loss", "adapter")] {
                    let (found, expected) = (try number(name), try #require(evaluated[side]?["loss"]?.double))
                    #expect(abs(found - expected) < 1e-5)
                }
                let (written, reference) = (try number("written_loss"), try number("reference_loss"))
                #expect(abs(written - reference) < 0.05)
                let (mean, most) = (try number("mean_kld"), try number("p99_kld"))
                #expect(mean > 0 && mean < most)
                let (agreement, share) = (try number("top1_agreement"), try number("surviving_share"))
                #expect(agreement > 0.9 && share > 0.99)
                #expect(scores["tensors"]?.array?.count == TinyModel.linearLayers)
                for name in ["loss_difference", "mean_kld", "top1_agreement"] {
                    #expect(scores["ci95"]?[name]?.array?.count == 2)
                }
                #expect(try #require(adapted["bytes"]?.integer) > TinyModel.parameters * 2)
                #expect(adapted["sha256"]?.string?.count == 64 && adapted["sha256"] != plain["sha256"])
                if format != "hdf5" {
                    #expect(try lathe.score(place).compactMap { $0["loss"]?.double }.count == 8)
                }
            }
        }

        /// The written model's own template makes the ids that training makes.
        @Test(arguments: [("safetensors", "m"), ("gguf", "m.gguf")])
        func theTemplateIsPartOfTheCheck(format: String, place: String) throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.json(
                    "export", "--model", TinyModel.chatGGUF.path, "--format", format, "--out", place)
                #expect(report["check"]?["template_conversations"] == 20 && report["check"]?["passed"] == true)
            }
        }

        /// Matrices that the adapter changes get the finer type, the others stay as they would be.
        @Test func touchedMatricesAreWrittenInAFinerType() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("adapter.target_modules=[q_proj]")
                let call = [
                    "export", "--model", LatheCommand.gguf, "--adapter", adapter, "--format", "gguf", "--type", "bf16",
                    "--out", "m.gguf", "--json",
                ]
                func report(_ more: String...) throws -> JSONValue {
                    let outcome = try lathe.start(call + more).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json
                }
                let plain = try report()["bytes"]?.integer ?? 0, touched = try report("--touched-type", "fp32")
                let tensors = try #require(touched["check"]?["tensors"]?.array)
                #expect(tensors.count == TinyModel.blocks && tensors.allSatisfy { $0["type"] == "F32" })
                #expect(touched["bytes"]?.integer == plain + TinyModel.blocks * 64 * 64 * 2)
                try lathe.start(call + ["--touched-type", "q9"]).wait().expectFailure(64, "--touched-type", "q9")
            }
        }

        /// Types are searched so that the size, or the loss, meets the wish; both come out as they were asked for.
        @Test func typesAreSearchedForASizeOrALoss() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let call = [
                    "export", "--model", LatheCommand.gguf, "--adapter", adapter, "--format", "gguf", "--type", "bf16",
                    "--data", "held.jsonl", "--out", "m.gguf", "--json",
                ]
                func report(_ more: String...) throws -> JSONValue {
                    let outcome = try lathe.start(call + more).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json
                }
                func divergence(_ report: JSONValue) throws -> Double {
                    try #require(report["check"]?["mean_kld"]?.double)
                }
                let plain = try report(), larger = try report("--target-bytes", "140%")
                let (before, after) = (plain["bytes"]?.integer ?? 0, larger["bytes"]?.integer ?? 0)
                #expect(after > before && Double(after) <= 1.4 * Double(before))
                let types = try #require(larger["check"]?["tensor_types"]?.object).members.map(\.value)
                #expect(types.contains("F32") && types.contains("BF16") && plain["check"]?["tensor_types"] == nil)
                let (coarse, fine) = (try divergence(plain), try divergence(larger))
                #expect(fine < coarse)
                #expect(try report("--target-bytes", "140%")["sha256"] == larger["sha256"])
                try lathe.start(call + ["--target-bytes", "1kB"]).wait().expectFailure(65, "target size")
                try lathe.start(call + ["--target-bytes", "half"]).wait().expectFailure(64, "--target-bytes")
                try lathe.start(call + ["--target-loss", "0.01"]).wait().expectFailure(65, "target loss")
                let easy = try report("--target-loss", "20")
                #expect(easy["bytes"]?.integer == before)
                let reference = try #require(plain["check"]?["reference_loss"]?.double)
                let written = try #require(plain["check"]?["written_loss"]?.double)
                if written > reference + 1e-5 {
                    let wish = (written + reference) / 2
                    let met = try report("--target-loss", "\(wish)")
                    #expect(try #require(met["check"]?["written_loss"]?.double) <= wish)
                }
            }
        }

        /// What was predicted before rounding, kept in a file, says the same as the model itself.
        @Test func aReferenceFileStandsForTheModel() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let call = [
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "safetensors",
                    "--out",
                    "out", "--json",
                ]
                func check(_ more: String...) throws -> JSONValue {
                    let outcome = try lathe.start(call + more).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try #require(outcome.json["check"])
                }
                _ = try check("--data", "held.jsonl", "--reference-out", "kept.kld")
                let exact = try check("--reference", "kept.kld", "--type", "fp32")
                #expect(abs(try #require(exact["mean_kld"]?.double)) < 1e-4)
                #expect(exact["scored_on"]?.string?.contains("kept.kld") == true)
                let rounded = try check("--reference", "kept.kld", "--type", "bf16")
                let divergence = try #require(rounded["mean_kld"]?.double)
                #expect(divergence > 0 && divergence < 0.01)
                try lathe.start(call + ["--reference-out", "kept.kld"]).wait().expectFailure(
                    74, "--reference-out", "already")
                try lathe.start(call + ["--reference", "kept.kld", "--data", "held.jsonl"]).wait()
                    .expectFailure(64, "--reference")
                try lathe.write("broken.kld", "_logits_")
                try lathe.start(call + ["--reference", "broken.kld"]).wait().expectFailure(65, "broken.kld")
            }
        }

        /// Writes the small model in `type` and trains an adapter on that; what it adds is made `share` of what it was,
        /// so that it is small beside the steps of the type, on whose grid the base lies.
        private func nearlyNothing(_ lathe: LatheCommand, _ type: String, _ place: String, share: Float) throws
            -> String
        {
            let format = place.hasSuffix(".gguf") ? "gguf" : "safetensors"
            _ = try lathe.json(
                "export", "--model", LatheCommand.gguf, "--format", format, "--type", type, "--out", place)
            let adapter = try lathe.train("model.path=\(place)")
            let file = lathe.url(adapter).appendingPathComponent("adapter_model.safetensors")
            var tensors = try EditedTensors(file)
            for index in tensors.entries.indices where tensors.entries[index].name.contains("lora_B") {
                let floats = tensors.entries[index].bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
                tensors.entries[index].bytes = floats.map { $0 * share }.withUnsafeBytes { Data($0) }
            }
            try tensors.write(to: file)
            return adapter
        }

        @Test(arguments: [
            ("bf16", "grid", 1e-5 as Float, "fp32"), ("Q4_0", "grid.gguf", 0.03, "Q8_0"),
            ("Q4_1", "grid.gguf", 0.03, "Q8_0"),
        ])
        func aFineTuneThatRoundingLosesIsRefusedUnlessItIsAllowed(
            type: String, place: String, factor: Float, finer: String
        ) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try nearlyNothing(lathe, type, place, share: factor)
                let format = place.hasSuffix(".gguf") ? "gguf" : "safetensors"
                let call = [
                    "export", "--model", place, "--adapter", adapter, "--format", format, "--type", type, "--out",
                    "out" + place,
                ]
                let before = try lathe.names(in: ".").filter { !$0.hasPrefix(".logs") }
                let refused = try lathe.start(call).wait()
                refused.expectFailure(
                    65, "rounding leaves", "of the adapter's change", "--touched-type \(finer)", "--allow-near-no-op")
                // Ways that work for this format, those that take bytes with how many.
                let ways =
                    format == "gguf"
                    ? ["--format gguf-lora --type Q8_0 (", "--type fp16 (", "--rounding feedback", "--target-loss X"]
                    : ["--format peft --type fp16 (", "finer type: --type fp32"]
                let others = format == "gguf" ? ["peft", "--type fp32"] : ["gguf", "--rounding", "--target-loss"]
                for way in ways { #expect(refused.errors.contains(way), "\(way): \(refused.errors)") }
                for other in others { #expect(!refused.errors.contains(other), "\(other): \(refused.errors)") }
                #expect(refused.errors.contains("% more bytes)"))
                // Of a base whose blocks have minima.
                #expect(refused.errors.contains("adapter.method: fold") == (type == "Q4_1"))
                #expect(try lathe.names(in: ".").filter { !$0.hasPrefix(".logs") } == before)
                func share(_ more: String...) throws -> Double {
                    let outcome = try lathe.start(call + more + ["--json"]).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    let check = try #require(try outcome.json["check"])
                    #expect(check["passed"] == true)
                    #expect((check["allowed"] == nil) == (more != ["--allow-near-no-op"]))
                    return try #require(check["surviving_share"]?.double)
                }
                #expect(try share("--allow-near-no-op") < 0.2)
                // In a finer type it is there.
                #expect(try share("--touched-type", finer) > 0.9)
            }
        }

        /// A merge is held to the same rule.
        @Test func aMergeThatLosesTheFineTuneIsRefusedUnlessItIsAllowed() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try nearlyNothing(lathe, "bf16", "grid", share: 1e-5)
                let call = ["merge", "--model", "grid", "--adapter", adapter, "--out", "merged"]
                try lathe.start(call).wait().expectFailure(
                    65, "the base once more", "rounding leaves", "--set merge.dtype=fp32",
                    "--format peft --type fp16 (",
                    "--allow-near-no-op")
                #expect(!lathe.has("merged"))
                func merge(_ more: String...) throws -> JSONValue {
                    let outcome = try lathe.start(call + more + ["--json"]).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json
                }
                let allowed = try merge("--allow-near-no-op")
                #expect(try #require(allowed["surviving_share"]?.double) < 0.2)
                #expect(allowed["allowed"]?.array?.count == 1 && allowed["passed"] == true)
                let whole = try merge("--set", "merge.dtype=fp32")
                #expect(try #require(whole["surviving_share"]?.double) > 0.9)
                #expect(whole["allowed"] == nil)
                try lathe.start(call + ["--as", "adapter", "--allow-near-no-op"]).wait().expectFailure(
                    64, "--allow-near-no-op has no effect")
            }
        }

        /// A flag that would do nothing, and a value that is none, are said in the flag's own name, before any work.
        @Test func flagsThatWouldDoNothingAreRefused() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("train.max_steps=2")
                let base = ["--model", LatheCommand.huggingFace], tuned = base + ["--adapter", adapter]
                let gguf = ["--format", "gguf", "--out", "out"]
                let merge = ["merge"] + tuned + ["--adapter", adapter, "--out", "out", "--method", "ties"]
                let calls: [(call: [String], flag: String)] = [
                    (["export"] + tuned + gguf + ["--type", "fp32", "--touched-type", "Q8_0"], "--touched-type Q8_0"),
                    (["export"] + tuned + gguf + ["--type", "Q8_0", "--touched-type", "Q8_0"], "--touched-type Q8_0"),
                    (["export"] + base + gguf + ["--touched-type", "fp32"], "--touched-type"),
                    (["export"] + base + gguf + ["--allow-near-no-op"], "--allow-near-no-op"),
                    (["export"] + tuned + ["--format", "peft", "--out", "out", "--data", "held.jsonl"], "--data"),
                    (["export"] + base + gguf + ["--out", "other"], "--out is given 2 times"),
                    (["export"] + base + gguf + ["--type", "fp32", "--type=bf16"], "--type is given 2 times"),
                    (["export"] + tuned + gguf + ["--type", "Q4_0", "--target-loss", "nan"], "--target-loss"),
                    (["export"] + tuned + gguf + ["--type", "Q4_0", "--target-loss", "inf"], "--target-loss"),
                    (merge + ["--density", "0"], "--density 0"), (merge + ["--density", "nan"], "--density nan"),
                    (merge + ["--density", "0.5", "--seed", "x"], "--seed x"),
                    (["extract"] + base + ["--tuned", "t", "--out", "out", "--energy", "nan"], "--energy"),
                    (["extract"] + base + ["--tuned", "t", "--out", "out", "--rank", "0"], "--rank 0"),
                ]
                for (call, flag) in calls {
                    let outcome = try lathe.start(call).wait()
                    #expect(outcome.code == 64, "\(call): \(outcome.errors)")
                    #expect(outcome.errors.hasPrefix("lathe: " + flag), "\(flag): \(outcome.errors)")
                    #expect(!lathe.has("out"))
                }
                // What may be given more than once counts each time.
                #expect(
                    try lathe("recipe", "check", "recipe.yaml", "--set", "seed=1", "--set", "adapter.r=2").code == 0)
                try lathe(
                    "recipe", "check", "recipe.yaml", "--set",
                    "export=[{format: gguf, type: fp32, touched_type: Q8_0}]"
                ).expectFailure(65, "touched_type Q8_0 has no effect")
            }
        }

        @Test func whatCannotBeWrittenIsRefusedBeforeTheWork() throws {
            try LatheCommand.inFolder { lathe in
                // llama.cpp would compute it without its window.
                try TinyFamily.mistral.write(to: lathe.url("windowed"), changing: ["sliding_window": "64"])
                try lathe(
                    "run", "recipe.yaml", "--set", "model.path=windowed", "--set", "export=[{format: gguf}]"
                ).expectFailure(65, "gguf", "sliding_window = 64")
                #expect(!lathe.has("checkpoints"))
                try lathe("export", "--model", "windowed", "--format", "gguf", "--out", "x.gguf")
                    .expectFailure(65, "--format gguf", "sliding_window = 64")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "onnx", "--out", "x")
                    .expectFailure(64, "onnx", "peft, mlx, gguf-lora, safetensors")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "peft", "--out", "x")
                    .expectFailure(64, "--adapter")
                try lathe(
                    "export", "--model", LatheCommand.gguf, "--format", "gguf", "--out", "s-00002-of-00003.gguf"
                ).expectFailure(64, "--out", "one part of a split model")
                #expect(!lathe.has("x") && !lathe.has("x.gguf") && !lathe.has("s-00002-of-00003.gguf"))
            }
        }
    }
}
