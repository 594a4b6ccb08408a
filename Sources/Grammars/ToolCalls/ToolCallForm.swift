// How a model writes that it calls functions: found by showing its template calls and looking at what it writes.

public import ChatTemplates
public import JSON

/// The form in which a model's template writes calls: `opening`, a call, then `between` and another call as often as there are more,
/// and `closing`. Hermes and Qwen write `<tool_call>` around an object each, Mistral `[TOOL_CALLS]` before a list, Llama 3 an object alone.
public struct ToolCallForm: Sendable, Equatable {
    /// How one call stands there.
    enum Unit: Sendable, Equatable {
        /// An object with the name under one key and the arguments, an object too, under another.
        case object(name: String, arguments: String)
        /// The name, `middle`, then the arguments as an object.
        case named(middle: String)
    }

    /// What stands before the first call; white space in it, and in the others, may be more or less. Empty where an answer that calls
    /// is nothing but the call.
    let opening: String
    let unit: Unit
    /// Nil where there is one call at most.
    let between: String?
    let closing: String

    /// Whether an answer may hold several calls.
    public var allowsSeveral: Bool { between != nil }

    /// The form of `template`; nil where it writes no calls, or not as JSON.
    ///
    /// - Parameter extra: further variables of the template: `bos_token`, `eos_token`, …
    public init?(of template: ChatTemplate, extra: JSONObject = JSONObject()) {
        let probe = CallProbe(template: template, extra: extra)
        guard let (turn, places) = probe.turn(calls: 1) else {
            // Some tell the model of the commonest form, and leave out what it wrote.
            guard template.source.contains("<tool_call>"), !template.source.contains("<parameter="),
                !template.source.contains("<arg_key>")
            else { return nil }
            (opening, between, closing) = ("<tool_call>\n", "\n</tool_call>\n<tool_call>\n", "\n</tool_call>")
            unit = .object(name: "name", arguments: "arguments")
            return
        }
        let first = places[0]
        opening = String(decoding: CallProbe.withoutThoughts(turn[..<first.range.lowerBound]), as: UTF8.self)
        closing = String(decoding: turn[first.range.upperBound...], as: UTF8.self)
        unit = first.unit
        // Some templates refuse to write two.
        guard let (two, both) = probe.turn(calls: 2), both[0].range.upperBound <= both[1].range.lowerBound,
            both[1].unit == first.unit
        else {
            between = nil
            return
        }
        between = String(decoding: two[both[0].range.upperBound..<both[1].range.lowerBound], as: UTF8.self)
    }
}

/// Renders conversations with calls whose words stand nowhere else.
private struct CallProbe {
    let template: ChatTemplate
    let extra: JSONObject

    private static let answer = "latheprobeanswer"
    private static func name(_ number: Int) -> String { "latheprobename\(number)" }
    private static func value(_ number: Int) -> String { "latheprobevalue\(number)" }
    private static let key = "latheprobekey"

    typealias Place = (range: Range<Int>, unit: ToolCallForm.Unit)

    /// What the template writes of an assistant's turn that calls: past what stands before any answer, up to what ends a turn; and where
    /// the calls stand there.
    func turn(calls count: Int) -> (text: [UInt8], places: [Place])? {
        guard let plain = render(["role": "assistant", "content": .string(Self.answer)]),
            let place = Self.range(of: Self.answer, in: plain)
        else { return nil }
        let (before, after) = (Array(plain[..<place.lowerBound]), Array(plain[place.upperBound...]))
        // Templates read arguments as an object, or as its text.
        for (content, isText): (JSONValue, Bool) in [("", false), (.null, false), ("", true), (.null, true)] {
            let calls = (1...count).map { Self.call($0, isText: isText) }
            let reply: JSONValue = ["role": "assistant", "content": content, "tool_calls": .array(calls)]
            guard let text = render(reply) else { continue }
            let turn = Self.inner(text, before, after)
            let places = (1...count).compactMap { self.place(of: $0, in: turn) }
            if places.count == count { return (turn, places) }
        }
        return nil
    }

    private static func call(_ number: Int, isText: Bool) -> JSONValue {
        let arguments = JSONValue.object(arguments(number))
        return [
            "id": .string("call0000\(number)"), "type": "function",
            "function": [
                "name": .string(name(number)), "arguments": isText ? .string(arguments.text()) : arguments,
            ],
        ]
    }

