// Calls read back from an answer, as it comes.

internal import JSON

/// A function that an answer calls.
public struct ToolCall: Sendable, Equatable {
    public let name: String
    /// A JSON object, as the model wrote it.
    public let arguments: String

    public init(name: String, arguments: String) {
        self.name = name
        self.arguments = arguments
    }
}

/// A part of an answer.
public enum ToolCallPiece: Sendable, Equatable {
    case text(String)
    /// A call, whole.
    case call(ToolCall)
    /// A call whose arguments come in pieces.
    case began(name: String)
    case arguments(String)
    /// The arguments are complete.
    case ended
}

/// Tells calls and text apart in an answer that comes in pieces, special tokens' texts included. What begins like a call and is none
/// stays text, to the letter. Where an answer is held to calls, these come in pieces as they are written; else each comes whole,
/// once it is known to be one.
public struct ToolCallReader: Sendable {
    private enum Stage: Sendable {
        /// A call may begin: anywhere, or, where nothing opens calls, at the start alone.
        case text(atStart: Bool)
        /// The opening was read, or what stands between calls: a call begins at the first byte that is held back.
        case call
        /// Within the arguments of a call that was told of.
        case arguments
        /// Behind these, within the object of the call.
        case rest
        /// After a call: another, or what closes them.
        case after
    }

    private let form: ToolCallForm
    private let names: Set<String>
    private let isHeld: Bool
    private var stage = Stage.text(atStart: true)
    /// What is not told yet.
    private var held: [UInt8] = []
    /// Of `held`, what stands before the call that may be there: text again, should it be none.
    private var opened = 0
    /// Where the object ends that is being read, and how much of `held` was looked at for it.
    private var end = ObjectEnd()
    private var looked = 0

    /// - Parameters:
    ///   - form: of the model's template.
    ///   - names: of the functions that there are. An answer that is nothing but an object is a call only where it names one of them.
    ///   - isHeld: whether the answer is held to calls by a `ToolCallGrammar` of the form.
    public init(_ form: ToolCallForm, names: [String], isHeld: Bool = false) {
        self.form = form
        self.names = Set(names)
        self.isHeld = isHeld
    }

    /// What is certain after another piece of the answer.
    public mutating func take(_ text: String) -> [ToolCallPiece] {
        held += Array(text.utf8)
        return pieces(isOver: false)
    }

    /// What was held back, at the end of the answer.
    public mutating func finish() -> [ToolCallPiece] { pieces(isOver: true) }

    private mutating func pieces(isOver: Bool) -> [ToolCallPiece] {
        var found: [ToolCallPiece] = []
        while goOn(isOver, &found) {}
        if isOver { tell(held.count, &found) }
        return found
    }

    /// Moves the first `count` bytes that are held into `found`, as text.
    private mutating func tell(_ count: Int, _ found: inout [ToolCallPiece]) {
        let text = String(decoding: held.prefix(count), as: UTF8.self)
        held.removeFirst(min(count, held.count))
        guard !text.isEmpty else { return }
        if case .text(let before)? = found.last {
            found[found.count - 1] = .text(before + text)
        } else {
            found.append(.text(text))
        }
    }

    /// - Returns: whether there is more to do with what is held.
    private mutating func goOn(_ isOver: Bool, _ found: inout [ToolCallPiece]) -> Bool {
        switch stage {
        case .text(let atStart): form.isBare ? lookForObject(atStart, &found) : lookForOpening(&found)
        case .call: isHeld ? readStart(&found) : readCall(isOver, &found)
        case .arguments: readArguments(&found)
        case .rest: readRest(isOver, &found)
        case .after: readAfter(isOver, &found)
        }
    }

    // MARK: Text

