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

    /// Colours take no room, say nothing of their own, and are left out of what is cut.
    @Test(arguments: [1, 20, 49, 70, 120]) func coloursChangeNoWord(columns: Int) {
        let line = ProgressLine([
            .init("   step 12345/20000", .essential), .init(" loss 12.3456", .result, .strong),
            .init(" ▇▅▁", .rate, .curve), .init(" lr 2.0e-04", .detail, .calm), .init(", 1 h 05 min left", .essential),
        ])
        let painted = line.text(columns: columns, hasColours: true)
        let plain = painted.replacing(#/\u{1B}\[\d+m/#, with: "")
        #expect(plain == line.text(columns: columns))
        #expect(TerminalLine.width(plain) <= columns)
        #expect(painted.contains("\u{1B}[1m loss 12.3456\u{1B}[0m") == (columns >= 49))
    }
}

@Suite struct TerminalCurveTests {
    private func curve(_ values: [Double]) -> TerminalCurve {
        values.reduce(into: TerminalCurve()) { $0.add($1) }
    }

    @Test func goesFromTheHighestToTheLowest() {
        #expect(curve([8, 7, 6, 5, 4, 3, 2, 1]).text(columns: 12) == "█▇▆▅▄▃▂▁")
        #expect(curve([3, 3, 3]).text(columns: 12) == "▁▁▁")
        #expect(curve([3]).text(columns: 12) == "" && curve([]).text(columns: 12) == "")
        #expect(curve([2, .nan, .infinity, 1]).text(columns: 12) == "█▁")
    }

    /// However long a run is, its whole course fits, and its beginning stays at the left.
    @Test(arguments: [12, 255, 256, 257, 10_000]) func holdsTheWholeCourse(count: Int) {
        let text = curve((0..<count).map { Double(count - $0) }).text(columns: 12)
        #expect(text.count == 12 && text.first == "█" && text.last == "▁")
        #expect(zip(text, text.dropFirst()).allSatisfy { $0 >= $1 })
    }
}
