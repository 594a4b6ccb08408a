// What the command line takes, as values: ArgumentParser tells it, so that the manual can miss no verb and no option.

internal import ArgumentParser
internal import JSON

/// The command or one of its verbs.
struct CommandDescription {
    /// "lathe", or the verb's name.
    let name: String
    /// One line.
    let abstract: String
    /// More lines; may be empty.
    let discussion: String
    /// In the order in which help shows them.
    let arguments: [ArgumentDescription]
    let verbs: [CommandDescription]

    init(_ command: any ParsableCommand.Type) throws {
        self.init(try JSONValue(parsing: command._dumpHelp())["command"] ?? nil)
    }

    private init(_ json: JSONValue) {
        name = json["commandName"]?.string ?? ""
        abstract = json["abstract"]?.string ?? ""
        discussion = json["discussion"]?.string ?? ""
        arguments = (json["arguments"]?.array ?? []).filter(Self.isShown).map(ArgumentDescription.init)
        verbs = (json["subcommands"]?.array ?? []).filter(Self.isShown).map(CommandDescription.init)
    }

    private static func isShown(_ json: JSONValue) -> Bool { json["shouldDisplay"]?.bool ?? true }

    /// All that can be called, each with the words that call it: `recipe check` for a verb of a verb.
    var calls: [(words: [String], verb: CommandDescription)] {
        verbs.isEmpty ? [([], self)] : verbs.flatMap { verb in verb.calls.map { ([verb.name] + $0.words, $0.verb) } }
    }
}

/// An argument, an option with a value, or a flag.
struct ArgumentDescription: Equatable {
    /// "--quiet" before "-q"; none: it is told by its place.
    let names: [String]
    /// What stands for its value: "key=value"; `nil` for a flag.
    let value: String?
    let isOptional: Bool
    let isRepeating: Bool
    /// One sentence, with the default where there is one.
    let help: String

    fileprivate init(_ json: JSONValue) {
        let names = (json["names"]?.array ?? []).map { name in
            (name["kind"]?.string == "long" ? "--" : "-") + (name["name"]?.string ?? "")
        }
        self.names = names.filter { $0.hasPrefix("--") } + names.filter { !$0.hasPrefix("--") }
        value = json["kind"]?.string == "flag" ? nil : json["valueName"]?.string ?? "value"
        isOptional = json["isOptional"]?.bool ?? false
        isRepeating = json["isRepeating"]?.bool ?? false
        let standing = json["defaultValue"]?.string.map { " (default: \($0))" } ?? ""
        help = (json["abstract"]?.string ?? "") + standing
    }
}
