import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct ShippedDataTests {
    @Test(arguments: ["health", "retail", "media"]) func theShippedSetsAreSoundAndDoNotLeak(domain: String) throws {
        let folder = packageRoot.appendingPathComponent("datasets/\(domain)")
        func set(_ name: String) throws -> PreparedDataset {
            try PreparedDataset(
                files: [folder.appendingPathComponent(name).path], encoder: ToyEncoder(),
                renderer: ToyRenderer.chatML, settings: .test(maxLength: 4096))
        }
        let train = try set("train.jsonl")
        let heldOut = try set("held_out.jsonl")
        #expect(train.report.rows >= 240)
        #expect(heldOut.report.rows >= 60)
        func prompts(_ set: PreparedDataset) throws -> Set<String> {
            Set(try (0..<set.rows.count).map { try set.rows.row($0).promptText.lowercased() })
        }
        #expect(try prompts(train).isDisjoint(with: prompts(heldOut)))
    }
}
