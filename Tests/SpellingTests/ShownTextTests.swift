import Foundation
import Spelling
import Testing

@Suite struct ShownTextTests {
    /// Silent failure: an escape sequence of a file is obeyed by the terminal.
    @Test(arguments: ["\u{1B}[2J", "\u{07}", "\u{7F}", "\u{9B}31m", "\u{202E}", "\u{2028}", "a\rb", "\u{1B}]0;x\u{07}"])
    func nothingIsObeyed(text: String) {
        for shown in [ShownText.name("x" + text), ShownText.message("x" + text), ShownText.whole("x" + text)] {
            #expect(!shown.unicodeScalars.contains { $0.isUnprintable }, "\(shown)")
            #expect(shown.hasPrefix("x"))
        }
        #expect(!ShownText.json("\"\(text)\"").unicodeScalars.contains { $0.isUnprintable })
    }

    @Test func lineBreaksAreAMessagesOwnAndNoNames() {
        #expect(ShownText.message("a\n\tb") == "a\n\tb")
        #expect(ShownText.name("a\nerror: b") == "a␊error: b")
        #expect(ShownText.name("naïve 文字 👩‍👩‍👧") == "naïve 文字 👩‍👩‍👧")
    }

    @Test func jsonReadsTheSame() throws {
        let text = ShownText.json("{\n  \"a\u{9B}\u{202E}\u{E0041}\": 1\n}")
        #expect(text == "{\n  \"a\\u009b\\u202e\\udb40\\udc41\": 1\n}")
        let read = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Int]
        #expect(read == ["a\u{9B}\u{202E}\u{E0041}": 1])
    }

    /// Silent failure: one text of a file fills the screen.
    @Test func longTextsAreCut() {
        let name = ShownText.name(String(repeating: "é", count: 1000))
        #expect(name.hasSuffix("… (600 more characters)"))
        #expect(ShownText.message(String(repeating: "x\n", count: 1000)).hasSuffix("… (601 more lines)"))
        #expect(ShownText.message(String(repeating: "x", count: 100_000)).count < 2100)
    }
}
