import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct ShippedDataTests {
    @Test(arguments: ["health", "retail", "media"]) func theShippedSetsAreSoundAndDoNotLeak(domain: String) throws {
        let folder = packageRoot.appendingPathComponent("datasets/\(domain)")
        let split = try DatasetSplit(
            train: [folder.appendingPathComponent("train.jsonl").path],
            heldOut: [folder.appendingPathComponent("held_out.jsonl").path], valSize: 0, seed: 1, encoder: ToyEncoder(),
            renderer: ToyRenderer.chatML, settings: .test(maxLength: 4096))
        #expect(split.train.report.rows >= 240)
        #expect((split.heldOut?.report.rows ?? 0) >= 60)
        #expect(split.overlappingRows == 0)
        #expect(split.overlappingPrompts == 0)
    }
}
