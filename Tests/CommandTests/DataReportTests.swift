// The report's files as the command writes them, rows token by token, and what must never be seen.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct DataReports {
        @Test func prepareWritesItsReport() throws {
            try LatheCommand.inFolder { lathe in
                let result = try lathe.json("prepare", "recipe.yaml", "--quiet")
                let written = try JSONValue(parsing: lathe.text("checkpoints/tiny/prepared/report.json"))
                #expect(written["train"]?["rows"] == 24)
                #expect(written["train"] == result["train"])
                let page = try lathe.text("checkpoints/tiny/prepared/report.html")
                #expect(page.hasPrefix("<!DOCTYPE html>"))
                #expect(page.contains("<mark>"))
                let first = try lathe.text("checkpoints/tiny/prepared/report.html")
                _ = try lathe("prepare", "recipe.yaml", "--quiet")
                #expect(try lathe.text("checkpoints/tiny/prepared/report.html") == first)
            }
        }

        @Test(arguments: [[], ["--export", "jsonl"]])
        func aDryRunWritesNothing(form: [String]) throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try lathe.start(["prepare", "recipe.yaml", "--dry-run"] + form).wait()
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("24 to train on, 8 held out"))
                #expect(!lathe.has("checkpoints"))
            }
        }

        @Test func exportWritesItsReport() throws {
            try LatheCommand.inFolder { lathe in
                let result = try lathe.json("prepare", "recipe.yaml", "--export", "jsonl")
                #expect(result["preparation"]?["train_rows"] == 24)
                #expect(
                    try lathe.names(in: "checkpoints/tiny/rows") == [
                        "held_out.jsonl", "manifest.json", "report.html", "report.json", "train.jsonl",
                    ])
                #expect(try lathe.text("checkpoints/tiny/rows/report.html").contains("Rows were exported"))
            }
        }

        // MARK: One row

        @Test func aRowIsShownAsScoreCountsIt() throws {
            try LatheCommand.inFolder { lathe in
                let scored = try lathe.score(LatheCommand.gguf, "--tokens")
                let model = ["--model", LatheCommand.gguf]
                let shown = try lathe.start(["inspect", "held.jsonl", "--example", "3", "--json"] + model).wait().json
                let sequence = try #require(shown["sequences"]?.array?.first)
                #expect(shown["rows_are_numbered_from"] == 0)
                #expect(shown["place"] == "held.jsonl:4")
                #expect(sequence["ids"] == scored[3]["ids"])
                #expect(sequence["tokens"] == scored[3]["tokens"])
                #expect(sequence["target_tokens"] == scored[3]["target_tokens"])
                let texts = try #require(sequence["texts"]?.array).compactMap(\.string)
                #expect(texts.count == sequence["ids"]?.array?.count)
                #expect(texts.joined().contains("was happy to play"))
                let plain = try lathe.start(["inspect", "held.jsonl", "--example", "3"] + model).wait().output
                #expect(plain.contains("⟦") && !plain.contains("\u{1B}"))
                let coloured = try lathe.start(
                    ["inspect", "held.jsonl", "--example", "3", "--color", "always"] + model
                ).wait()
                #expect(coloured.output.contains("\u{1B}[1;32m"))
            }
        }

        @Test func rowsOfARecipeAndOfItsPreparedFileAgree() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe("prepare", "recipe.yaml", "--quiet")
                let fromRecipe = try lathe.json("inspect", "recipe.yaml", "--example", "5", "--held-out")
                let fromFile = try lathe.json(
                    "inspect", "checkpoints/tiny/prepared/examples.h5", "--example", "5", "--held-out")
                #expect(fromRecipe["sequences"] == fromFile["sequences"])
                #expect(fromRecipe["place"] == "held.jsonl:6")
            }
        }

        @Test func aRowThatIsNotThereIsToldWithTheCount() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("inspect", "held.jsonl", "--example", "8", "--model", LatheCommand.gguf)
                    .expectFailure(64, "8 rows", "from 0 to 7")
                try lathe("inspect", "recipe.yaml", "--example", "24").expectFailure(
                    64, "24 training rows", "from 0 to 23")
                try lathe("inspect", "held.jsonl", "--example", "0").expectFailure(64, "--model")
            }
        }

        @Test func unknownRowsAreDescribedWithoutPersonalData() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("odd.csv", "surname,remark,size\nHopper,writes to ada@example.org,3\nNoether,,4\n")
                let result = try lathe.json("inspect", "odd.csv")
                #expect(result["format"] == "unknown")
                #expect(result["rows"] == 2)
                #expect(result["fields"]?.array?.map { $0["name"] } == ["surname", "remark", "size"])
                #expect(result["first_row"]?.string?.contains("writes to [EMAIL]") == true)
            }
        }
    }

    // MARK: What must never be seen

    /// Values of each kind in every place from which a row's text can reach an output.
    @Suite struct MaskedValues {
        private static let values = [
            "grace.hopper@navy.example", "4111 1111 1111 1111", "+44 20 7946 0958", "GB82 WEST 1234 5698 7654 32",
            "219-09-9999", "943 476 5919", "11010519491231002X", "192.168.77.41", "https://root:hunter2@db.example/x",
            "1984-03-17", "MRN-0048213",
        ]

        private static func told(_ value: String) -> String {
            switch value {
            case "219-09-9999": "SSN " + value
            case "943 476 5919": "NHS number " + value
            case "1984-03-17": "born on " + value
            case "MRN-0048213": "medical record number " + value
            default: value
            }
        }

        private static func row(_ prompt: String, _ answer: String, _ more: String = "") -> String {
            let fields = [("prompt", prompt), ("completion", answer)]
            let members = fields.map { "\"\($0.0)\": \(JSONValue.string($0.1).text())" }
            return "{" + members.joined(separator: ", ") + more + "}\n"
        }

        /// Rows that are removed before the mask step, duplicates, near-duplicates, leaks, bad rows, and rows that stay.
        private static var rows: (train: String, heldOut: String) {
            var train = LatheCommand.rows(12, "saw")
            var heldOut = LatheCommand.rows(4, "had")
            for (index, value) in values.enumerated() {
                let told = told(value)
                let text =
                    "The note of person number \(index) says \(told) and then a few more words about the weather of the day"
                train += row(text, "Filed.")
                // Without the words that say what it is: only the mask of the other row knows it.
                train += row(
                    "It reads \(value) here, on page \(index) of the long book that nobody ever read.", "Seen.")
                // An exact and a near-duplicate.
                train += row(text, "Filed.")
                train += row(text + " today", "Filed.")
                // Too short: out before the mask step.
                train += row("x \(told)", "")
                // In a name of a field, in a field that no format reads, in a label.
                train += row(
                    "Plain \(index) words that say nothing of interest to anyone.", "Fine.",
                    ", \"note\": \(JSONValue.string(told).text())")
                // A leak.
                heldOut += row(text, "Filed.")
                // Bad rows: no JSON, a wrong type, a key twice.
                train += "{\"prompt\": \"\(told)\", \"completion\": }\n"
                train += "{\"prompt\": [\"\(told)\"], \"completion\": \"\(told)\"}\n"
                train += "{\"\(told)\": 1, \"\(told)\": 2}\n"
            }
            return (train, heldOut)
        }

        private static let recipe =
            LatheCommand.recipe.replacingOccurrences(
                of: "  held_out: held.jsonl\n",
                with: """
                      held_out: held.jsonl
                      leakage: report
                      max_bad_rows: 1000
                      max_length: 96
                      too_long: truncate
                      steps:
                        - filter: { min_words: 6 }
                        - deduplicate: { by: exact }
                        - deduplicate: { by: near, threshold: 0.7 }
                        - mask: {}
                        - filter: { excludes: "page 3 of" }
                        - deduplicate: { by: normalised }

                    """)

        private func expectNone(_ texts: [(String, String)], sourceLocation: SourceLocation = #_sourceLocation) {
            for (name, text) in texts {
                for value in Self.values {
                    #expect(!text.contains(value), "\(value) stands in \(name)", sourceLocation: sourceLocation)
                }
            }
        }

        @Test func noOutputHoldsAMaskedValue() throws {
            try LatheCommand.inFolder { lathe in
                let rows = Self.rows
                try lathe.write("train.jsonl", rows.train)
                try lathe.write("held.jsonl", rows.heldOut)
                try lathe.write("recipe.yaml", Self.recipe)
                var texts: [(String, String)] = []
                for form in [[], ["--export", "jsonl"], ["--dry-run"], ["--json"]] {
                    let outcome = try lathe.start(["prepare", "recipe.yaml"] + form).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(outcome.output.contains("mask"))
                    texts += [("output of \(form)", outcome.output), ("errors of \(form)", outcome.errors)]
                }
                for folder in ["prepared", "rows"] {
                    for file in ["report.json", "report.html"] {
                        texts.append((folder + "/" + file, try lathe.text("checkpoints/tiny/\(folder)/\(file)")))
                    }
                }
                for number in ["12", "13", "20"] {
                    let outcome = try lathe("inspect", "recipe.yaml", "--example", number)
                    texts += [("inspect", outcome.output), ("inspect's errors", outcome.errors)]
                }
                expectNone(texts)
                #expect(texts.contains { $0.1.contains("[EMAIL]") })
            }
        }

        @Test func errorsQuoteNoPersonalData() throws {
            try LatheCommand.inFolder { lathe in
                var texts: [(String, String)] = []
                for value in Self.values {
                    let told = Self.told(value)
                    try lathe.write(
                        "train.jsonl", "{\"text\": \"a b c\", \"label\": \(JSONValue.string(told).text())}\n")
                    for command in [
                        ["prepare", "recipe.yaml", "--set", "data.labels=[yes, no]"],
                        ["prepare", "recipe.yaml", "--set", "data.held_out=[]", "--set", "data.format=chat"],
                        ["inspect", "train.jsonl"],
                    ] {
                        let outcome = try lathe.start(command).wait()
                        texts += [("output of \(command)", outcome.output), ("errors of \(command)", outcome.errors)]
                    }
                    try lathe.write("keys.jsonl", "{\(JSONValue.string(told).text()): 1}\n{\"a\": \"\(told)}\n")
                    for command in [
                        ["inspect", "keys.jsonl"], ["prepare", "recipe.yaml", "--set", "data.train=keys.jsonl"],
                    ] {
                        let outcome = try lathe.start(command).wait()
                        texts += [("output of \(command)", outcome.output), ("errors of \(command)", outcome.errors)]
                    }
                }
                expectNone(texts)
            }
        }
    }
}
