// lathe(1): the command, for `man lathe`. Verbs and options are what the command line takes; the rest is said here.

internal import Foundation
internal import Vocabulary

/// The page of the command.
struct CommandPage {
    private let command: CommandDescription
    private let calls: [(words: [String], verb: CommandDescription)]
    /// Options that nearly every verb has: told once.
    private let common: [ArgumentDescription]
    private var page: Roff

    /// The page as text for `man`.
    static func text() throws -> String {
        var page = CommandPage(try CommandDescription(Lathe.self))
        page.write()
        return page.page.text
    }

    private init(_ command: CommandDescription) {
        self.command = command
        calls = command.verbs.flatMap { verb in verb.calls.map { ([verb.name] + $0.words, $0.verb) } }
        let all = calls.flatMap(\.verb.arguments)
        common = all.enumerated().filter { index, argument in
            !argument.names.isEmpty && all.firstIndex(of: argument) == index
                && 2 * all.count { $0 == argument } > command.verbs.count
        }.map(\.element)
        page = Roff(title: "LATHE", section: 1, source: "Lathe \(Lathe.configuration.version)")
    }

    private mutating func write() {
        page.section("NAME", .plain("lathe - " + command.abstract.lowercasedFirst.withoutPoint))
        page.section("SYNOPSIS", .bold("lathe"), " ", .italic("VERB"), " [", .italic("OPTIONS"), "]")
        writeDescription()
        writeVerbs()
        page.section("OPTIONS OF MOST VERBS")
        for option in common { page.item(Self.term(option), option.help) }
        writeFiles()
        writeExitStatus()
        writeEnvironment()
        writeExamples()
        page.section("SEE ALSO", .bold("lathe-recipe"), "(5)")
    }

    private mutating func writeDescription() {
        page.section(
            "DESCRIPTION",
            """
            Lathe trains adapters (LoRA, DoRA, fold) on a language model that stays as it is, on the CPU, without Python and
            without a network. It compares base and adapter on rows that neither was trained on, merges the two and
            proves the merge, and writes files that other tools read.
            """)
        page.paragraph(
            """
            A model is a Hugging Face directory or a GGUF file. An adapter is a PEFT directory or a checkpoint of Lathe
            (.h5). Results go to standard output, progress and warnings to standard error.
            """)
        page.paragraph(
            """
            Lathe replaces only what it wrote itself, unchanged since. Anything else in the way is an error that names
            it, whatever the flag.
            """)
    }

    private mutating func writeVerbs() {
        page.section("VERBS")
        for (words, verb) in calls {
            page.item(synopsis(words, verb), verb.abstract)
            let own = verb.arguments.filter { !common.contains($0) }
            if own.isEmpty { continue }
            page.indented { page in for argument in own { page.item(Self.term(argument), argument.help) } }
        }
    }

    /// "lathe merge --model M --adapter A": what must be given, and dots for what may be.
    private func synopsis(_ words: [String], _ verb: CommandDescription) -> [Roff.Span] {
        let required = verb.arguments.filter { !$0.isOptional }
        let mayHaveMore = verb.arguments.contains { $0.isOptional && !common.contains($0) }
        let options: [Roff.Span] = mayHaveMore ? [" [", .italic("OPTIONS"), "]"] : []
        return [.bold((["lathe"] + words).joined(separator: " "))] + required.flatMap { [.plain(" ")] + Self.call($0) }
            + options
    }

    /// "--model MODEL".
    private static func call(_ argument: ArgumentDescription) -> [Roff.Span] {
        let value = argument.value.map { [Roff.Span.italic($0.uppercased())] } ?? []
        guard let name = argument.names.first else { return value }
        return [.bold(name)] + (value.isEmpty ? [] : [.plain(" ")] + value)
    }

    /// "--quiet, -q", "--set KEY=VALUE ...".
    private static func term(_ argument: ArgumentDescription) -> [Roff.Span] {
        let others = argument.names.dropFirst().flatMap { [.plain(", "), Roff.Span.bold($0)] }
        let again: [Roff.Span] = argument.isRepeating ? [" ..."] : []
        return call(argument) + others + again
    }

