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

    /// Of the sentences whose entities are marked none stands on both sides, and no marked word of one side on the other.
    @Test func theMarkedSentencesAreSoundAndDoNotLeak() throws {
        let folder = packageRoot.appendingPathComponent("datasets/entities")
        var settings = DataSettings.test(maxLength: 4096)
        settings.task = RowTask(.tag, reads: .words)
        func set(_ name: String) throws -> PreparedDataset {
            try PreparedDataset(
                files: [folder.appendingPathComponent(name).path], encoder: ToyEncoder(), renderer: nil,
                settings: settings)
        }
        func marked(_ set: PreparedDataset) throws -> Set<String> {
            Set(
                try (0..<set.rows.count).flatMap { index -> [String] in
                    let row = try set.rows.row(index)
                    guard case .document(let text) = row.content, case .spans(let tagged) = row.answer else {
                        return []
                    }
                    let letters = Array(text.lowercased())
                    return tagged.spans.map { "\($0.type) \(String(letters[$0.start..<$0.end]))" }
                })
        }
        let train = try set("train.jsonl"), heldOut = try set("held_out.jsonl")
        #expect(train.report.rows >= 300 && heldOut.report.rows >= 90)
        #expect(train.report.remarks.counts.isEmpty && heldOut.report.remarks.counts.isEmpty)
        let (trained, asked) = (try marked(train), try marked(heldOut))
        #expect(trained.count > 100 && asked.count > 60 && trained.isDisjoint(with: asked))
    }
}
