// The pieces of a conversation, each looked for in the text that the template made of it.

internal import JSON

/// A piece of a row that says something.
struct RowPiece: Sendable {
    let remark: RowRemark
    /// Empty where what it says has several spellings, as a number does.
    let text: String
    /// The number of its message; `nil` for what stands beside the messages.
    let message: Int?
    /// Where it stands; more than one place where several members say it, none where it is a part of a text.
    let places: [[PieceStep]]
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
        for (number, tool) in (extra["tools"]?.array ?? []).enumerated() {
            pieces += ToolWords.pieces(ofTool: tool, [.member("tools"), .element(number)])
        }
        self.pieces = pieces
        self.trained = trained
    }

    // MARK: What a message says

    private static let toolRoles: Set<String> = ["tool", "function", "ipython"]

    private static func pieces(of message: JSONValue, _ number: Int, isTrained: Bool) -> [RowPiece] {
        let role = message["role"]?.string ?? ""
        let place: [PieceStep] = [.member("messages"), .element(number)]
        var found: [RowPiece] = []
        func add(_ kind: RowRemark.Kind, _ text: String, detail: String = "", _ places: [[PieceStep]] = []) {
            guard !text.isBlank else { return }
            let remark = RowRemark(kind, detail: detail)
            found.append(RowPiece(remark: remark, text: text, message: number, places: places.map { place + $0 }))
        }
        let reasoningKind = isTrained ? RowRemark.Kind.reasoning : .earlierReasoning
        for (text, content) in texts(of: message) {
            switch role {
            case "assistant":
                let (thought, answer) = divided(text)
                add(reasoningKind, thought)
                add(.answer, answer, [content])
            case "system": add(.systemPrompt, text, [content])
            case "developer": add(.developerTurn, text, [content])
            case "user": add(.userTurn, text, [content])
            case _ where toolRoles.contains(role): add(.toolTurn, text, [content])
            default: add(.otherTurn, text, detail: role, [content])
            }
        }
        // Of a tool's result the call says whose it is; elsewhere a name tells two speakers apart.
        if !toolRoles.contains(role), let name = message["name"]?.string {
            add(.unreadMember, name, detail: "name", [[.member("name")]])
        }
        add(
            reasoningKind, MessageText.reasoning(of: message),
            ["reasoning_content", "thinking"].filter { message[$0]?.string != nil }.map { [.member($0)] })
        for (index, call) in (message["tool_calls"]?.array ?? []).enumerated() {
            found += ToolWords.pieces(ofCall: call, place + [.member("tool_calls"), .element(index)], message: number)
        }
        return found
    }

    /// The texts of a message's content, each with its place.
    private static func texts(of message: JSONValue) -> [(text: String, place: [PieceStep])] {
        guard let parts = message["content"]?.array else { return [(MessageText.of(message), [.member("content")])] }
        return parts.enumerated().compactMap { number, part in
            part["text"]?.string.map { ($0, [.member("content"), .element(number), .member("text")]) }
        }
    }

    /// Reasoning that stands in the text itself, and what follows it.
    private static func divided(_ text: String) -> (reasoning: String, answer: String) {
        let closing = "</think>"
        guard let end = text.range(of: closing) else { return ("", text) }
        var thought = text[..<end.lowerBound]
        if let start = thought.range(of: "<think>") { thought = thought[start.upperBound...] }
        return (String(thought), String(text[end.upperBound...]))
    }

    // MARK: What is missing

    /// Texts of fewer bytes stand in many renderings by chance: an "R" in "user".
    private static let leastTelling = 24

    /// Pieces that may be found though they are not rendered, with their places: they are short, another one says the same, or
    /// they are the words of tools, which people use, too.
    var doubtful: [(number: Int, places: [[PieceStep]])] {
        var counts: [String: Int] = [:]
        for piece in pieces { counts[piece.text, default: 0] += 1 }
        return pieces.enumerated().compactMap { number, piece in
            let isDoubtful =
                piece.remark.kind.isOfTools
                || (!isLookedForAtHome(piece)
                    && (piece.text.utf8.count < Self.leastTelling || counts[piece.text, default: 0] > 1))
            return isDoubtful && !piece.places.isEmpty ? (number, piece.places) : nil
        }
    }

    /// Doubtful pieces that are what people say, and no words of tools.
    var doubtfulTexts: [(number: Int, places: [[PieceStep]])] {
        doubtful.filter { !pieces[$0.number].remark.kind.isOfTools }
    }

    /// Whether the piece is looked for in its own answer alone.
    private func isLookedForAtHome(_ piece: RowPiece) -> Bool {
        piece.remark.kind.isText && piece.message.map(trained.contains) == true
    }

    /// The number of the trained message that the piece is part of; `nil` where it is part of none.
    func trainedTurn(ofPiece number: Int) -> Int? {
        pieces[number].message.flatMap { trained.contains($0) ? $0 : nil }
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
    ///   - unheard: numbers of pieces that are known not to be rendered, whatever is found.
    func missing(in texts: [[UInt8]], answers: [Int: [UInt8]], unheard: Set<Int>) -> Missing {
        let whole = texts.map(SearchedText.init)
        let own = answers.mapValues { [SearchedText($0)] }
        var missing = Missing()
        var answered = Set<Int>()
        var said = Set<Int>()
        var isToolMissing = false
        for (number, piece) in pieces.enumerated() {
            let texts = piece.message.flatMap { own[$0] } ?? whole
            let finding = unheard.contains(number) ? .nothing : Self.best(texts.map { $0.find(piece.text) })
            if let number = piece.message, trained.contains(number), piece.remark.kind != .unreadMember {
                said.insert(number)
                if finding != .nothing { answered.insert(number) }
            }
            if piece.remark.kind == .tool { isToolMissing = finding != .whole }
            // A tool that is not there at all is said once, and not once more for each of its words, which follow it.
            if finding != .whole, piece.remark.kind != .toolDetail || !isToolMissing {
                missing.remarks.append(piece.remark)
            }
        }
        missing.lostAnswers = said.subtracting(answered).sorted()
        return missing
    }

    private static func best(_ findings: [Finding]) -> Finding {
        findings.contains(.whole) ? .whole : findings.contains(.part) ? .part : .nothing
    }
}
