// The page of a run: complete, well-formed whatever rows hold, self-contained, and with the numbers of the report.

import Foundation
import JSON
import RunReports
import TestSupport
import Testing

@Suite struct RunPageTests {
    private static let sections = [
        "verdict", "distillation", "curves", "health", "warnings", "answers", "changed", "slices", "labels", "lengths",
        "merge", "exports", "cost", "again",
    ]

    @Test(arguments: RecordedRun.allCases) func hasEachSectionAndNeedsNothingElse(_ run: RecordedRun) throws {
        let html = try run.page().html
        let parsed = try ParsedPage(html)
        #expect(parsed.ids.filter { Self.sections.contains($0) }.sorted() == Self.sections.sorted())
        #expect(Set(parsed.ids).count == parsed.ids.count)
        for link in parsed.links where link != "data:," {
            #expect(link.hasPrefix("#") && parsed.ids.contains(String(link.dropFirst())), "\(link)")
        }
        for name in ["script", "img", "iframe", "object", "embed", "base", "form", "image", "use"] {
            #expect(!parsed.names.contains(name), "\(name)")
        }
        #expect(!html.contains("http:") && !html.contains("https:"))
        #expect(!html.contains("url(") && !html.contains("@import"))
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        for drawing in parsed.drawings {
            #expect(drawing["aria-hidden"] == "true" || drawing["aria-label"].map { !$0.isEmpty } == true)
        }
        // All but the table of bars, whose numbers stand in the one above it.
        #expect(parsed.captions.count { !$0 } <= 1)
    }

