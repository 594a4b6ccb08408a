// Lines of a chat that are for the program and not for the model.

/// What a line asks for.
public enum ChatCommand: Sendable, Equatable {
    case message(String)
    case help
    case leave
    /// Begin anew.
    case reset
    /// Nil: tell it.
    case system(String?)
    case save(String)
    /// Nil: tell which there are.
    case adapter(String?)
    /// A command that is none, or that lacks what it needs, with what is said of it.
    case mistaken(String)

    /// The commands with what they do.
    public static let all: [(call: String, meaning: String)] = [
        ("/help", "these lines"),
        ("/reset", "forget what was said"),
        ("/system TEXT", "begin anew with this system message; none: without one"),
        ("/adapter NAME", "go on with this adapter, or path of one; none: with the base alone"),
        ("/save FILE", "write what was said, as a row that Lathe trains on"),
        ("/exit", "leave; so does Ctrl-D"),
    ]

    /// - Parameter line: as it was typed; one that begins with two slashes is a message with one.
    public init(_ line: String) {
        let trimmed = line.drop(while: \.isWhitespace)
        guard trimmed.hasPrefix("/") else {
            self = .message(line)
            return
        }
        guard !trimmed.hasPrefix("//") else {
            self = .message(String(trimmed.dropFirst()))
            return
        }
        let name = trimmed.prefix { !$0.isWhitespace }
        let rest = trimmed.dropFirst(name.count).drop(while: \.isWhitespace)
        let value = String(rest.reversed().drop(while: \.isWhitespace).reversed())
        switch name {
        case "/help", "/?": self = .help
        case "/exit", "/quit", "/bye", "/q": self = .leave
        case "/reset", "/clear": self = .reset
        case "/system": self = .system(value.isEmpty ? nil : value)
        case "/adapter": self = .adapter(value.isEmpty ? nil : value)
        case "/save": self = value.isEmpty ? .mistaken("/save needs the name of a file") : .save(value)
        default:
            self = .mistaken("there is no command \(name); /help tells which there are, // begins a message with /")
        }
    }
}
