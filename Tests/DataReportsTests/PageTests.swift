// The page: well-formed whatever rows hold, complete, self-contained, and without personal data.

import DataReports
import Datasets
import Foundation
import Preparation
import TestSupport
import Testing

@Suite struct PageTests {
    static let sectionIDs = [
        "warnings", "steps", "bad-rows", "lengths", "supervised", "samples", "losses", "labels", "duplicates",
        "leakage",
        "personal-data", "scripts", "files",
    ]

    private let page = DataReport.withSamples.html(tokens: ByteEncoder.texts)

    @Test func isWellFormed() throws {
        for page in [page, DataReport.example.html(tokens: nil), DataReport.withSamples.html(tokens: nil)] {
            let parsed = try ParsedPage(page)
            #expect(parsed.ids.filter { Self.sectionIDs.contains($0) }.sorted() == Self.sectionIDs.sorted())
            #expect(Set(parsed.ids).count == parsed.ids.count)
            for link in parsed.links where link != "data:," {
                #expect(link.hasPrefix("#") && parsed.ids.contains(String(link.dropFirst())), "\(link)")
            }
        }
    }

    @Test func needsNothingElse() throws {
        let parsed = try ParsedPage(page)
        for name in ["script", "img", "iframe", "object", "embed", "base", "form", "image", "use"] {
            #expect(!parsed.names.contains(name), "\(name)")
        }
        #expect(!page.contains("url(") && !page.contains("@import") && !page.contains("http"))
    }

    @Test func drawingsHaveNames() throws {
        let parsed = try ParsedPage(page)
        #expect(parsed.drawings.contains { $0["role"] == "img" })
        for drawing in parsed.drawings {
            #expect(drawing["aria-hidden"] == "true" || drawing["aria-label"].map { !$0.isEmpty } == true)
        }
    }

    @Test func showsNoPersonalData() {
        for value in DataReport.canaries { #expect(!page.contains(value), "\(value)") }
        #expect(page.contains("▒▒▒"))
    }

    @Test func isTheSameEachTime() throws {
        let again = try DataReport(stored: DataReport.withSamples.storedText())
        #expect(again.html(tokens: ByteEncoder.texts) == page)
    }

    @Test func showsWholeCharactersAndVisibleSpaces() throws {
        #expect(page.contains(#"<i class="j" title="231 + 153 + 189">白</i>"#))
        #expect(page.contains("😀"))
        #expect(page.contains(#"<u class="w"> </u>"#))
        #expect(page.contains("<u class=\"t\">\t</u>"))
        #expect(page.contains("⟨U+202E⟩"))
        #expect(!page.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
        #expect(!page.unicodeScalars.contains("\u{202E}"))
    }

    @Test func differencesAreMarked() {
        #expect(page.contains("one <ins>four</ins> three"))
        #expect(page.contains("one <del>two</del> three"))
    }

    /// What is held out is no loss, and is not drawn as one.
    @Test func heldOutRowsAreNotDrawnAsLeftOut() throws {
        var report = DataReport.example
        report.preparation.split = try JSONDecoder().decode(
            SplitReport.self,
            from: Data(
                #"""
                {"by": "row", "stratifyBy": "ward", "wanted": 30, "heldOut": 30, "units": 100, "groupsOnBothSides": 0,
                 "strata": [{"name": "east", "before": 70, "after": 20}, {"name": "west", "before": 30, "after": 10}]}
                """#.utf8))
        let page = report.html(tokens: nil)
        let start = try #require(page.range(of: "<h3>Split by ward</h3>")).upperBound
        let table = page[start...].components(separatedBy: "</table>")[0]
        #expect(table.contains("To train on") && table.contains("Held out"))
        #expect(table.contains("class=\"held\"") && !table.contains("class=\"cut\""))
        #expect(table.contains("<td class=\"number\">50</td><td class=\"number\">20</td>"))
        // Of the flow's last bar too, a part is held out: with two strata, three bars have one.
        #expect(page.components(separatedBy: "class=\"held\"").count == 4)
    }

    /// Of a long row the middle of each run opens; where the answer begins is shown.
    @Test func longRunsOpenAndTheAnswersBeginningIsShown() throws {
        let builder = ExampleBuilder(
            encoder: ByteEncoder(), renderer: nil,
            settings: DataSettings(
                format: .promptCompletion, columns: [:], labels: [], maxLength: 30_000, tooLong: .truncate,
                trainOnPrompt: false))
        var train = DatasetReport()
        train.format = .promptCompletion
        let row = DataRow(
            content: .completion(prompt: String(repeating: "asked ", count: 1500), completion: "Here it begins."),
            place: RowPlace(file: "a.jsonl", line: 1), index: 0)
        _ = try builder.examples(of: row, counting: &train)
        let page = DataReport(
            name: "long", preparation: PreparationReport(), train: train, tokens: ByteEncoder.texts
        ).html(tokens: ByteEncoder.texts)
        #expect(page.contains("<summary>") && page.contains(" more that are only read</summary>"))
        #expect(page.contains("tokens left out here, 0 of them trained"))
        let folded = try #require(page.range(of: "<details class=\"fold\">", options: .backwards))
        let end = try #require(page[folded.upperBound...].range(of: "</details>"))
        #expect(page[end.upperBound...].contains("<mark><i title=\"72\">H</i>"))
        #expect(!page[folded.lowerBound..<end.upperBound].contains("<mark>"))
    }

    @Test func sectionsWithoutContentAreFolded() {
        let page = DataReport(name: "rows", preparation: PreparationReport()).html(tokens: nil)
        #expect(page.contains("<summary>Nothing to show: Rows through the steps, Bad rows, Lengths"))
        #expect(page.contains("Rows were exported") && !page.contains("href=\"#lengths\""))
    }

    @Test func warningsSayWhatToDo() {
        var report = DataReport.example
        report.train?.droppedRows = 2
        report.train?.rowsWithoutTarget = 1
        report.train?.turnsWithoutEnd = 3
        report.train?.straddlingTokens = 1
        report.train?.answersLeftOut = 1
        for warning in report.warnings {
            #expect(["data.", "mended"].contains { warning.contains($0) }, "\(warning)")
        }
        #expect(report.warnings.count > 8)
    }
}
