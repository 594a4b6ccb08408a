// Answers that must call a function, in the form of the model's template.

public import JSON

/// A function that may be called.
public struct CallableTool: Sendable {
    public let name: String
    /// The schema of its arguments; nil: any object.
    public let parameters: JSONValue?

    public init(name: String, parameters: JSONValue?) {
        self.name = name
        self.parameters = parameters
    }
}

/// An answer that is one call, or several, and nothing else: arguments conform to the schemas of the functions.
public struct ToolCallGrammar: TokenGrammar {
    private let graph: GraphGrammar
    /// Calls in one answer.
    private static let maximumCalls: Int32 = 16

    /// - Parameters:
    ///   - form: of the model's template.
    ///   - tools: one of which each call names.
    ///   - isSingle: whether one call is the most.
    /// - Throws: `GrammarError` with the function and the place of what a schema asks that cannot be held.
    public init(
        _ form: ToolCallForm, _ tools: [CallableTool], isSingle: Bool, _ pieces: TokenPieces
    ) throws(GrammarError) {
        guard !tools.isEmpty else { throw GrammarError("there is no function to call") }
        var builder = GraphBuilder(pieces)
        let exit = GraphBuilder.exit
        // White space at an answer's end means nothing.
        let closing = try builder.marks(form.closing.trimmingEnd, next: exit)
        let call = try Self.calls(form, tools, &builder)
        var rest = closing
        if let between = form.between, !isSingle {
            rest = try builder.add(
                .repeated(
                    body: try builder.marks(between, next: try builder.add(.call(entry: call, next: exit))), least: 0,
                    most: Self.maximumCalls - 1, next: closing))
        }
        let first = try builder.add(.call(entry: call, next: rest))
        let root = try builder.marks(form.opening.trimmingStart, next: first)
        graph = try builder.grammar(root: root)
    }

    public func makeState() -> any TokenGrammarState { graph.makeState() }

    /// The rule of one call, to any of the functions.
    private static func calls(
        _ form: ToolCallForm, _ tools: [CallableTool], _ builder: inout GraphBuilder
    ) throws(GrammarError) -> Int {
        var calls: [Int] = []
        for tool in tools {
            // A function that names no parameters has none.
            let none: JSONValue = ["type": "object", "properties": [:], "additionalProperties": false]
            var compiler = SchemaCompiler(tool.parameters ?? none, builder)
            do throws(GrammarError) {
                calls.append(try compiler.call(form.unit, tool.name))
            } catch {
                throw GrammarError(place: "\(tool.name)\(error.place)", error.reason)
            }
            builder = compiler.builder
        }
        return try builder.choice(calls)
    }
}

extension SchemaCompiler {
    /// A call whose arguments the schema describes.
    fileprivate mutating func call(_ unit: ToolCallForm.Unit, _ name: String) throws(GrammarError) -> Int {
        let object = LocatedSchema(value: ["type": "object"], place: "#arguments")
        let exit = GraphBuilder.exit
        switch unit {
        case .named(let middle):
            let arguments = try value([document.root, object], next: exit)
            return try builder.text(name, next: try builder.marks(middle, next: arguments))
        case .object(let nameKey, let argumentsKey):
            let close = try builder.shared(.space, next: try builder.text("}", next: exit))
            let arguments = try value([document.root, object], next: close)
            let later = try builder.text(
                JSONText.literal(name) + ",",
                next: try builder.shared(
                    .space,
                    next: try builder.text(
                        JSONText.literal(argumentsKey) + ":", next: try builder.shared(.space, next: arguments))))
            let key = try builder.text(
                JSONText.literal(nameKey) + ":", next: try builder.shared(.space, next: later))
            return try builder.text("{", next: try builder.shared(.space, next: key))
        }
    }
}

extension GraphBuilder {
    /// A text that may hold special tokens, which are written as themselves.
    fileprivate mutating func marks(_ text: String, next: Int) throws(GrammarError) -> Int {
        var parts: [(token: Int32?, text: [UInt8])] = []
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if let (token, length) = pieces.special(at: rest) {
                parts += [(nil, plain), (token, [])]
                plain = []
                rest = rest.dropFirst(length)
            } else {
                plain.append(byte)
                rest = rest.dropFirst()
            }
        }
        parts.append((nil, plain))
        var next = next
        for part in parts.reversed() {
            if let token = part.token {
                next = try add(.token(token, next: next))
            } else {
                next = try self.text(String(decoding: part.text, as: UTF8.self), next: next)
            }
        }
        return next
    }
}

extension TokenPieces {
    /// The longest special token whose text `bytes` begin with.
    fileprivate func special(at bytes: ArraySlice<UInt8>) -> (token: Int32, length: Int)? {
        specials.filter { bytes.starts(with: $0.text) }.max { $0.text.count < $1.text.count }.map {
            ($0.token, $0.text.count)
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        var text = self
        while let last = text.unicodeScalars.last, " \n\r\t".unicodeScalars.contains(last) {
            text.unicodeScalars.removeLast()
        }
        return text
    }

    fileprivate var trimmingStart: String {
        String(unicodeScalars.drop { " \n\r\t".unicodeScalars.contains($0) })
    }
}
