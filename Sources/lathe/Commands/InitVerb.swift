// `lathe init`.

internal import ArgumentParser
internal import Foundation
internal import Workbench

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at a file of rows, say what it is, and write a commented recipe that trains on it.",
        discussion: """
            On a terminal it asks what is to be learnt, and of which base; else, or with --yes, it takes the likeliest. The recipe is
            checked before it is written, and never written over a file that is there: --force replaces one that lathe init wrote and
            nobody has changed. Of keys, --set takes those that say how the file is read, such as data.layout=text,
            data.column_names=[question, answer] or data.records=train, and they stand in the recipe.
            """)

    @Argument(help: "Rows: .jsonl .json .csv .tsv .txt, also packed, .parquet or .h5.", completion: .file())
    var file: String
    @Option(help: "Where the recipe goes; not given: its name in the working directory.", completion: .file())
    var output: String?
    @Option(
        help: ArgumentHelp(
            "What is to be learnt: " + RowPurpose.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "task"), completion: .list(RowPurpose.allCases.map(\.rawValue)))
    var task: String?
    @Option(help: ModelOptions.modelHelp, completion: .file()) var base: String?
    @Flag(help: "Replace a recipe that lathe init wrote and nobody has changed.") var force = false
    @Flag(name: .shortAndLong, help: "Ask nothing; take the likeliest.") var yes = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        var wishes = BeginningWishes(file: file)
        wishes.overrides = common.overrides
        wishes.output = output
        wishes.purpose = try purpose()
        wishes.base = base
        wishes.replaces = force
        let asks = !yes && isatty(STDIN_FILENO) == 1 && StandardError.isTerminal
        let person: ((BeginningQuestion) throws -> String)? = asks ? { try Self.ask($0) } : nil
        try common.show(BeginningStage(wishes, ask: person).run(common.observer))
    }

    private func purpose() throws -> RowPurpose? {
        guard let task else { return nil }
        if let purpose = RowPurpose(rawValue: task) { return purpose }
        throw Failure(
            .usage, "--task \(task): there is no such task",
            hint: RowPurpose.allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// Asks on the terminal until the answer is one of the choices; an empty line takes the usual one.
    private static func ask(_ question: BeginningQuestion) throws -> String {
        StandardError.say(question.text)
        for (number, choice) in question.choices.enumerated() {
            StandardError.say("  \(number + 1)  \(choice.answer): \(choice.meaning)")
        }
        var input = StandardInput()
        while true {
            StandardError.send("[\(question.usual)] ")
            guard let line = try input.line() else { return question.usual }
            let answer = line.trimmingCharacters(in: .whitespaces)
            if answer.isEmpty { return question.usual }
            if question.choices.isEmpty { return answer }
            if let number = Int(answer), question.choices.indices.contains(number - 1) {
                return question.choices[number - 1].answer
            }
            if question.choices.contains(where: { $0.answer == answer }) { return answer }
            StandardError.say(
                "one of the numbers, or of the words before the colons; an empty line takes \(question.usual)")
        }
    }
}
