// Rows token by token on a terminal.

import DataReports
import Datasets
import Testing

@Suite struct TokenLinesTests {
    private func lines(_ text: String, trainedFrom start: Int, limit: Int? = nil, covers: Bool = true) -> TokenLines {
        let ids = text.utf8.map { Int32($0) } + [256]
        return TokenLines(
            ids: ids, isTarget: ids.indices.map { $0 >= start }, limit: limit, tokens: ByteEncoder.texts, covers: covers
        )
    }

    @Test func bracketsMarkWhatIsTrained() {
        #expect(lines("ask\nsay", trainedFrom: 4).text(.none) == "ask↵\n⟦say<|end|>⟧")
    }

    @Test func coloursMarkWhatIsTrained() {
        let text = lines("ask\nsay", trainedFrom: 4).text(.ansi)
        #expect(text.contains("\u{1B}[1;32msay"))
        #expect(text.hasSuffix("\u{1B}[0m"))
        #expect(!text.contains("⟦"))
    }

    @Test func tokensThatMakeACharacterTogetherShowItOnce() {
        let lines = lines("药x", trainedFrom: 3)
        #expect(lines.texts == ["药", "", "", "x", "<|end|>"])
        // A border within a character leaves its bytes.
        #expect(self.lines("药", trainedFrom: 1).text(.none) == "⟨E8⟩⟦⟨8D⟩⟨AF⟩<|end|>⟧")
    }

    @Test func controlCharactersCannotSteerTheTerminal() {
        for colours in [TerminalColours.none, .ansi] {
            let text = lines("a\u{1B}]0;x\u{7}\r\u{202E}", trainedFrom: 1).text(colours)
            #expect(text.contains("␛]0;x␇␍⟨U+202E⟩"))
        }
    }

    @Test func personalDataIsHiddenUnlessAskedFor() {
        let text = "Write to ada@example.org, or call."
        #expect(!lines(text, trainedFrom: 3).text(.none).contains("ada"))
        #expect(lines(text, trainedFrom: 3).hiddenCount == 1)
        #expect(!lines(text, trainedFrom: 3).texts.joined().contains("example"))
        #expect(lines(text, trainedFrom: 3, covers: false).text(.none).contains("ada@example.org"))
    }

    @Test func theCutIsShown() {
        let text = lines("abcdef", trainedFrom: 2, limit: 4).text(.none)
        #expect(text == "ab⟦cd⟧\n── max_length 4: what follows is cut away ──\nef<|end|>")
    }
}
