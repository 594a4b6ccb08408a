// A student is taught on answers of its own (distill.source: on_policy).

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct OnPolicy {
        private static let distillation = """
            distill:
              source: on_policy
              teacher_adapter: teacher
              on_policy_share: 0.5
              max_new_tokens: 16
            """

        private func prepare(_ lathe: LatheCommand) throws {
            try lathe.copy(lathe.train("train.max_steps=60"), to: "teacher")
            let recipe = LatheCommand.recipe.replacingOccurrences(of: "name: tiny", with: "name: student")
                .replacingOccurrences(of: "max_steps: 6", with: "max_steps: 8")
            try lathe.write("on_policy.yaml", recipe + Self.distillation + "\n")
        }

        private func steps(_ lathe: LatheCommand) throws -> [JSONValue] {
            try lathe.text("checkpoints/student/events.jsonl").split(separator: "\n")
                .map { try JSONValue(parsing: String($0)) }.filter { $0["event"] == "step" }
        }

        /// What the student writes is drawn anew where a run goes on, and comes out the same.
        @Test func aStoppedRunGivesTheSameAdapter() throws {
            try LatheCommand.inFolder { lathe in
                try prepare(lathe)
                let whole = try lathe.json("train", "on_policy.yaml", "--fresh")
                #expect(whole["evaluation"]?["difference"]?["verdict"] == "better", "\(whole)")
                let tokens = try steps(lathe).map { $0["tokens"]?.integer }
                // Rows of the file alone have other lengths.
                _ = try lathe.json("train", "on_policy.yaml", "--fresh", "--set", "distill.source=online")
                #expect(try steps(lathe).map { $0["tokens"]?.integer } != tokens)
                _ = try lathe.json("train", "on_policy.yaml", "--fresh")
                // As if it had been killed after step 6: what came later is gone.
                let folder = lathe.url("checkpoints/student")
                for name in try lathe.names(in: "checkpoints/student") where name == "step-000008.h5" {
                    try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
                }
                try FileManager.default.removeItem(at: folder.appendingPathComponent("adapter"))
                let again = try lathe("train", "on_policy.yaml", "--json")
                #expect(again.code == 0 && !again.errors.contains("nothing is done"), "\(again.errors)")
                #expect(try again.json["adapter_sha256"] == whole["adapter_sha256"])
            }
        }

        @Test func howMuchIsOwnDecidesTheAdapter() throws {
            try LatheCommand.inFolder { lathe in
                try prepare(lathe)
                var adapters = Set<String>()
                for setting in ["share=0.5", "share=1", "temperature=0"] {
                    let key = setting.hasPrefix("share") ? "distill.on_policy_" : "distill.sampling_"
                    let report = try lathe.json("train", "on_policy.yaml", "--fresh", "--set", key + setting)
                    adapters.insert(try #require(report["adapter_sha256"]?.string))
                }
                #expect(adapters.count == 3)
                try lathe("train", "on_policy.yaml", "--set", "distill.cross_entropy=0.5")
                    .expectFailure(65, "distill.cross_entropy", "no label")
                try lathe("train", "on_policy.yaml", "--set", "distill.context=Be brief.")
                    .expectFailure(65, "distill.context", "source: online")
            }
        }
    }
}
