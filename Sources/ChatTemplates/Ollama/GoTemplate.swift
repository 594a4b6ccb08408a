// The part of Go's text/template in which Lathe writes templates for Ollama, evaluated as Go does: so that what is written can be
// held against the chat template that it stands for. No more of the language is here.

public import Vocabulary

/// A turn of a conversation, of text alone.
public struct TextTurn: Sendable, Equatable {
    public let role: String
    public let content: String

    /// A turn from its parts.
    public init(_ role: String, _ content: String) {
        self.role = role
        self.content = content
    }
}

/// What is wrong with a template in Go's language.
public struct GoTemplateError: ClassifiedError, Equatable {
    public let message: String
    public var kind: FailureKind { .badInput }
    public var description: String { message }

    init(_ message: String) { self.message = message }
}

/// A parsed template, given what Ollama gives its templates: `.Messages` and `.System`.
public struct GoTemplate: Sendable {
    /// The template as it was given.
    public let source: String
    private let body: [GoNode]

    /// Reads a template.
    public init(source: String) throws(GoTemplateError) {
        self.source = source
        var parser = try GoParser(source)
        body = try parser.template()
    }

    /// What Ollama makes of a conversation before the model answers.
    public func render(_ turns: [TextTurn]) throws(GoTemplateError) -> String {
        let turns = Self.collated(turns)
        let system = turns.filter { $0.role == "system" }.map(\.content).joined(separator: "\n\n")
        let root = GoValue.fields([
            "System": .text(system), "Messages": .list(turns.map(GoValue.init)), "Response": .text(""),
        ])
        var evaluation = GoEvaluation(root: root)
        try evaluation.write(body)
        return evaluation.output
    }

    /// Ollama joins what one side says in a row.
    private static func collated(_ turns: [TextTurn]) -> [TextTurn] {
        var result: [TextTurn] = []
        for turn in turns {
            if let last = result.last, last.role == turn.role {
                result[result.count - 1] = TextTurn(turn.role, last.content + "\n\n" + turn.content)
            } else {
                result.append(turn)
            }
        }
        return result
    }

    /// `text` as it must be written in a template, so that it stands there as it is: what Go would read as an action, and what
    /// a Modelfile loses, is written as a constant.
    public static func literal(_ text: String) -> String {
        var result = ""
        for part in runs(of: text) {
            result += part.isPlain ? part.text : "{{ \"" + part.text.unicodeScalars.map(escape).joined() + "\" }}"
        }
        return result
    }

    private static func runs(of text: String) -> [(text: String, isPlain: Bool)] {
        var runs: [(text: String, isPlain: Bool)] = []
        for scalar in text.unicodeScalars {
            let isPlain = isPlain(scalar)
            if let last = runs.last, last.isPlain == isPlain {
                runs[runs.count - 1].text.unicodeScalars.append(scalar)
            } else {
                runs.append((String(scalar), isPlain))
            }
        }
        return runs
    }

    /// A brace may begin an action, three quotation marks end a Modelfile's text, and characters that do not print are dropped from it.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\t", " ": return true
        case "{", "\"": return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": return "\\\(scalar)"
        case "\r": return "\\r"
        case _ where scalar.isASCII && scalar.value >= 32 && scalar.value < 127: return String(scalar)
        default:
            let digits = String(scalar.value, radix: 16)
            return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
}

/// A value of a template.
enum GoValue: Sendable, Equatable {
    case text(String)
    case number(Int)
    case truth(Bool)
    case list([GoValue])
    case fields([String: GoValue])

    init(_ turn: TextTurn) { self = .fields(["Role": .text(turn.role), "Content": .text(turn.content)]) }

    var isTrue: Bool {
        switch self {
        case .text(let text): !text.isEmpty
        case .number(let number): number != 0
        case .truth(let truth): truth
        case .list(let list): !list.isEmpty
        case .fields(let fields): !fields.isEmpty
        }
    }

    /// How it is written.
    var written: String? {
        switch self {
        case .text(let text): text
        case .number(let number): String(number)
        case .truth(let truth): String(truth)
        case .list, .fields: nil
        }
    }
}