    @Test func foldsWhatARunDoesNotHave() throws {
        func shown(_ run: RecordedRun) throws -> [String] {
            let html = try run.page().html
            return Self.sections.filter { html.contains("<section id=\"\($0)\"") }
        }
        #expect(
            try shown(.sentences) == [
                "verdict", "curves", "warnings", "answers", "changed", "slices", "lengths", "merge", "exports", "cost",
                "again",
            ])
        #expect(
            try shown(.classes) == [
                "verdict", "curves", "warnings", "answers", "changed", "labels", "lengths", "cost", "again",
            ])
        let empty = try ParsedPage(RunPage(report: [:]) { $0 }.html)
        #expect(empty.ids.filter { Self.sections.contains($0) }.sorted() == Self.sections.sorted())
    }

    @Test func showsTheNumbersOfTheReport() throws {
        let html = try RecordedRun.sentences.page().html
        let report = try RecordedRun.sentences.json("report.json")
        func shown(_ value: JSONValue?) throws -> String { String(format: "%.4f", try #require(value?.double)) }
        let evaluation = try #require(report["evaluation"])
        for value in [
            evaluation["base"]?["loss"], evaluation["adapter"]?["loss"], evaluation["difference"]?["ci95"]?.array?[0],
            evaluation["metrics"]?["rouge_l"]?["adapter"], evaluation["slices"]?["kind"]?["0"]?["base"]?["loss"],
            evaluation["sets"]?["shop"]?["adapter"]?["loss"], report["merge"]?["delta_norm"],
        ] { #expect(html.contains(try shown(value)), "\(value as Any)") }
        for text in [
            try #require(report["adapter_sha256"]?.string), "lathe run &#39;my recipe.yaml&#39;", "Certificate of gguf",
            "<code>name: sentences",
            "Certificate of the merge", "base \(try shown(evaluation["base"]?["loss"]))", "Forgetting: ",
        ] { #expect(html.contains(text), "\(text)") }
        #expect(html.contains("Nothing to show: Distillation, Health, Classes"))
    }

    @Test func showsClassesAndWhatTheyWereTakenFor() throws {
        let html = try RecordedRun.classes.page().html
        #expect(html.contains("adapter: labels as they are, by row, and what they were taken for, by column"))
        #expect(html.contains("McNemar: the adapter alone is right on"))
        #expect(html.contains("macro average"))
        // Eleven rows of the second label are taken for what they are.
        #expect(html.contains("<span class=\"shade right s10\">11</span>"))
        #expect(html.contains("<span class=\"shade wrong s10\">9</span>"))
    }

    @Test(arguments: RecordedRun.allCases) func textsOfRowsCannotBecomeMarkup(_ run: RecordedRun) throws {
        let hostile = #"</p><script>alert('x')</script><img src="http://a" onerror="b">&lt;\#u{202E}\#u{0}"#
        var page = try run.page()
        func change(_ text: String) -> String { text + hostile }
        page.report = page.report.mapped(change)
        let slice: JSONValue = ["base": ["loss": 1.0], "metrics": [:]]
        page.report = page.report.with(["evaluation", "slices", hostile, hostile], slice)
        page.report = page.report.with(["evaluation", "sets", hostile], slice)
        page.identity = page.identity.mapped(change)
        (page.answers, page.scores) = (page.answers.map { $0.mapped(change) }, page.scores)
        page.recipe += hostile
        page.command += hostile
        let html = page.html
        let parsed = try ParsedPage(html)
        #expect(!parsed.names.contains("script") && !parsed.names.contains("img"))
        #expect(html.contains("&lt;script&gt;"))
        #expect(!html.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
        #expect(!html.unicodeScalars.contains("\u{202E}"))
    }

    @Test func coversWhatIsNotToBeShown() throws {
        let page = try RecordedRun.sentences.page { $0.replacingOccurrences(of: "Tom", with: "[name]") }
        let html = page.html
        #expect(try RecordedRun.sentences.page().html.contains("Tom"))
        #expect(html.contains("[name]") && !html.contains("Tom"))
    }

    @Test func saysWhatItCost() throws {
        var page = try RecordedRun.classes.page()
        #expect(page.html.contains("Energy is not known"))
        page.report = page.report.with(
            ["stages"],
            [
                ["name": "train", "peak_memory_bytes": 71_000_000, "seconds": 90.0, "joules": 5400.0],
                ["name": "evaluate", "peak_memory_bytes": 72_000_000, "seconds": 30.0, "joules": 1800.0],
            ])
        let html = page.html
        #expect(html.contains("2 min 0 s") && html.contains("1 min 30 s"))
        #expect(html.contains("1.5 Wh") && html.contains("2.0 Wh") && html.contains("1,800 J"))
        #expect(html.contains("<dd class=\"detail\">trained in 1 min 30 s</dd>"))
        #expect(!html.contains("Energy is not known"))
    }

    @Test func distillationStandsBesideItsTeacher() throws {
        var page = RunPage(report: [:]) { $0 }
        page.report = [
            "distillation": [
                "sides": [
                    "student": ["loss": 1.5, "bytes": 2_000_000], "teacher": ["loss": 1.25, "bytes": 9_000_000],
                ],
                "student_against": [
                    "teacher": ["loss": ["difference": 0.25, "ci95": [0.125, 0.5], "verdict": "worse"]]
                ],
                "share_of_lead": 1.3, "verdict": "not good", "faults": ["it writes the half"],
            ]
        ]
        let section = try #require(page.html.components(separatedBy: "<section id=\"distillation\"").last)
        func cells(_ name: String, _ values: [String]) -> String {
            "<th scope=\"row\" dir=\"auto\">\(name)</th>"
                + values.map { "<td class=\"number\" dir=\"auto\">\($0)</td>" }.joined()
        }
        #expect(section.contains(cells("loss", ["1.5000", "1.2500"])))
        #expect(section.contains(cells("bytes", ["2.0 MB", "9.0 MB"])))
        #expect(section.contains("Student against teacher") && section.contains("+0.1250 to +0.5000"))
        #expect(section.contains("not good, 130% of the teacher&#39;s lead") && section.contains("it writes the half"))
    }

    @Test func healthIsToldWithWhatToDo() throws {
        var page = try RecordedRun.classes.page()
        page.report = page.report.with(
            ["health"],
            [
                [
                    "name": "rate_too_high", "words": "the loss rose", "step": 4, "evidence": ["loss": 9.5],
                    "key": "train.learning_rate", "advice": "a tenth of it",
                ]
            ])
        let html = page.html
        #expect(html.contains("<section id=\"health\"") && html.contains("rate too high"))
        #expect(html.contains("<code>train.learning_rate</code>: a tenth of it") && html.contains("9.5000"))
    }

    @Test func rowsAreGainedAndLostByTheFirstMetric() throws {
        func row(_ index: Int, _ metric: Double, _ loss: Double) -> JSONValue {
            [
                "index": .integer(index), "place": .string("held.jsonl:\(index)"), "prompt": "asked",
                "base": ["text": "a b", "loss": 1.0], "adapter": ["text": "a c", "loss": 1.0],
                "change": ["exact_match": .double(metric), "loss": .double(loss)],
            ]
        }
        var page = RunPage(report: [:]) { $0 }
        page.answers = [row(1, 0, -5), row(2, 1, 0.5), row(3, -1, -0.5), row(4, 1, -0.5)]
        page.scores = [
            [
                "metrics": [
                    ["name": "exact_match", "higher_is_better": true], ["name": "loss", "higher_is_better": false],
                ]
            ],
            ["row": "r1", "exact_match": [[0, 1], [1, 1]], "loss": [[4, 2], [8, 2]]],
            ["row": "r2", "exact_match": [[0, 1], [0, 1]], "loss": [[4, 2], [2, 2]]],
            ["row": "r3", "exact_match": [nil, nil], "loss": [[4, 2], [4, 2]]],
        ]
        let html = page.html
        let start = try #require(html.range(of: "<section id=\"changed\"")).upperBound
        let section = html[start...]
        // Of two that gained as much, the one whose loss fell more stands first; what only the loss moved is neither.
        let gained = try #require(section.range(of: "Gained most")), lost = try #require(section.range(of: "Lost most"))
        let first = try #require(section.range(of: "held.jsonl:4")),
            second = try #require(section.range(of: "held.jsonl:2"))
        let third = try #require(section.range(of: "held.jsonl:3"))
        #expect(gained.lowerBound < first.lowerBound && first.lowerBound < second.lowerBound)
        #expect(second.lowerBound < lost.lowerBound && lost.lowerBound < third.lowerBound)
        #expect(!section.contains("held.jsonl:1"))
        #expect(section.contains("a <del>b</del>") && section.contains("a <ins>c</ins>"))
        func cells(_ name: String, _ counts: [Int]) -> String {
            "<th scope=\"row\" dir=\"auto\">\(name)</th>"
                + counts.map { "<td class=\"number\" dir=\"auto\">\($0)</td>" }.joined()
        }
        #expect(section.contains(cells("exact match", [1, 1, 0])))
        #expect(section.contains(cells("loss", [1, 1, 1])))
    }

    /// A run that went back to a checkpoint did some steps twice: the last time counts. Very many steps are drawn as means.
    @Test func curvesCountEachStepOnce() throws {
        func step(_ number: Int, _ loss: Double) -> JSONValue {
            ["event": "step", "step": .integer(number), "loss": .double(loss), "tokens": 10]
        }
        var page = RunPage(report: [:]) { $0 }
        page.events = [step(1, 3), step(2, 9), step(2, 2), ["event": "evaluated", "step": 2, "loss": 2.5]]
        #expect(page.html.contains("training loss from 3.0000 at 1 to 2.0000 at 2; held-out loss from 2.5000 at 2"))
        #expect(
            page.html.contains(
                "<tr><th scope=\"row\" dir=\"auto\">tokens</th><td class=\"number\" dir=\"auto\">20</td></tr>"))
        // Only the last part of a run that was gone on with says how long it took: that is not the time of all steps.
        let parts: [JSONValue] = [
            ["event": "training_started", "from_step": 0], step(1, 3), ["event": "interrupted", "step": 1],
            ["event": "training_started", "from_step": 1], step(2, 2),
            ["event": "finished", "step": 2, "seconds": 5.0],
        ]
        page.events = parts
        #expect(!page.html.contains("time of the steps"))
        page.events = [parts[0], parts[1], parts[4], parts[5]]
        #expect(page.html.contains("time of the steps") && page.html.contains("5.0 s"))
        page.events = (1...1000).map { step($0, Double($0)) }
        #expect(page.html.contains("Loss by step, each point the mean of 5 steps"))
        #expect(page.html.contains("training loss from 3.0000 at 5 to 998.0000 at 1,000"))
    }

    @Test func isTheSameEachTime() throws {
        #expect(try RecordedRun.sentences.page().html == RecordedRun.sentences.page().html)
    }
}
