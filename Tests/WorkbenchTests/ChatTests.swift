// What a person types in a chat, and how answers are broken into lines.

import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary
import Workbench

@Suite struct ChatTests {
    private static func keys(_ text: String) -> [TerminalKey] {
        var reader = TerminalKeyReader()
        return reader.read(text.utf8)
    }

    /// What a line is after `keys`, and what the last of them came to.
    private static func typed(_ text: String, into line: inout EditedLine) -> EditedLine.Outcome {
        keys(text).reduce(.changed) { _, key in line.press(key) }
    }

    @Test func keysAreKnownInWhateverPiecesTheirBytesCome() {
        let text = "aé界\u{1B}[A\u{1B}OB\u{1B}[1;5D\u{1B}[3~\u{7F}\u{1}\u{1B}[99Zx\r"
        let whole: [TerminalKey] = [
            .character("a"), .character("é"), .character("界"), .up, .down, .wordLeft, .delete, .backspace, .home,
            .character("x"), .enter,
        ]
        #expect(Self.keys(text) == whole)
        var reader = TerminalKeyReader()
        #expect(text.utf8.flatMap { reader.read([$0]) } == whole)
        #expect(!reader.isWaiting)
        // Bytes that are no UTF-8 are no key, and take no other with them.
        #expect(reader.read([0xFF, 0x61, 0xE4, 0x62, 0xE4, 0xBA, 0xBA]) == ["a", "b", "人"].map { .character($0) })
    }

    @Test func pastedTextIsNoKey() {
        #expect(Self.keys("\u{1B}[200~one\rtwo\u{3}\u{1B}[201~!") == [.pasted("one\rtwo\u{3}"), .character("!")])
        var line = EditedLine()
        #expect(Self.typed("\u{1B}[200~one\r\ntwo\u{1B}[31m\n\n\u{1B}[201~", into: &line) == .changed)
        #expect(line.text == "one\ntwo[31m" && line.shownText == "one⏎two[31m")
        #expect(line.press(.enter) == .done("one\ntwo[31m"))
    }

    @Test func aLineIsEditedAnywhere() {
        var line = EditedLine()
        _ = Self.typed("the red car\u{1B}[1;5D\u{1B}[1;5D\u{17}a \u{5}s\u{1B}[H\u{1B}[3~T", into: &line)
        #expect(line.text == "T red cars")
        _ = Self.typed("\u{5}\u{7F}\u{14}", into: &line)
        #expect(line.text == "T red cra" && line.cursor == 9)
        _ = Self.typed("\u{1B}[D\u{1B}[D\u{B}\u{15}", into: &line)
        #expect(line.text == "" && line.press(.left) == .changed && line.cursor == 0)
        // A mark joins the letter before it.
        _ = Self.typed("e\u{301}", into: &line)
        #expect(line.characters.count == 1 && line.cursor == 1)
    }

    @Test func earlierLinesComeBackAndWhatWasTypedStays() {
        var line = EditedLine()
        for text in ["one\r", "two\r", "two\r"] { _ = Self.typed(text, into: &line) }
        _ = Self.typed("thr\u{1B}[A", into: &line)
        #expect(line.text == "two")
        _ = Self.typed("\u{1B}[A", into: &line)
        #expect(line.text == "one")
        _ = Self.typed("\u{1B}[A\u{1B}[B\u{1B}[B", into: &line)
        #expect(line.text == "thr")
        #expect(Self.typed("\u{3}", into: &line) == .abandoned && line.text == "")
        #expect(Self.typed("\u{4}", into: &line) == .ended)
        #expect(Self.typed("ab\u{1B}[H\u{4}", into: &line) == .changed && line.text == "b")
    }

    @Test func theCursorIsWhereTheTerminalPutsIt() {
        var line = EditedLine()
        _ = Self.typed("ab界界c", into: &line)
        func place(_ count: Int) -> [Int] {
            let place = line.place(after: count, promptColumns: 2, terminalColumns: 7)
            return [place.row, place.column]
        }
        #expect(place(0) == [0, 2] && place(3) == [0, 6])
        // The second wide character has no room in the first row.
        #expect(place(4) == [1, 2] && place(5) == [1, 3])
        _ = Self.typed("\u{15}abcde", into: &line)
        #expect(place(5) == [1, 0])
    }

    @Test(arguments: [1, 3, 100]) func wordsAreKeptWholeAtTheEdge(step: Int) {
        let text = "The red car was fast.\n\n  It went to 北京 incomprehensibilities far"
        var wrapped = WrappedText(columns: 12), output = ""
        var rest = text[...]
        while !rest.isEmpty {
            output += wrapped.feed(String(rest.prefix(step)))
            rest = rest.dropFirst(step)
        }
        output += wrapped.finish()
        #expect(
            output == "The red car\nwas fast.\n\n  It went to\n北京\nincomprehens\nibilities\nfar", "\(output)")
        // Nothing but white space has changed.
        #expect(output.filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
    }

    /// With another adapter what was said stays, and of system messages its own alone.
    @Test func whatWasSaidGoesOnUnderAnotherSystemMessage() throws {
        try withTemporaryDirectory { folder in
            func generator(_ system: String) throws -> TextGenerator {
                try TextGenerator(
                    Session(model: TinyModel.chatGGUF.path, adapter: nil),
                    settings: GenerationSettings(maxNewTokens: 1, system: system))
            }
            let first = try generator("Be brief."), next = try generator("Be kind.")
            let answer = try first.answer("Where is Tom?") { _ in }
            try next.goOn(from: first)
            let file = folder.appendingPathComponent("chat.jsonl")
            #expect(try next.save(to: file.path) == 3)
            #expect(
                try JSONValue(parsing: Array(Data(contentsOf: file)))["messages"] == [
                    ["role": "system", "content": "Be kind."], ["role": "user", "content": "Where is Tom?"],
                    ["role": "assistant", "content": .string(answer.text)],
                ])
            // Nothing is written over, and nothing that was not said.
            #expect(throws: (any Error).self) { try next.save(to: file.path) }
            next.forget()
            #expect(throws: Failure.self) { try next.save(to: folder.appendingPathComponent("new.jsonl").path) }
        }
    }

    @Test func commandsAreToldFromMessages() {
        #expect(ChatCommand("/help") == .help && ChatCommand("  /reset ") == .reset)
        #expect(ChatCommand("/system Be brief. ") == .system("Be brief.") && ChatCommand("/system") == .system(nil))
        #expect(
            ChatCommand("/adapter desk") == .adapter("desk") && ChatCommand("/save a b.jsonl") == .save("a b.jsonl"))
        #expect(ChatCommand("//etc is a folder") == .message("/etc is a folder"))
        #expect(ChatCommand("a /b") == .message("a /b") && ChatCommand("/exit") == .leave)
        for line in ["/save", "/sytem x"] {
            guard case .mistaken = ChatCommand(line) else {
                Issue.record("\(line)")
                continue
            }
        }
    }
}
