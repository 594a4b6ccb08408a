import DataReports
import Testing

@Suite struct ProgressLineTests {
    private static let line = ProgressLine([
        .init("   step 12345/20000", .essential), .init(" loss 12.3456", .result), .init(" lr 2.0e-04", .detail),
        .init(" norm 12.34", .detail), .init(", 12345 tokens/s", .rate), .init(", 62% of all", .share),
        .init(", 1 h 05 min left", .essential),
    ])

    @Test(arguments: 40...120) func theTimeLeftIsWholeWhateverTheWidth(columns: Int) {
        let text = Self.line.text(columns: columns)
        #expect(TerminalLine.width(text) <= columns)
        #expect(text.hasPrefix("   step 12345/20000") && text.hasSuffix(", 1 h 05 min left"))
        #expect(!text.contains("…") && text.contains("loss") == (columns >= 49))
    }

    @Test func whatMattersLeastGoesFirst() {
        #expect(Self.line.text(columns: 120) == Self.line.text)
        #expect(
            Self.line.text(columns: 90)
                == "   step 12345/20000 loss 12.3456 lr 2.0e-04, 12345 tokens/s, 62% of all, 1 h 05 min left")
        #expect(
            Self.line.text(columns: 79)
                == "   step 12345/20000 loss 12.3456, 12345 tokens/s, 62% of all, 1 h 05 min left")
        #expect(Self.line.text(columns: 70) == "   step 12345/20000 loss 12.3456, 62% of all, 1 h 05 min left")
    }
}
