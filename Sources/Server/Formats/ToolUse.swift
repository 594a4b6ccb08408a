// Functions that a model may call: what its template is shown of them, and what is read back of its answer.

internal import Grammars
internal import JSON
internal import Serving

/// A function that an answer calls.
struct FunctionCall: Sendable, Equatable {
    let id: String
    /// Its place among those of the answer.
    let index: Int
    let name: String
    /// A JSON object, as text; of a call that its answer's end cut, the beginning of one.
    var arguments = ""
    var isWhole = true

    /// As OpenAI writes it.
    var openAI: JSONValue {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }
}

/// A part of an answer.
enum AnswerPiece: Sendable, Equatable {
    case text(String)
    case began(FunctionCall)
    /// More arguments of the call that began.
    case arguments(FunctionCall, String)
    /// The call, with all its arguments.
    case ended(FunctionCall)

    /// What a piece of a stream says of it in OpenAI's form; nil where that says nothing.
    var delta: JSONValue? {
        switch self {
        case .text(let text): return ["content": .string(text)]
        case .began(let call):
            var members = call.openAI.object ?? JSONObject()
            members["index"] = .integer(call.index)
            return ["tool_calls": [.object(members)]]
        case .arguments(let call, let text):
            return ["tool_calls": [["index": .integer(call.index), "function": ["arguments": .string(text)]]]]
        case .ended: return .none
        }
    }
}

/// The functions of a request, and whether its answer calls one.
struct ToolUse: Sendable {
    enum Choice: Sendable, Equatable {
        case auto
        case none
        case required
        case named(String)
    }

    static let fields = [
        Field(
            "tool_choice",
            .either([
                .word(["auto", "none", "required"]),
                .object([
                    Field("type", .word(["function"]), "What is called", required: true),
                    Field(
                        "function", .object([Field("name", .text(atLeast: 1), "Which", required: true)]),
                        "The function",
                        required: true),
                ]),
            ]), "Whether the model calls a function"),
        Field("parallel_tool_calls", .boolean, "Whether it may call several at once"),
    ]

    /// What the template is shown: none where none may be called.
    let shown: [JSONValue]
    let choice: Choice
    /// Whether one call is the most: others are not told.
    let isSingle: Bool
    private let names: [String]
    /// How the model writes calls; nil where it may write none.
    private let form: ToolCallForm?

    /// Whether calls are looked for in answers.
    var looksForCalls: Bool { form != nil }

    /// - Throws: where two functions have one name, and where a choice names none of the request.
    init(_ tools: [JSONValue], _ choice: Choice, isSingle: Bool, _ context: ServiceContext) throws(RequestError) {
        let names = tools.compactMap { $0["function"]?["name"]?.string }
        for (index, name) in names.enumerated() where names.firstIndex(of: name) != index {
            throw RequestError(
                "tools[\(index)]: another function is called \(name)", field: "tools[\(index)]", code: "invalid_value")
        }
        if case .named(let name) = choice, !names.contains(name) {
            throw RequestError(
                "tool_choice: there is no function '\(name.prefix(80))'", field: "tool_choice", code: "invalid_value")
        }
        if choice == .required, names.isEmpty {
            throw RequestError("tool_choice: there is no function to call", field: "tool_choice", code: "invalid_value")
        }
        shown = choice == .none ? [] : tools
        self.choice = choice
        self.isSingle = isSingle
        self.names = names
        form = shown.isEmpty ? nil : context.grammars.form
        guard shown.isEmpty || form != nil else {
            throw RequestError(
                "tools: the model's chat template writes no calls that can be read back", field: "tools",
                code: "unsupported")
        }
    }

    /// As OpenAI's chat completions say it.
    init(_ call: Call, _ context: ServiceContext) throws(RequestError) {
        let choice: Choice
        switch call.member("tool_choice")?.string {
        case "none": choice = .none
        case "required": choice = .required
        case nil where call.member("tool_choice") != nil:
            choice = .named(call.member("tool_choice")?["function"]?["name"]?.string ?? "")
        default: choice = .auto
        }
        let isSingle = call.member("parallel_tool_calls")?.bool == false
        try self.init(call.member("tools")?.array ?? [], choice, isSingle: isSingle, context)
    }