    private mutating func lookForOpening(_ found: inout [ToolCallPiece]) -> Bool {
        let first = form.opening.utf8.first { !$0.isSpace }
        for start in held.indices where held[start] == first {
            switch LooseMatch(of: form.opening, in: held, at: start) {
            case .no: continue
            case .open:
                tell(start, &found)
                return false
            case .end(let end):
                tell(start, &found)
                begin(after: end - start)
                return true
            }
        }
        tell(held.count, &found)
        return false
    }

    /// Where nothing opens a call, an answer that begins with a brace may be one. Llama's mark for code may stand before it.
    private mutating func lookForObject(_ atStart: Bool, _ found: inout [ToolCallPiece]) -> Bool {
        guard atStart else {
            tell(held.count, &found)
            return false
        }
        var start = 0
        switch LooseMatch(of: "<|python_tag|>", in: held, at: 0) {
        case .open: return false
        case .end(let end): start = end
        case .no: break
        }
        guard let brace = held[start...].firstIndex(where: { !$0.isSpace }) else { return false }
        guard held[brace] == UInt8(ascii: "{") else {
            stage = .text(atStart: false)
            return true
        }
        begin(after: brace)
        return true
    }

    private mutating func begin(after count: Int) {
        stage = .call
        opened = count
        looked = 0
        end = ObjectEnd()
    }

    // MARK: A call

    private mutating func readCall(_ isOver: Bool, _ found: inout [ToolCallPiece]) -> Bool {
        while opened < held.count, held[opened].isSpace { opened += 1 }
        guard opened < held.count else { return false }
        var start = opened
        var name: String?
        if case .named(let middle) = form.unit {
            guard let (word, place) = readName(before: middle) else {
                return isOver || held.count - opened > 200 ? giveUp(&found) : false
            }
            guard let place else { return giveUp(&found) }
            (name, start) = (word, place)
            guard start < held.count else { return false }
        }
        guard held[start] == UInt8(ascii: "{") else { return giveUp(&found) }
        looked = max(looked, start)
        let length = end.feed(held[looked...])
        looked = held.count
        guard let length else { return false }
        let bytes = Array(held[start..<start + length])
        guard let call = call(bytes, name) else { return giveUp(&found) }
        found.append(.call(call))
        held.removeFirst(start + length)
        stage = .after
        return true
    }

