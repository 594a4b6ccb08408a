// From a chat template to one for Ollama. Jinja is a language, and its programs cannot be carried over as such; what a template does can
// be: it is learnt from conversations, written in Go's language, and kept only where both give the same text for every probe.

internal import Foundation
public import Vocabulary

/// A chat template in Go's language, as Ollama wants it.
public struct TemplateTranslation: Sendable, Equatable {
    /// The template.
    public let source: String
    /// What a person should know of it, in whole sentences.
    public let notes: [String]

    /// Translates the template that makes the text of conversations by `render`.
    ///
    /// - Parameters:
    ///   - begin: what the tokenizer puts before every text by itself: what the template writes of it is left out.
    ///   - render: the chat template; its flag asks for the opening of an answer.
    /// - Throws: `TranslationError` where no translation gives the same text.
    public init(
        leavingOut begin: String? = nil, _ render: @escaping ([TextTurn], _ opensAnswer: Bool) throws -> String
    ) throws {
        let exact = { (turns: [TextTurn], opensAnswer: Bool) throws in
            let text = try render(turns, opensAnswer)
            guard let begin, !begin.isEmpty else { return text }
            return text.after(begin) ?? text
        }
        guard let forms = try TurnForms(exact) else {
            throw TranslationError("what it writes around a turn depends on more than who speaks and who spoke before")
        }
        let probes = Self.probes.compactMap { turns in (try? exact(turns, true)).map { (turns, $0) } }
        guard !probes.isEmpty else { throw TranslationError("it makes no text of any conversation") }
        var difference: TranslationError?
        for source in forms.candidates {
            if let found = Self.difference(source, probes) {
                difference = difference ?? found
                continue
            }
            self.source = source
            notes = Self.notes(forms, exact)
            return
        }
        throw difference ?? TranslationError("a system message stands where Ollama's templates cannot put it")
    }

    /// Conversations of every shape that a chat takes: with and without a system message, of one turn and of several.
    private static let probes: [[TextTurn]] = {
        let words: [[String: [String]]] = [
            [
                "s": ["You are brief."], "u": ["Who are you?", "And she?", "Thanks"],
                "a": ["A clerk.", "My friend Ada."],
            ],
            [
                "s": ["Antworte kurz.\n\nNenne {{ Namen }} & Orte."],
                "u": ["Erste Zeile\nzweite „Zeile“", "第二个问题?", "x = {\"a\": 1}"], "a": ["<b>1</b>\n- 2", "是的。"],
            ],
        ]
        let names: [Character: String] = ["s": "system", "u": "user", "a": "assistant"]
        return words.flatMap { words in
            ["u", "su", "uau", "suau", "uauau", "suauau"].map { sides in
                var count: [Character: Int] = [:]
                return sides.map { side in
                    defer { count[side, default: 0] += 1 }
                    return TextTurn(names[side] ?? "", words[String(side)]?[count[side, default: 0]] ?? "")
                }
            }
        }
    }()

    /// What `source` makes another text of than it should; nil: nothing.
    private static func difference(_ source: String, _ probes: [([TextTurn], String)]) -> TranslationError? {
        for (turns, expected) in probes {
            let found = try? GoTemplate(source: source).render(turns)
            guard found != expected else { continue }
            let system = turns.first?.role == "system" ? "a system message and " : ""
            let count = turns.count { $0.role != "system" }
            return TranslationError(
                "of a conversation with \(system)\(count) \(count == 1 ? "turn" : "turns") it makes a text that cannot be "
                    + "said in Go's language by who speaks and who spoke before")
        }
        return nil
    }

    private static func notes(
        _ forms: TurnForms, _ render: ([TextTurn], Bool) throws -> String
    ) -> [String] {
        var notes: [String] = []
        if forms.system == nil {
            notes.append("The chat template has no place for a system message: Ollama leaves it out.")
        }
        let spaced = " qz \n"
        if let text = try? render([TextTurn("user", spaced)], true), !text.contains(spaced) {
            notes.append("The chat template cuts white space at the ends of what is said; Ollama does not: send none.")
        }
        notes.append("Tools and thoughts are not part of this template.")
        return notes
    }
}