    /// Whether the answer is held to calls.
    private var mustCall: Bool {
        switch choice {
        case .auto, .none: false
        case .required, .named: true
        }
    }

    /// What an answer keeps to that must call a function; nil where it need not.
    ///
    /// - Throws: where a function's schema asks what cannot be held.
    func grammar(_ context: ServiceContext) async throws(RequestError) -> (any TokenGrammar)? {
        guard let form else { return nil }
        switch choice {
        case .auto, .none: return nil
        case .required: return try await context.grammars.calls(form, shown, isSingle: isSingle)
        case .named(let name):
            let tools = shown.filter { $0["function"]?["name"]?.string == name }
            return try await context.grammars.calls(form, tools, isSingle: true)
        }
    }

    /// The text and the calls of a whole answer.
    ///
    /// - Parameter id: of the response, which the calls' names are made of.
    /// - Parameter index: the answer's.
    func read(_ text: String, _ id: String, _ index: Int) -> (text: String, calls: [FunctionCall]) {
        var reader = reader(id, index)
        var (said, calls) = ("", [FunctionCall]())
        for piece in reader.take(text) + reader.finish() {
            switch piece {
            case .text(let text): said += text
            case .ended(let call): calls.append(call)
            case .began, .arguments: break
            }
        }
        return (said, calls)
    }

    /// Reads an answer as it comes.
    func reader(_ id: String, _ index: Int) -> AnswerReader {
        // The part of the response's name that tells it from others.
        let number = id.drop { $0 != "-" && $0 != "_" }.dropFirst()
        return AnswerReader(
            form.map { ToolCallReader($0, names: names, isHeld: mustCall) }, prefix: "call_\(number)_\(index)_",
            isSingle: isSingle)
    }
}

/// Tells calls and text apart in an answer that comes in pieces.
struct AnswerReader: Sendable {
    private var reader: ToolCallReader?
    /// Of the names of calls.
    private let prefix: String
    private let isSingle: Bool
    /// Calls that were found.
    private var count = 0
    /// The one whose arguments come.
    private var open: FunctionCall?

    fileprivate init(_ reader: ToolCallReader?, prefix: String, isSingle: Bool) {
        (self.reader, self.prefix, self.isSingle) = (reader, prefix, isSingle)
    }

    var hasCalls: Bool { count > 0 }

    /// What is certain after another piece of the answer.
    mutating func take(_ text: String) -> [AnswerPiece] {
        guard reader != nil else { return text.isEmpty ? [] : [.text(text)] }
        return named(reader?.take(text) ?? [])
    }

    /// What was held back.
    mutating func finish() -> [AnswerPiece] {
        let last = named(reader?.finish() ?? [])
        guard var cut = open else { return last }
        open = nil
        cut.isWhole = false
        return last + [.ended(cut)]
    }

    private mutating func named(_ pieces: [ToolCallPiece]) -> [AnswerPiece] {
        var named: [AnswerPiece] = []
        for piece in pieces {
            switch piece {
            case .text(let text): named.append(.text(text))
            case .call(let call):
                begin(call.name, &named)
                add(call.arguments, &named)
                end(&named)
            case .began(let name): begin(name, &named)
            case .arguments(let text): add(text, &named)
            case .ended: end(&named)
            }
        }
        return named
    }

    /// Calls behind the only one that is told are not.
    private mutating func begin(_ name: String, _ pieces: inout [AnswerPiece]) {
        guard !isSingle || !hasCalls else { return }
        let call = FunctionCall(id: prefix + String(count), index: count, name: name)
        pieces.append(.began(call))
        open = call
        count += 1
    }

    private mutating func add(_ text: String, _ pieces: inout [AnswerPiece]) {
        guard let call = open, !text.isEmpty else { return }
        open?.arguments += text
        pieces.append(.arguments(call, text))
    }

    private mutating func end(_ pieces: inout [AnswerPiece]) {
        guard let call = open else { return }
        pieces.append(.ended(call))
        open = nil
    }
}
