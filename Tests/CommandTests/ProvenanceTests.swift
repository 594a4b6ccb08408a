// An adapter says on what it was trained; using it elsewhere is said, not hidden.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite(.needs("models/stories260K")) struct Provenance {
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
    }
}
