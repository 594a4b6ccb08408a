// What a teacher reads before the rows, and the rows as it reads them: the same answers, after more text.

internal import Datasets
internal import Digests
internal import Files
internal import Models
internal import Recipes

/// The text of `distill.context`.
struct TeacherContext {
    let text: String

    /// - Parameter sources: texts, or files that hold one. What has no blank in it is a file's name.
    /// - Throws: where a file is missing, is no text, or says nothing.
    init?(_ sources: [String]) throws {
        guard !sources.isEmpty else { return nil }
        text = try sources.map(Self.text).joined(separator: "\n\n")
    }

    private static func text(of source: String) throws -> String {
        guard try isFile(source) else { return source }
        guard let text = String(validating: try WholeFile.bytes(source), as: UTF8.self) else {
            throw Failure(.badInput, "distill.context: \(path: source) is not UTF-8 text")
        }
        let trimmed = text.drop(while: \.isWhitespace)
        guard !trimmed.isEmpty else { throw Failure(.badInput, "distill.context: \(path: source) says nothing") }
        return String(trimmed.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// - Throws: where it cannot be a text and there is no such file.
    private static func isFile(_ source: String) throws -> Bool {
        if try namesFile(source) { return true }
        guard !source.contains(where: \.isWhitespace) else { return false }
        throw Failure(
            .missingInput, "distill.context: \(path: source) does not exist",
            hint: "a text has a blank in it; without one it is taken for the name of a file")
    }

    /// Whether there is a file of that name, which no long text can be.
    static func namesFile(_ source: String) throws -> Bool {
        try source.utf8.count < 1024 && FileForm(at: source) == .file
    }

    var digest: String { SHA256.hex(of: text) }
}

/// Rows as a teacher with a context reads them, by the numbers of the student's sequences.
struct ContextRows: Sendable {
    private let examples: any ExampleSource
    /// Of each of the student's sequences, that of the teacher's.
    private let numbers: [Int]
    /// The most tokens by which a sequence is longer than the student's.
    let longestContext: Int
    /// Tokens of the student's shortest sequence.
    private let shortest: Int

    /// Finds each of the student's sequences among the teacher's, and holds their answers against each other.
    init(_ examples: any ExampleSource, for student: any ExampleSource) throws {
        var numbers: [Int] = []
        var (next, longest, shortest) = (0, 0, Int.max)
        for index in 0..<student.count {
            let own = try student.example(index)
            var found: TokenizedExample?
            while next < examples.count, found == nil {
                let other = try examples.example(next)
                if (other.index, other.part) == (own.index, own.part) { found = other }
                next += 1
            }
            guard let found, found.targets == own.targets else {
                throw Failure(
                    .badInput,
                    "distill.context: \(own.place): after the context the row's answer is no longer the same tokens",
                    hint:
                        "a row that data.too_long cuts, or whose template says other things after a system message, cannot "
                        + "be distilled so: raise data.max_length, or drop such rows")
            }
            numbers.append(next - 1)
            longest = max(longest, found.ids.count - own.ids.count)
            shortest = min(shortest, own.ids.count)
        }
        self.examples = examples
        self.numbers = numbers
        (longestContext, self.shortest) = (longest, max(shortest, 1))
    }

    /// What the teacher reads for a batch of the student's: the context once, where all of them begin with it.
    func batch(_ batch: TokenBatch) throws -> TokenBatch {
        guard let sequences = batch.sequences else { return measured(batch) }
        return TokenBatch([
            Alternatives(
                try sequences.map {
                    let example = try examples.example(numbers[$0])
                    return (example.ids, example.isTarget)
                })
        ])
    }

    /// A batch as large as any of that many tokens: what is measured has no rows of its own.
    private func measured(_ batch: TokenBatch) -> TokenBatch {
        let count = max(1, batch.rowCount / shortest)
        var targets = batch.targetCount
        let sequences = (0..<count).map { number in
            let own = (number + 1) * batch.rowCount / count - number * batch.rowCount / count
            let marked = min(own, targets), length = longestContext + own
            targets -= marked
            return (
                ids: [Int32](repeating: 0, count: length),
                isTarget: (0..<length).map { $0 > 0 && $0 >= length - marked }
            )
        }
        return TokenBatch([Alternatives(sequences)])
    }
}

extension ContextRows: ExampleSource {
    var count: Int { numbers.count }
    func tokenCount(_ index: Int) -> Int { examples.tokenCount(numbers[index]) }
    func targetCount(_ index: Int) -> Int { examples.targetCount(numbers[index]) }
    func place(_ index: Int) -> RowPlace { examples.place(numbers[index]) }
    func example(_ index: Int) throws -> TokenizedExample { try examples.example(numbers[index]) }
    func rowIndices() throws -> [Int] {
        let all = try examples.rowIndices()
        return numbers.map { all[$0] }
    }
}

extension TokenizedExample {
    /// The tokens that carry loss, in their order.
    fileprivate var targets: [Int32] { zip(ids, isTarget).filter(\.1).map(\.0) }
}