    /// `text` without what other answers have before them and behind, cut where a mark begins.
    private static func inner(_ text: [UInt8], _ before: [UInt8], _ after: [UInt8]) -> [UInt8] {
        let mark = UInt8(ascii: "<")
        var start = zip(before, text).prefix { $0 == $1 }.count
        if start < before.count, let last = text[..<start].lastIndex(of: mark),
            !text[last..<start].contains(UInt8(ascii: ">"))
        {
            start = last
        }
        let turn = text[start...]
        let shared = zip(after.reversed(), turn.reversed()).prefix { $0 == $1 }.count
        let tail = turn.suffix(shared)
        let end = shared == after.count ? tail.startIndex : tail.firstIndex(of: mark) ?? turn.endIndex
        return Array(turn[..<end])
    }

    /// What stands before a call, without thoughts that may stand before any answer.
    static func withoutThoughts(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let lower = text.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 + 32 : $0 }
        for end in ["</think>", "<|end_thinking|>"] {
            if let range = range(of: end, in: lower) { return Array(text.dropFirst(range.upperBound)) }
        }
        return Array(text)
    }

    private static func arguments(_ number: Int) -> JSONObject {
        JSONObject([(key: Self.key, value: .string(Self.value(number)))])
    }

    private func render(_ reply: JSONValue) -> [UInt8]? {
        var extra = extra
        extra["tools"] = .array((1...2).map(Self.tool))
        let messages: [JSONValue] = [["role": "user", "content": "latheprobequestion"], reply]
        return
            (try? template.render(
                messages: messages, addGenerationPrompt: false, extra: extra, now: .fixedDate)).map { Array($0.utf8) }
    }

    private static func tool(_ number: Int) -> JSONValue {
        let word: JSONValue = ["type": "string", "description": "a word"]
        let properties = JSONObject([(key: Self.key, value: word)])
        return [
            "type": "function",
            "function": [
                "name": .string(Self.name(number)), "description": "does something",
                "parameters": ["type": "object", "properties": .object(properties), "required": [.string(Self.key)]],
            ],
        ]
    }

    /// Where the call with that number stands in `turn`, and how.
    private func place(of number: Int, in turn: [UInt8]) -> Place? {
        guard let name = Self.range(of: Self.name(number), in: turn),
            let value = Self.range(of: Self.value(number), in: turn)
        else { return nil }
        let wanted = JSONValue.object(Self.arguments(number))
        let starts = turn.indices.reversed().filter { turn[$0] == UInt8(ascii: "{") }
        guard
            let arguments = starts.lazy.filter({ $0 < value.lowerBound }).compactMap({ start in
                Self.object(in: turn, at: start).flatMap { $0.value == wanted ? $0.range : nil }
            }).first
        else { return nil }
        for start in starts where start < arguments.lowerBound && start < name.lowerBound {
            guard let (range, object) = Self.object(in: turn, at: start), let members = object.object?.members,
                let nameKey = members.first(where: { $0.value == .string(Self.name(number)) })?.key,
                let argumentsKey = members.first(where: { $0.value == wanted })?.key
            else { continue }
            return (range, .object(name: nameKey, arguments: argumentsKey))
        }
        guard name.upperBound <= arguments.lowerBound else { return nil }
        let middle = String(decoding: turn[name.upperBound..<arguments.lowerBound], as: UTF8.self)
        return (name.lowerBound..<arguments.upperBound, .named(middle: middle))
    }

    private static func object(in text: [UInt8], at start: Int) -> (range: Range<Int>, value: JSONValue)? {
        var end = ObjectEnd()
        guard let length = end.feed(text[start...]),
            let value = try? JSONValue(parsing: Array(text[start..<start + length]))
        else { return nil }
        return (start..<start + length, value)
    }

    private static func range(of word: String, in text: [UInt8]) -> Range<Int>? {
        let word = Array(word.utf8)
        guard text.count >= word.count else { return nil }
        return (0...text.count - word.count).first { text[$0..<$0 + word.count].elementsEqual(word) }.map {
            $0..<$0 + word.count
        }
    }
}

/// Finds where a JSON object ends that arrives in pieces.
struct ObjectEnd: Sendable {
    private var depth = 0
    private var isString = false, isEscaped = false
    private var count = 0

    /// - Returns: how many bytes, of all that were fed, the object has; nil as long as it goes on. Its first byte is its brace.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> Int? {
        for byte in bytes {
            count += 1
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return count }
            default: break
            }
        }
        return nil
    }
}
