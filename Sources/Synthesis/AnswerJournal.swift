// What a teacher has written so far, kept as it comes, so that a run that was killed goes on where it was.

internal import Digests
public import Files
internal import Foundation
internal import JSON

/// A file that grows by a line for each text, its first line saying what decides them.
public final class AnswerJournal {
    public static let fileName = "answers.jsonl"
    private let file: AppendedFile
    /// Whether texts stood there that something else decided, and that are gone now.
    public private(set) var hasReplaced = false
    private var known: [WritingTask: [Int: WrittenText]] = [:]

    /// Opens the journal in `files`; what another teacher wrote, or on other prompts, is replaced.
    ///
    /// - Parameter key: digest of all that decides what is written.
    public init(_ files: OwnedFiles, key: String) throws {
        let place = files.folder.appendingPathComponent(Self.fileName)
        let header = JSONValue.object(JSONObject([("key", .string(key))])).text() + "\n"
        var text = header
        if let bytes = try WholeFile.bytes(ifThere: place) {
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            if lines.first.map({ $0 + "\n" == header }) == true {
                // The last line is whole only where a line end stands after it.
                for line in lines.dropFirst().dropLast() {
                    guard let entry = Self.entry(String(line)) else { break }
                    known[entry.task, default: [:]][entry.number] = entry.text
                    text += line + "\n"
                }
            } else {
                hasReplaced = lines.count > 2
            }
        }
        try files.write(Array(text.utf8), to: Self.fileName, grows: true)
        file = try AppendedFile(place)
    }

    /// How many texts are there already.
    public var count: Int { known.values.reduce(0) { $0 + $1.count } }

    /// Tokens of these.
    public var tokens: Int { known.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.tokens } } }

    /// What was written for the requests `numbers`; `nil` unless all of it is there.
    func texts(_ task: WritingTask, _ numbers: Range<Int>) -> [WrittenText]? {
        let found = numbers.compactMap { known[task]?[$0] }
        return found.count == numbers.count ? found : nil
    }

    /// Keeps what was written for the requests from `first` on.
    func add(_ texts: [WrittenText], _ task: WritingTask, from first: Int) throws {
        var lines = ""
        for (number, text) in texts.enumerated() {
            known[task, default: [:]][first + number] = text
            lines += Self.line(text, task, first + number)
        }
        try file.append(Array(lines.utf8))
    }

    // MARK: Lines

    private static func line(_ text: WrittenText, _ task: WritingTask, _ number: Int) -> String {
        let members: [JSONObject.Member] = [
            ("task", .string(task.rawValue)), ("number", .integer(number)), ("text", .string(text.text)),
            ("tokens", .integer(text.tokens)), ("is_whole", .bool(text.isWhole)),
            ("logprob", text.logProbability.map { .double($0) } ?? .null),
        ]
        return JSONValue.object(JSONObject(members)).text() + "\n"
    }

    private static func entry(_ line: String) -> (task: WritingTask, number: Int, text: WrittenText)? {
        guard let json = try? JSONValue(parsing: line),
            let task = json["task"]?.string.flatMap(WritingTask.init), let number = json["number"]?.integer,
            let text = json["text"]?.string, let tokens = json["tokens"]?.integer,
            let isWhole = json["is_whole"]?.bool
        else { return nil }
        return (
            task, number,
            WrittenText(text: text, tokens: tokens, isWhole: isWhole, logProbability: json["logprob"]?.double)
        )
    }
}