    private mutating func writeFiles() {
        page.section("FILES", "Paths in a recipe are looked for beside it, then in the working directory.")
        for (name, meaning) in [
            ("checkpoints/NAME", "The folder of the run NAME. One process at a time works in it."),
            ("checkpoints/NAME/recipe.yaml", "The recipe with every key at its value."),
            ("checkpoints/NAME/step-*.h5", "Checkpoints, from which the same command goes on."),
            ("checkpoints/NAME/adapter", "The adapter, as PEFT writes it."),
            ("checkpoints/NAME/prepared", "The rows' tokens and loss masks, and the report on the data."),
            ("checkpoints/NAME/report.html, report.md, report.json", "What the run came to."),
            ("manifest.json", "In each folder that Lathe writes: its files with sizes and SHA-256, for lathe verify."),
            ("PREFIX/share/lathe/recipe.schema.json", "The schema of recipes, for editors."),
        ] { page.item([.italic(name)], meaning) }
    }

    private mutating func writeExitStatus() {
        page.section("EXIT STATUS")
        page.item([.bold("0")], "Done.")
        for kind in FailureKind.allCases { page.item([.bold(String(kind.rawValue))], Self.meaning(of: kind)) }
    }

    private static func meaning(of kind: FailureKind) -> String {
        switch kind {
        case .usage: "A flag or a value on the command line is wrong."
        case .badInput: "Something in a recipe, a data file, a model or an adapter is wrong."
        case .missingInput: "A file is not there."
        case .internal: "A defect in Lathe, or numbers that ran away."
        case .inputOutput: "The disk, permissions, or a place that is taken."
        case .interrupted: "Stopped by Ctrl-C or a signal; what was done is saved, and the same command goes on."
        }
    }

    private mutating func writeEnvironment() {
        page.section("ENVIRONMENT")
        for (name, meaning) in [
            ("LATHE_ISA", "scalar, avx2 or avx512: use no wider instruction set than this."),
            ("TMPDIR", "Where rows that wait for others are kept while data is prepared; else /var/tmp."),
            ("HF_ENDPOINT", "The hub that lathe fetch asks for models; else the usual one."),
            ("HF_TOKEN", "What lathe fetch shows the hub, for models that not everyone may have."),
            ("LATHE_FETCH_PATIENCE", "Seconds that lathe fetch waits for a silent connection; else 60."),
            ("SSL_CERT_FILE", "Certificates to trust in the place of the system's, in one file."),
            ("SSL_CERT_DIR", "The same in a folder."),
            ("NO_COLOR", "Not empty: no colours, unless --color always asks for them."),
            ("TERM", "dumb: no colours either."),
        ] { page.item([.bold(name)], meaning) }
        page.paragraph("A recipe takes ", .bold("${NAME}"), " from the variable NAME.")
    }

    private mutating func writeExamples() {
        page.section("EXAMPLES", "Begin with rows of your own:")
        page.example("lathe init tickets.csv")
        page.paragraph("Check a recipe, see what it would take, run it:")
        page.example("lathe recipe check desk.yaml\nlathe plan desk.yaml\nlathe run desk.yaml")
        page.paragraph("The same with fewer steps, under another name:")
        page.example("lathe run desk.yaml --set name=short --set train.max_steps=20")
        page.paragraph("What the adapter changed, and an answer from it:")
        page.example(
            """
            lathe evaluate --model base.gguf --adapter checkpoints/desk/adapter --data held_out.jsonl
            lathe generate --model base.gguf --adapter checkpoints/desk/adapter --prompt "Where is my parcel?"
            """)
        page.paragraph("Completion of verbs, options and recipe keys; bash, zsh and fish are known:")
        page.example("source <(lathe --generate-completion-script bash)")
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
    fileprivate var withoutPoint: String { hasSuffix(".") ? String(dropLast()) : self }
}
