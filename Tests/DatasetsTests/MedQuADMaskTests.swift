import ChatTemplates
import Datasets
import Digests
import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

/// Masks under the same rule, computed with transformers by `scripts/goldens/make_masks.py`.
private func golden() throws -> JSONValue {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
        "Fixtures/medquad-masks.json")
    return try JSONValue(parsing: Array(try Data(contentsOf: url)))
}

private func smolTokenizer() throws -> Tokenizer {
    let json = try JSONValue(
        parsing: Array(try Data(contentsOf: SharedData.url("models/smollm2-tokenizer/tokenizer.json"))))
    return try Tokenizer(huggingFace: json)
}

@Suite struct MedQuADMaskTests {
    @Test(.needs("models/smollm2-tokenizer/tokenizer.json"), .needs("bench/medquad-eval-48.jsonl"))
    func idsAndMasksEqualThoseOfTransformers() throws {
        let golden = try golden()
        let tokenizer = try smolTokenizer()
        let encoder = TokenizerEncoder(tokenizer)
        let template = try ChatTemplate(source: try #require(golden["template"]?.string))
        let renderer = TemplateRenderer(template, tokenizer: tokenizer)
        let expected = try #require(golden["rows"]?.array)
        let set = try PreparedDataset(
            files: [SharedData.url("bench/medquad-eval-48.jsonl").path], encoder: encoder, renderer: renderer,
            settings: .test(maxLength: 100_000))
        #expect(set.examples.count == 48)
        #expect(expected.count == 48)
        for (index, row) in expected.enumerated() {
            let example = try set.examples.example(index)
            #expect(example.ids.count == row["tokens"]?.integer)
            #expect(example.targetCount == row["targets"]?.integer)
            let text = zip(example.ids, example.isTarget).map { "\($0)\($1 ? "+" : "-")" }.joined(separator: ",")
            #expect(SHA256.hex(of: text) == row["sha256"]?.string)
        }
        #expect(set.report.straddlingTokens == 0)
        #expect(set.report.turnsWithoutEnd == 0)
    }

    @Test(.needs("models/smollm2-tokenizer/tokenizer.json"), .needs("health/medquad/medquad.jsonl.gz"))
    func aWholePublicSetIsPrepared() throws {
        let encoder = TokenizerEncoder(try smolTokenizer())
        let set = try PreparedDataset(
            files: [SharedData.url("health/medquad/medquad.jsonl.gz").path], encoder: encoder, renderer: nil,
            settings: .test(
                columns: ["prompt": "question", "completion": "answer"], maxLength: 512, tooLong: .truncate))
        #expect(set.report.rows == 16_137)
        #expect(set.report.longestExample == 512)
    }

    @Test(.needs("retail/bitext-intent"), arguments: ["Training", "Testing", "Validation"])
    func publicTablesAreRead(part: String) throws {
        let path = SharedData.url("retail/bitext-intent/Bitext_Sample_Customer_Service_\(part)_Dataset.csv").path
        let settings = DataSettings.test(.classification, columns: ["text": "utterance", "label": "intent"])
        let set = try RowSet(files: [path], settings: settings, hasTemplate: true)
        #expect(set.rows.count == (part == "Training" ? 6480 : 810))
        #expect(set.labels.count == 27)
    }
}