/// Why a chat template has no translation.
public struct TranslationError: ClassifiedError, Equatable {
    /// What it does that cannot be carried over, of "it".
    public let reason: String
    public var kind: FailureKind { .badInput }
    public var description: String { reason }

    init(_ reason: String) { self.reason = reason }
}

extension TurnForms {
    /// Templates in Go's language that may do the same, the plainest first.
    var candidates: [String] { [turnByTurn, byChange, systemBeforeLastTurn].compactMap(\.self) }

    private static func text(_ text: String?) -> String { text.map(GoTemplate.literal) ?? "" }
    private static let content = "{{ .Content }}"

    /// Every turn has a beginning and an end of its own.
    private var turnByTurn: String? {
        guard let answerStart = userToAnswer.after(userEnd), let open = end.after(userEnd),
            let userStart = answerToUser.after(answerEnd), let start = begin.before(userStart)
        else { return nil }
        var head = Self.text(start), systemTurn = ""
        if let system {
            guard let systemEnd = system.after.before(userStart) else { return nil }
            let systemStart: String
            if let after = system.before.after(start) {
                systemStart = after
            } else {
                systemStart = system.before
                head = "{{ if ne (index .Messages 0).Role \"system\" }}" + head + "{{ end }}"
            }
            systemTurn =
                "{{ if eq .Role \"system\" }}" + Self.text(systemStart) + Self.content + Self.text(systemEnd)
                + "{{ end }}"
        }
        return head + "{{ range .Messages }}" + systemTurn
            + "{{ if eq .Role \"user\" }}" + Self.text(userStart) + Self.content + Self.text(userEnd)
            + "{{ else if eq .Role \"assistant\" }}" + Self.text(answerStart) + Self.content + Self.text(answerEnd)
            + "{{ end }}{{ end }}" + Self.text(open)
    }

    /// What stands between two turns follows from who spoke and who speaks.
    private var byChange: String {
        let afterSystem =
            system.map { "{{ else if eq $last \"system\" }}" + Self.text($0.after) } ?? ""
        let systemTurn =
            system.map {
                "{{ else if eq .Role \"system\" }}" + Self.text($0.before) + Self.content + "{{ $last = .Role }}"
            } ?? ""
        return "{{ $last := \"\" }}{{ range .Messages }}"
            + "{{ if eq .Role \"user\" }}{{ if eq $last \"assistant\" }}" + Self.text(answerToUser) + afterSystem
            + "{{ else }}" + Self.text(begin) + "{{ end }}" + Self.content + "{{ $last = .Role }}"
            + "{{ else if eq .Role \"assistant\" }}" + Self.text(userToAnswer) + Self.content + "{{ $last = .Role }}"
            + systemTurn + "{{ end }}{{ end }}" + Self.text(end)
    }

    /// The system message goes before what the user says last.
    private var systemBeforeLastTurn: String? {
        guard let systemInLastTurn else { return nil }
        return "{{ $last := \"\" }}{{ range $number, $turn := .Messages }}"
            + "{{ if eq .Role \"user\" }}{{ if eq $last \"assistant\" }}" + Self.text(answerToUser) + "{{ else }}"
            + Self.text(begin) + "{{ end }}{{ if and $.System (eq (len (slice $.Messages $number)) 1) }}{{ $.System }}"
            + Self.text(systemInLastTurn) + "{{ end }}" + Self.content + "{{ $last = .Role }}"
            + "{{ else if eq .Role \"assistant\" }}" + Self.text(userToAnswer) + Self.content + "{{ $last = .Role }}"
            + "{{ end }}{{ end }}" + Self.text(end)
    }
}
