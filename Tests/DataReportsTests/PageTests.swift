// The page: well-formed whatever rows hold, complete, self-contained, and without personal data.

import DataReports
import Datasets
import Foundation
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
}
