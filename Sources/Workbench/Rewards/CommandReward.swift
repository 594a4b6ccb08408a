// Rewards that a program of the user's says: a JSON object a line in, a number a line out.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Recipes

/// Asks a program for all answers of a step at once, in their order.
struct CommandReward: Reward {
    private let command: [String]
    private let seconds: Double
    private let memoryBytes: Int
    private let sandbox: CommandSandbox

    init(_ entry: RewardEntry, in sandbox: CommandSandbox) {
        // The program runs in a folder of its own, where paths of the recipe would mean nothing.
        command = entry.command.map { word in
            FileManager.default.fileExists(atPath: word) ? URL(fileURLWithPath: word).standardizedFileURL.path : word
        }
        seconds = entry.timeout
        memoryBytes = entry.memoryBytes
        self.sandbox = sandbox
    }

    /// It reads what it likes of a row.
    func check(_ fields: JSONObject) throws {}

    func scores(_ answers: [JudgedAnswer]) throws -> [Double?] {
        guard !answers.isEmpty else { return [] }
        let lines = answers.map { answer in
            JSONValue.object(
                JSONObject([
                    ("prompt", .string(answer.prompt)), ("answer", .string(answer.text)),
                    ("row", .object(answer.fields)),
                ])
            ).text() + "\n"
        }
        let outcome = try sandbox.run(
            command, input: Data(lines.joined().utf8), seconds: seconds, memoryBytes: memoryBytes)
        let numbers = Self.numbers(outcome.output, count: answers.count)
        // A program that says nothing of any answer is broken: nothing could be learnt from it.
        guard outcome.isGood || numbers.contains(where: { $0 != nil }) else { throw failure(outcome) }
        guard numbers.contains(where: { $0 != nil }) else {
            throw Failure(
                .badInput, "train.rewards: \(command.joined(separator: " ")) wrote no number",
                hint: "it reads a JSON object a line and writes a number a line, in the same order")
        }
        return numbers
    }

    private func failure(_ outcome: CommandSandbox.Outcome) -> Failure {
        let name = command.joined(separator: " ")
        let last = outcome.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
        return outcome.isTooLate
            ? Failure(
                .badInput, "train.rewards: \(name) was not done after \(seconds) seconds",
                hint: "raise its timeout, or make it faster")
            : Failure(.badInput, "train.rewards: \(name) ended with status \(outcome.status)\(last)")
    }

    /// The number on each line; nil for what is none. More lines than answers say nothing of any of them.
    static func numbers(_ output: Data, count: Int) -> [Double?] {
        // By bytes: a text holds "\r\n" as one character.
        var lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count <= count else { return Array(repeating: nil, count: count) }
        let numbers = lines.map { line in
            Double(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
                .flatMap { $0.isFinite ? $0 : nil }
        }
        return numbers + Array(repeating: nil, count: count - numbers.count)
    }
}
