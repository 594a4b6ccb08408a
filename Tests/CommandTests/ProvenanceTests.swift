// An adapter says on what it was trained; using it elsewhere is said, not hidden.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Provenance {
        /// Trains, puts another digest under `key` of the adapter's provenance, and expects `warning` from evaluating it.
        private func warns(_ key: String, _ warning: String) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let evaluate = [
                    "evaluate", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--data", "held.jsonl",
                    "--json",
                ]
                func warnings() throws -> [String] {
                    let report = try JSONValue(parsing: try lathe.start(evaluate).wait().output)
                    return report["warnings"]?.array?.compactMap(\.string) ?? []
                }
                #expect(try !warnings().contains { $0.contains(warning) })
                var provenance = try #require(JSONValue(parsing: try lathe.text(adapter + "/lathe.json")).object)
                provenance[key] = .string(String(repeating: "0", count: 64))
                try lathe.write(adapter + "/lathe.json", JSONValue.object(provenance).text())
                #expect(try warnings().contains { $0.contains(warning) })
            }
        }

        @Test func anotherBaseIsSaid() throws { try warns("base_sha256", "the adapter was trained on") }

        @Test func anotherTemplateIsSaid() throws { try warns("template_sha256", "another chat template") }

        /// Whoever uses such an adapter is told on standard error, also when progress is not wanted, and gets the result.
        @Test func everyVerbThatUsesTheAdapterSaysIt() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("train.max_steps=3")
                let file = adapter + "/lathe.json"
                var provenance = try #require(JSONValue(parsing: try lathe.text(file)).object)
                let model = ["--model", LatheCommand.huggingFace, "--adapter", adapter, "--quiet"]
                let verbs = [
                    ["score", "--data", "held.jsonl"],
                    ["generate", "--prompt", "Tom", "--raw", "--max-new-tokens", "2"],
                    ["evaluate", "--data", "held.jsonl"], ["merge", "--out", "merged"],
                ]
                let sentences = ["another base", "the adapter was trained on", "another chat template"]
                for verb in verbs {
                    let outcome = try lathe.start(verb + model).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(!sentences.contains { outcome.errors.contains($0) }, "\(verb[0])")
                }
                try FileManager.default.removeItem(at: lathe.url("merged"))
                for key in ["base_sha256", "template_sha256"] {
                    provenance[key] = .string(String(repeating: "0", count: 64))
                }
                try lathe.write(file, JSONValue.object(provenance).text())
                for verb in verbs {
                    let outcome = try lathe.start(verb + model).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    for sentence in sentences.dropFirst() {
                        #expect(outcome.errors.contains(sentence), "\(verb[0]): \(outcome.errors)")
                    }
                    #expect(outcome.errors.contains("warning: the adapter") && !outcome.output.isEmpty)
                }
            }
        }
    }
}
