// Files with a word a line, its tag in the last column, and an empty line after each sentence, as the tasks of CoNLL have them.

internal import JSON

/// Sentences, each a row with `tokens` and, where there is more than one column, `tags`.
final class CoNLLRows: FileRows {
    private let lines: LineCutter
    private let maximumRowBytes: Int

    init(_ window: TextWindow, maximumRowBytes: Int) {
        lines = LineCutter(window, maximumRowBytes: maximumRowBytes)
        self.maximumRowBytes = maximumRowBytes
    }

    /// A sentence as it is read.
    private struct Sentence {
        let place: RowPlace
        var tokens: [JSONValue] = []
        var tags: [JSONValue] = []
        var bytes = 0
        var problem: DatasetProblem?
    }

    func next() throws(DatasetError) -> RowOutcome? {
        var sentence: Sentence?
        while let line = try lines.next() {
            guard case .line(let bytes, let place) = line else {
                guard case .tooLarge(let problem) = line else { return nil }
                var own = sentence ?? Sentence(place: place(of: problem))
                own.problem = own.problem ?? problem
                sentence = own
                continue
            }
            guard let content = String(validating: bytes, as: UTF8.self) else {
                var own = sentence ?? Sentence(place: place)
                own.problem = own.problem ?? lines.brokenByte(place)
                sentence = own
                continue
            }
            if content.isBlank {
                if let sentence { return outcome(sentence) }
                continue
            }
            let columns = Self.columns(content)
            if columns[0] == "-DOCSTART-" || (sentence == nil && Self.isComment(columns)) { continue }
            var own = sentence ?? Sentence(place: place)
            own.bytes += bytes.count
            add(columns, at: place, to: &own)
            sentence = own
        }
        return sentence.map(outcome)
    }

    private func add(_ columns: [Substring], at place: RowPlace, to sentence: inout Sentence) {
        guard sentence.bytes <= maximumRowBytes else {
            sentence.problem = sentence.problem ?? RowOutcome.tooLarge(sentence.place, maximumRowBytes)
            return
        }
        if columns.count > 1, sentence.tags.count == sentence.tokens.count {
            sentence.tags.append(.string(String(columns[columns.count - 1])))
        } else if columns.count > 1 || !sentence.tags.isEmpty {
            sentence.problem =
                sentence.problem
                ?? DatasetProblem(
                    .ragged, place, "some words of the sentence have a tag and others have none",
                    hint:
                        "each line is a word and its tag, with a tab or a space between; an empty line ends a sentence")
        }
        sentence.tokens.append(.string(String(columns[0])))
    }

    private func outcome(_ sentence: Sentence) -> RowOutcome {
        if let problem = sentence.problem { return .bad(problem) }
        var fields: [JSONObject.Member] = [("tokens", .array(sentence.tokens))]
        if !sentence.tags.isEmpty { fields.append(("tags", .array(sentence.tags))) }
        return .row(JSONObject(fields), sentence.place)
    }

    private func place(of problem: DatasetProblem) -> RowPlace { problem.place }

    /// A line's columns, parted by tabs where it has any, else by space; at least one.
    private static func columns(_ line: String) -> [Substring] {
        let hasTabs = line.utf8.contains(0x09)
        let columns = line.unicodeScalars.split(omittingEmptySubsequences: true) { scalar in
            hasTabs ? scalar == "\t" : scalar == " "
        }.map { Substring($0) }
        return columns.isEmpty ? [Substring(line)] : columns
    }

    /// What stands before a sentence behind a number sign, and is no word with a tag.
    private static func isComment(_ columns: [Substring]) -> Bool {
        // A word alone in its line may begin with the sign.
        guard columns[0].hasPrefix("#"), columns.count > 1 || columns[0] == "#", let last = columns.last else {
            return false
        }
        return !(columns.count > 1 && (last == "O" || TagScheme(labels: ["O", String(last)]) != nil))
    }
}