    /// The name that stands where a call begins, and where its arguments begin; nil as long as that cannot be said, and a nil place
    /// where there is no name.
    private func readName(before middle: String) -> (String, Int?)? {
        guard let end = held[opened...].firstIndex(where: { !Self.isName($0) }) else { return nil }
        let name = String(decoding: held[opened..<end], as: UTF8.self)
        guard !name.isEmpty else { return (name, nil) }
        switch LooseMatch(of: middle, in: held, at: end) {
        case .no: return (name, nil)
        case .open: return nil
        case .end(let place):
            let start = held[place...].firstIndex { !$0.isSpace } ?? held.count
            return (name, start)
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "_-.".utf8.contains(byte)
    }

    private func call(_ bytes: [UInt8], _ name: String?) -> ToolCall? {
        guard let value = try? JSONValue(parsing: bytes), let object = value.object else { return nil }
        switch form.unit {
        case .named:
            return name.map { ToolCall(name: $0, arguments: String(decoding: bytes, as: UTF8.self)) }
        case .object(let nameKey, let argumentsKey):
            guard let name = object[nameKey]?.string, !form.isBare || names.contains(name) else { return nil }
            // Models take one word for the other, and leave out arguments that there are none of.
            let arguments = object[argumentsKey] ?? object["arguments"] ?? object["parameters"] ?? .object(JSONObject())
            guard arguments.object != nil else { return nil }
            return ToolCall(name: name, arguments: arguments.text())
        }
    }

    /// What was taken for a call is text.
    private mutating func giveUp(_ found: inout [ToolCallPiece]) -> Bool {
        // What opened it is told, so that it is not found again.
        tell(max(1, opened), &found)
        stage = .text(atStart: false)
        return true
    }

    // MARK: A call in pieces

    /// Tells of a call as soon as its name and the first brace of its arguments are there: held to a grammar it is one.
    private mutating func readStart(_ found: inout [ToolCallPiece]) -> Bool {
        while opened < held.count, held[opened].isSpace { opened += 1 }
        guard let (name, start) = start(), start < held.count else { return false }
        found.append(.began(name: name))
        held.removeFirst(start)
        (opened, looked, end) = (0, 0, ObjectEnd())
        stage = .arguments
        return true
    }

    /// The name of the call that begins, and where its arguments do; nil as long as they are not there.
    private func start() -> (name: String, start: Int)? {
        switch form.unit {
        case .named(let middle):
            guard let (name, place) = readName(before: middle), let place else { return nil }
            return (name, place)
        case .object(let nameKey, let argumentsKey):
            guard case .end(let start) = LooseMatch(of: "{" + JSONText.literal(nameKey) + ":\"", in: held, at: opened),
                let end = held[start...].firstIndex(of: UInt8(ascii: "\"")),
                case .end(let place) = LooseMatch(of: "\"," + JSONText.literal(argumentsKey) + ":", in: held, at: end),
                let brace = held[place...].firstIndex(where: { !$0.isSpace })
            else { return nil }
            return (String(decoding: held[start..<end], as: UTF8.self), brace)
        }
    }

    private mutating func readArguments(_ found: inout [ToolCallPiece]) -> Bool {
        guard !held.isEmpty else { return false }
        let length = end.feed(held)
        let count = length.map { $0 - looked } ?? held.count
        found.append(.arguments(String(decoding: held.prefix(count), as: UTF8.self)))
        held.removeFirst(count)
        looked += count
        guard length != nil else { return false }
        stage = .rest
        return true
    }

    private mutating func readRest(_ isOver: Bool, _ found: inout [ToolCallPiece]) -> Bool {
        if case .object = form.unit {
            switch LooseMatch(of: "}", in: held, at: 0) {
            case .open where !isOver: return false
            case .end(let end): held.removeFirst(end)
            case .open, .no: break
            }
        }
        found.append(.ended)
        stage = .after
        return true
    }

    // MARK: After a call

    private mutating func readAfter(_ isOver: Bool, _ found: inout [ToolCallPiece]) -> Bool {
        if let between = form.between {
            switch LooseMatch(of: between, in: held, at: 0) {
            case .open where !isOver: return false
            case .end(let end):
                // Another follows where it begins as calls do; else what stood between closes them.
                let next = held[end...].first { !$0.isSpace }
                guard next != nil || isOver else { return false }
                if let next, begins(next) {
                    begin(after: end)
                    return true
                }
            default: break
            }
        }
        switch LooseMatch(of: form.closing, in: held, at: 0) {
        case .open where !isOver: return false
        case .end(let end): held.removeFirst(end)
        // The end of an answer closes what it leaves open.
        case .open: held.removeAll()
        case .no: break
        }
        stage = .text(atStart: false)
        return !held.isEmpty
    }

    /// Whether a call can begin with `byte`.
    private func begins(_ byte: UInt8) -> Bool {
        switch form.unit {
        case .object: byte == UInt8(ascii: "{")
        case .named: Self.isName(byte)
        }
    }
}

extension ToolCallForm {
    /// Whether nothing marks a call but that it is one.
    var isBare: Bool { !opening.utf8.contains { !$0.isSpace } }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

/// Whether a text goes on with some words, whatever white space stands among them.
private enum LooseMatch {
    case no
    /// So far, and the text ends within them.
    case open
    /// The place after them.
    case end(Int)

    init(of words: String, in text: [UInt8], at start: Int) {
        var place = start
        for byte in words.utf8 where !byte.isSpace {
            while place < text.count, text[place].isSpace { place += 1 }
            guard place < text.count else {
                self = .open
                return
            }
            guard text[place] == byte else {
                self = .no
                return
            }
            place += 1
        }
        self = .end(place)
    }
}
