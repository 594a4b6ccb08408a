// The pieces of a conversation, each looked for in the text that the template made of it.

internal import JSON

/// A piece of a row that says something.
struct RowPiece: Sendable {
    let remark: RowRemark
    let text: String
    /// The number of its message; `nil` for what stands beside the messages.
    let message: Int?
}

/// All that a conversation says.
struct RowPieces: Sendable {
    let pieces: [RowPiece]
    private let trained: [Int]

    init(_ messages: [JSONValue], trained: [Int], extra: JSONObject) {
        var pieces: [RowPiece] = []
        for (number, message) in messages.enumerated() {
            pieces += Self.pieces(of: message, number, isTrained: trained.contains(number))
        }
        for tool in extra["tools"]?.array ?? [] {
            guard let name = tool.object.flatMap(ToolList.name) else { continue }
            pieces.append(RowPiece(remark: RowRemark(.tool), text: name, message: nil))
        }
        self.pieces = pieces
        self.trained = trained
    }

    // MARK: What a message says

    private static func pieces(of message: JSONValue, _ number: Int, isTrained: Bool) -> [RowPiece] {
        let role = message["role"]?.string ?? ""
        var found: [RowPiece] = []
        func add(_ kind: RowRemark.Kind, _ text: String, detail: String = "") {
            guard !text.isBlank else { return }
            found.append(RowPiece(remark: RowRemark(kind, detail: detail), text: text, message: number))
        }
        let reasoningKind = isTrained ? RowRemark.Kind.reasoning : .earlierReasoning
        let texts = message["content"]?.array?.compactMap { $0["text"]?.string } ?? [MessageText.of(message)]
        for text in texts {
            switch role {
            case "assistant":
                let (thought, answer) = divided(text)
                add(reasoningKind, thought)
                add(.answer, answer)
            case "system": add(.systemPrompt, text)
            case "developer": add(.developerTurn, text)
            case "user": add(.userTurn, text)
            case "tool", "function", "ipython": add(.toolTurn, text)
            default: add(.otherTurn, text, detail: role)
            }
        }
        add(reasoningKind, MessageText.reasoning(of: message))
        for call in message["tool_calls"]?.array ?? [] {
            let function = call["function"] ?? call
            add(.toolCall, function["name"]?.string ?? "")
            for value in function["arguments"].map(leaves) ?? [] { add(.toolCall, value) }
        }
        return found
    }

    /// Reasoning that stands in the text itself, and what follows it.
    private static func divided(_ text: String) -> (reasoning: String, answer: String) {
        let closing = "</think>"
        guard let end = text.range(of: closing) else { return ("", text) }
        var thought = text[..<end.lowerBound]
        if let start = thought.range(of: "<think>") { thought = thought[start.upperBound...] }
        return (String(thought), String(text[end.upperBound...]))
    }

    /// The texts and whole numbers of a value; what else there is has several spellings.
    private static func leaves(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .integer(let number): ["\(number)"]
        case .array(let elements): elements.flatMap(leaves)
        case .object(let object): object.members.flatMap { leaves($0.value) }
        default: []
        }
    }

    // MARK: What is missing

    /// Texts of fewer bytes stand in many renderings by chance: an "R" in "user".
    private static let leastTelling = 24

    /// Numbers of messages whose text may be found though it is not theirs: it is short, or another message says the same.
    var doubtful: [Int] {
        var counts: [String: Int] = [:]
        for piece in pieces { counts[piece.text, default: 0] += 1 }
        return pieces.compactMap { piece in
            guard let number = piece.message, !trained.contains(number), piece.remark.kind.isText else { return nil }
            return piece.text.utf8.count < Self.leastTelling || counts[piece.text, default: 0] > 1 ? number : nil
        }
    }

    /// What of a conversation is not in its text.
    struct Missing {
        var remarks: [RowRemark] = []
        /// Numbers of trained turns of which nothing is left.
        var lostAnswers: [Int] = []
    }

    /// Looks for every piece.
    ///
    /// - Parameters:
    ///   - texts: all that was rendered of the row.
    ///   - answers: of trained turns, the text that is trained of it; where there is none, `texts` count.
    ///   - unheard: numbers of messages whose text is known not to be rendered, whatever is found.
    func missing(in texts: [[UInt8]], answers: [Int: [UInt8]], unheard: Set<Int>) -> Missing {
        let whole = texts.map(SearchedText.init)
        let own = answers.mapValues { [SearchedText($0)] }
        var missing = Missing()
        var answered = Set<Int>()
        var said = Set<Int>()
        for piece in pieces {
            let places = piece.message.flatMap { own[$0] } ?? whole
            let isUnheard = piece.remark.kind.isText && piece.message.map(unheard.contains) == true
            let finding = isUnheard ? .nothing : Self.best(places.map { $0.find(piece.text) })
            if let number = piece.message, trained.contains(number) {
                said.insert(number)
                if finding != .nothing { answered.insert(number) }
            }
            if finding != .whole { missing.remarks.append(piece.remark) }
        }
        missing.lostAnswers = said.subtracting(answered).sorted()
        return missing
    }

    private static func best(_ findings: [Finding]) -> Finding {
        findings.contains(.whole) ? .whole : findings.contains(.part) ? .part : .nothing
    }
}
