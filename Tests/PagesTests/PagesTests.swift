// Pieces of pages: what texts become, how numbers are written, what stands behind a drawing.

import Pages
import Testing

@Suite struct PagesTests {
    @Test func textsCannotBecomeMarkup() {
        let hostile = #"</td><script>alert("1")</script><a href='x'>&amp;"#
        let table = FactTable(caption: hostile, headings: [hostile], rows: [[hostile]]).markup.source
        #expect(!table.contains("<script") && !table.contains("<a "))
        #expect(table.contains("&lt;/td&gt;&lt;script&gt;"))
    }

    @Test func differencesOfTextsAreMarkedWordByWord() {
        let sides = TextDifference.sides("The dog sat here.", "The cat sat here now.")
        #expect(sides.first.source == "The <del>dog</del> sat here.")
        #expect(sides.second.source == "The <ins>cat</ins> sat here<ins> now</ins>.")
        let chinese = TextDifference.sides("今天很好", "今天不好")
        #expect(chinese.first.source == "今天<del>很</del>好")
        #expect(chinese.second.source == "今天<ins>不</ins>好")
    }

    @Test func veryLongTextsStandAsTheyAre() {
        let long = String(repeating: "a b ", count: 2000)
        #expect(TextDifference.sides(long, "b").first.source == long)
    }

    @Test func numbersAreWrittenTheSameEverywhere() {
        #expect([1234567, -1234, 0].map { Figures.count($0) } == ["1,234,567", "-1,234", "0"])
        #expect(
            [0.5, 0.00004, -0.00006, -0.00004, 12.345678, .nan].map(Figures.number) == [
                "0.5000", "0.0000", "-0.0001", "0.0000", "12.3457", "nan",
            ])
        #expect(
            [0.25, -0.25, 0, 0.00004, -0.00004].map(Figures.difference)
                == ["+0.2500", "-0.2500", "0.0000", "0.0000", "0.0000"])
        #expect([0.61, 90, 3725].map(Figures.duration) == ["0.6 s", "1 min 30 s", "1 h 02 min"])
        #expect([0.375, 0, 1, 0.00001].map { Figures.percent($0) } == ["38%", "0%", "100%", "<0.1%"])
        #expect([-0.125, 1.3, 1.0000001].map { Figures.percent($0) } == ["-13%", "130%", "100%"])
        #expect(
            [0.00000044, -0.0025, 0, 0.5, nil].map(Figures.small) == ["4.4e-7", "-2.5e-3", "0.0000", "0.5000", "–"])
        #expect(Figures.scientific(0.000999999) == "1.0e-3")
    }

    @Test func aDrawingHasItsNumbersBehindIt() {
        let drawing = CurveDrawing(
            curves: [
                .init("training", [(1, 3), (2, .nan), (4, 1)], .steps), .init("held out", [(2, 2.5), (4, 2)], .best),
            ], levels: [.init("base", 2.75)], x: "step", y: "loss"
        ).markup.source
        #expect(drawing.contains("<title>loss by step</title>"))
        #expect(
            drawing.contains(
                "training from 3.0000 at 1 to 1.0000 at 4; held out from 2.5000 at 2 to 2.0000 at 4; base 2.7500"))
        // A row for each step that some curve has; what is no number is not drawn.
        #expect(drawing.contains("<tr><th scope=\"row\" dir=\"auto\">2</th><td class=\"number\" dir=\"auto\"></td>"))
        #expect(!drawing.contains("nan"))
        #expect(CurveDrawing(curves: [], x: "step", y: "loss").markup.source.contains("Nothing was measured."))
    }

    @Test func sectionsWithNothingToShowAreFolded() {
        let page = PageFrame(
            kind: "Test", title: "t", name: "t", tiles: [],
            sections: [
                PageSection("a", "Shown", [Markup("p", [:], "content")]),
                PageSection("b", "Empty", nothing: "there is none"),
            ], footer: []
        ).source
        #expect(page.contains("href=\"#a\"") && !page.contains("href=\"#b\""))
        #expect(page.contains("<summary>Nothing to show: Empty</summary>"))
        #expect(page.contains("<dd>there is none</dd>"))
    }
}
