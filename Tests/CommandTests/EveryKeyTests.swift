// Every key of a recipe changes what a run does, or is refused where it would not.

import Foundation
import JSON
import Recipes
import TestSupport
import Testing

extension CommandTests {
    @Suite struct EveryKey {
        @Test func noKeyIsLeftOut() {
            #expect(Set(keyChanges.map(\.key)) == Set(Recipe.keyPaths))
        }

        @Test func everyKeyActsOrIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                try Self.writeRows(lathe)
                var known: [[String]: String] = [:]
                /// What a run with `settings` leaves.
                func trace(_ settings: [String]) throws -> String {
                    if let trace = known[settings] { return trace }
                    let trace = try Self.trace(lathe, settings)
                    known[settings] = trace
                    return trace
                }
                let plain = try Self.trace(lathe, [])
                #expect(try Self.trace(lathe, []) == plain, "two runs of the same recipe leave the same")
                _ = try lathe.start(["train", "recipe.yaml", "--quiet", "--set", "name=start"]).wait()
                try lathe.copy(lathe.url("checkpoints/start/adapter").path, to: "first")
                for change in keyChanges {
                    switch change.effect {
                    case .acts:
                        let before = try trace(change.beside)
                        let after = try trace(change.beside + [change.setting])
                        #expect(before != after, "\(change.testDescription) changes nothing")
                        #expect(
                            !after.hasPrefix("failed") || change.key.hasPrefix("data."),
                            "\(change.testDescription): \(after)")
                    case .refused(let words):
                        let outcome = try Self.run(lathe, change.beside + [change.setting])
                        #expect(
                            outcome.code != 0 && outcome.errors.contains(words),
                            "\(change.testDescription): \(outcome.errors)")
                    }
                }
            }
        }

        @Test func whatIsIdleIsRefusedWithItsPlace() throws {
            let model = "name: x\nmodel: { path: m }\n"
            func expectIdle(_ yaml: String, _ key: String) {
                let found = (try? Recipe.load(yaml: yaml, file: "r.yaml"))?.idleKeys ?? []
                #expect(found.map(\.kind) == [.noEffect] && found.first?.keyPath == key, "\(key): \(found)")
                #expect((found.first?.place.line ?? 0) > 1)
            }
            for (yaml, key) in IdleSettings.beside {
                expectIdle(model + "data: { train: t, held_out: h }\n" + yaml + "\n", key)
            }
            for (yaml, key) in IdleSettings.withoutHeldOutRows {
                expectIdle(model + "data: { train: t }\n" + yaml + "\n", key)
            }
            for (members, key) in IdleSettings.inData { expectIdle(model + "data: { train: t, \(members) }\n", key) }
            // An override that makes a key of the file idle is meant: it is only told.
            let recipe = try Recipe.load(
                yaml: model + "data: { train: t, held_out: h }\nevaluate: { metrics: [rouge_l] }\n", file: "r.yaml",
                overrides: ["evaluate.enabled=false"])
            #expect(recipe.notices.map(\.keyPath) == ["evaluate.metrics"] && recipe.idleKeys.isEmpty)
            try LatheCommand.inFolder { lathe in
                try lathe.write("recipe.yaml", LatheCommand.recipe + "merge: { path: there }\n")
                for verb in [["train"], ["plan"], ["prepare"], ["recipe", "check"]] {
                    try lathe.start(verb + ["recipe.yaml"]).wait()
                        .expectFailure(65, "recipe.yaml:17:10: merge.path: has no effect: merge.enabled is false")
                }
            }
        }

        @Test func anAdapterThatIsTrainedFurtherKeepsItsShape() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(lathe.train(), to: "first")
                let bare = LatheCommand.recipe.replacing("  r: 4\n  alpha: 8\n", with: "  continue_from: first\n")
                    .replacing("name: tiny", with: "name: further")
                try lathe.write("further.yaml", bare)
                for (key, value) in [
                    ("r", "8"), ("alpha", "3"), ("use_rslora", "true"), ("target_modules", "[q_proj]"),
                    ("layers", "[0]"),
                    ("rank_pattern", "{q_proj: 2}"), ("alpha_pattern", "{q_proj: 2}"),
                ] {
                    try lathe("train", "further.yaml", "--set", "adapter.\(key)=\(value)").expectFailure(
                        65, "adapter.\(key)", "first")
                }
                let same = try lathe(
                    "train", "further.yaml", "--json", "--set", "adapter.r=4", "--set", "adapter.alpha=8")
                #expect(same.code == 0, "\(same.errors)")
                // The recipe that the run left is one, and means the same.
                let again = try lathe("train", "checkpoints/further/recipe.yaml", "--json")
                #expect(again.errors.contains("nothing is done"), "\(again.errors)")
                let dropout = try lathe("train", "further.yaml", "--json", "--fresh", "--set", "adapter.dropout=0.3")
                #expect(try dropout.json["adapter_sha256"] != same.json["adapter_sha256"], "\(dropout.errors)")
            }
        }

        /// How AdaLoRA spends its ranks is no shape; the method is the adapter's own.
        @Test func aBudgetIsSpentFurther() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = "{method: adalora, init_r: 4, target_r: 2, tinit: 4}"
                try lathe.copy(lathe.train("adapter=\(adapter)"), to: "first")
                let further = LatheCommand.recipe.replacing("  r: 4\n  alpha: 8\n", with: "  continue_from: first\n")
                    .replacing("name: tiny", with: "name: further").replacing("max_steps: 6", with: "max_steps: 3")
                try lathe.write("further.yaml", further)
                // The adapter's own tinit leaves no step in three.
                try lathe("train", "further.yaml").expectFailure(65, "adapter.tinit")
                for setting in ["r=4", "init_r=6", "decompose_both=true"] {
                    let key = setting.prefix { $0 != "=" }
                    try lathe("train", "further.yaml", "--set", "adapter.\(setting)").expectFailure(
                        65, "adapter.\(key)", "first")
                }
                let outcome = try lathe("train", "further.yaml", "--json", "--set", "adapter.tinit=1")
                #expect(outcome.code == 0, "\(outcome.errors)")
                let again = try lathe("train", "checkpoints/further/recipe.yaml", "--json")
                #expect(again.errors.contains("nothing is done"), "\(again.errors)")
            }
        }

        // MARK: Runs and what they leave

        private static func run(_ lathe: LatheCommand, _ settings: [String]) throws -> Outcome {
            try? FileManager.default.removeItem(at: lathe.url("checkpoints"))
            for place in ["here", "there"] { try? FileManager.default.removeItem(at: lathe.url(place)) }
            return try lathe.start(
                [
                    "run", "recipe.yaml", "--json", "--quiet", "--set", "train.save_every=0", "--set",
                    "train.max_steps=4",
                ] + settings.flatMap { ["--set", $0] }
            ).wait()
        }

        /// Everything that a run leaves, but for times, speeds and its recipe; where it fails, why.
        private static func trace(_ lathe: LatheCommand, _ settings: [String]) throws -> String {
            let outcome = try run(lathe, settings)
            guard outcome.code == 0 else { return "failed: \(outcome.errors)" }
            var lines: [String] = []
            let report = try #require(try outcome.json.object)
            for member in report.members
            where !["tokens_per_second", "peak_memory_bytes", "stages", "run_directory"].contains(member.key) {
                let text = member.value.text().replacing(#/"tokens_per_second":[^,}]*/#, with: "")
                lines.append("\(member.key): \(text)")
            }
            for root in ["checkpoints", "here", "there"] {
                let paths =
                    FileManager.default.enumerator(atPath: lathe.url(root).path)?.compactMap { $0 as? String } ?? []
                for path in paths.sorted() {
                    let size =
                        (path.contains("merged") || path.contains("export")) && path.hasSuffix("tensors")
                        ? "\((try? Data(contentsOf: lathe.url("\(root)/\(path)")).count) ?? 0)" : ""
                    lines.append("\(root)/\(path) \(size)".replacing(#/tfevents.*/#, with: ""))
                }
            }
            for path in try FileManager.default.contentsOfDirectory(atPath: lathe.url("checkpoints").path) {
                let record = try JSONValue(parsing: lathe.text("checkpoints/\(path)/run.json"))
                lines.append(record["fingerprint"]?["parts"]?.text() ?? "")
                for line in try lathe.text("checkpoints/\(path)/events.jsonl").split(separator: "\n") {
                    let event = try JSONValue(parsing: String(line)).object ?? JSONObject()
                    let kept = event.members.filter {
                        !["time", "tokens_per_second", "seconds_left", "seconds"].contains($0.key)
                    }
                    lines.append(JSONValue.object(JSONObject(kept)).text())
                }
            }
            return lines.joined(separator: "\n")
        }

        private static func writeRows(_ lathe: LatheCommand) throws {
            func lines(_ count: Int, _ row: (Int) -> String) -> String { (0..<count).map { row($0) + "\n" }.joined() }
            let names = ["Tom", "Lily", "Ben", "Sue"]
            try lathe.write(
                "train.jsonl",
                lines(24) {
                    #"{"prompt": "\#(names[$0 % 4]) saw \#($0 / 2) cats.", "completion": "\#(names[($0 + 1) % 4]) saw \#($0 * 3) dogs in the park.", "kind": \#($0 % 3)}"#
                })
            try lathe.write(
                "bare.jsonl",
                lines(8) {
                    #"{"messages": [{"content": "hi \#($0)"}, {"content": "yes \#($0)"}, {"content": "why"}, {"content": "so"}]}"#
                })
            try lathe.write(
                "chat.jsonl",
                lines(8) {
                    #"{"messages": [{"role": "user", "content": "hi \#($0)"}, {"role": "assistant", "content": "yes"}, {"role": "user", "content": "a cat"}, {"role": "assistant", "content": "a dog \#($0)"}]}"#
                })
            try lathe.write(
                "pairs.jsonl",
                lines(8) {
                    #"{"prompt": "Where is \#(names[$0 % 4])? \#($0)", "chosen": "at home", "rejected": "a cat \#($0)"}"#
                })
            try lathe.write(
                "rated.jsonl",
                lines(8) {
                    #"{"prompt": "Where is \#(names[$0 % 4])? \#($0)", "completion": "a cat \#($0)", "rating": \#($0 % 4)}"#
                })
            // The second texts are few: some of a step are the same.
            try lathe.write(
                "triples.jsonl",
                lines(12) {
                    #"{"anchor": "\#(names[$0 % 4]) saw \#($0) cats", "positive": "\#(names[$0 % 2]) was there", "negative": "a dog \#($0)"}"#
                })
            try lathe.write(
                "labels.jsonl",
                lines(12) { #"{"text": "\#(names[$0 % 4]) saw \#($0) cats", "label": "\#($0 % 2 == 0 ? "a" : "b")"}"# })
            try lathe.write(
                "skewed.jsonl",
                lines(12) { #"{"text": "\#(names[$0 % 4]) saw \#($0) cats", "label": "\#($0 % 3 == 0 ? "a" : "b")"}"# })
            try lathe.write(
                "many.jsonl",
                lines(12) {
                    #"{"text": "\#(names[$0 % 4]) saw \#($0) cats", "label": \#(["[]", #"["a"]"#, #"["b", "a"]"#][$0 % 3])}"#
                })
            try lathe.write(
                "rows.csv", "prompt,completion,kind\n" + lines(8) { "\"\(names[$0 % 4]) saw\",\"a cat \($0)\",1" })
            try lathe.write("lines.txt", lines(12) { "\(names[$0 % 4]) saw \($0) cats in the park." })
            let one = #"{"prompt": "Tom saw.", "completion": "a cat"}"#
            try lathe.write(
                "two.json",
                #"{"first": [\#(one), \#(one)], "second": [{"prompt": "Lily had.", "completion": "a dog"}, \#(one)]}"#)
            try lathe.write(
                "broken.jsonl", lines(8) { #"{"prompt": "Tom saw \#($0).", "completion": "a cat"}"# } + "{\n")
        }
    }
}
