// A teacher that says what it is told to say, and counts how often it is asked.

import Datasets
import Files
import Foundation
import JSON
import Recipes
import Synthesis
import Vocabulary

/// Answers by a rule.
final class ToyTeacher: TextTeacher {
    let name = "toy"
    let digest = "0000"
    let isChat = true
    private(set) var asked = 0
    /// After so many texts it fails, as a process that is killed.
    var breaksAfter = Int.max
    private let rule: (WritingRequest) -> String

    init(_ rule: @escaping (WritingRequest) -> String) { self.rule = rule }

    struct Broken: Error {}

    func write(_ requests: [WritingRequest]) throws -> [WrittenText] {
        guard asked + requests.count <= breaksAfter else { throw Broken() }
        asked += requests.count
        return requests.map { request in
            let text = rule(request)
            return WrittenText(
                text: text, tokens: text.split(separator: " ").count, isWhole: !text.hasSuffix("…"),
                logProbability: text.contains("unsure") ? -5 : -0.5)
        }
    }
}

extension WritingRequest {
    /// The question of an answer or a reason; the first pattern of a variation.
    var question: String {
        switch wish {
        case .answer(let row), .reason(let row, _): row.promptText
        case .another(let examples): examples.first ?? ""
        }
    }
}

/// A folder that is removed in the end.
func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Rows as files have them.
func prompts(_ rows: [JSONObject]) -> [SourceRow] {
    rows.enumerated().map { SourceRow(fields: $1, place: RowPlace(file: "p.jsonl", line: $0 + 1), index: $0) }
}

/// The writing of rows of one form, its journal in `folder`.
func writing(
    _ settings: WritingSection, format: RowFormat = .promptCompletion, labels: [String] = [],
    teacher: any TextTeacher, in folder: URL
) throws -> RowWriting {
    RowWriting(
        settings, seed: 3, slot: try AnswerSlot(dataSettings(format, labels: labels), hasTemplate: true),
        labels: labels, teacher: teacher,
        journal: try AnswerJournal(OwnedFiles(folder, .rows), key: "k"), scratch: folder,
        countTokens: { $0.split(separator: " ").count }, progress: { _, _, _ in })
}

/// How rows of a form are read.
func dataSettings(_ format: RowFormat, labels: [String] = []) -> DataSettings {
    DataSettings(format: format, columns: [:], labels: labels, maxLength: 512, tooLong: .error, trainOnPrompt: false)
}
