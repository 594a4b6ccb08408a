// `lathe init` and `lathe models`: from rows that nobody has said anything about to a recipe that runs.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Beginnings {
        /// A kind of rows: as a file has them, and what is to be found in them.
        struct Kind: Sendable, CustomTestStringConvertible {
            let file: String
            let task: String
            /// One row, by its number.
            let row: @Sendable (Int) -> String
            /// What the recipe must say, line by line.
            var recipe: [String] = []

            var testDescription: String { file }

            var text: String { (file.hasSuffix(".csv") ? header : "") + (0..<40).map { row($0) + "\n" }.joined() }
            private var header: String { file.hasPrefix("reviews") ? "id,review,sentiment\n" : "question,answer\n" }
        }

        static let kinds: [Kind] = [
            Kind(
                file: "talks.jsonl", task: "chat",
                row: {
                    #"{"messages": [{"role": "user", "content": "Tom saw \#($0)?"}, {"role": "assistant", "content": "Yes \#($0)."}]}"#
                }, recipe: ["  format: chat", "  too_long: truncate_prompt"]),
            Kind(
                file: "shared.jsonl", task: "chat",
                row: {
                    #"{"conversations": [{"from": "human", "value": "Hi \#($0)"}, {"from": "gpt", "value": "Ho \#($0)"}]}"#
                },
                recipe: ["  format: sharegpt"]),
            Kind(
                file: "faq.csv", task: "prompt_completion",
                row: { "\"Where is, say, parcel \($0)?\",It is in van \($0)." },
                recipe: ["  columns: { prompt: question, completion: answer }", "  val_size: 0.2"]),
            // Names that tell by one of their words, and a number that is nothing to learn.
            Kind(
                file: "desk.jsonl", task: "prompt_completion",
                row: {
                    #"{"ticket_id": "T\#($0)", "customer_message": "Where is \#($0)?", "desk_answer": "It is in van \#($0)."}"#
                },
                recipe: ["  columns: { prompt: customer_message, completion: desk_answer }"]),
            Kind(
                file: "tasks.jsonl", task: "prompt_completion",
                row: { #"{"instruction": "Add", "input": "\#($0) and 1", "output": "\#($0 + 1)"}"# },
                recipe: ["  format: alpaca"]),
            Kind(
                file: "reviews.csv", task: "classification",
                row: {
                    "\($0),Tom said that the lamp number \($0) was \($0 % 2 == 0 ? "good" : "bad"),\($0 % 2 == 0 ? "good" : "bad")"
                },
                recipe: [
                    "task: classify", "  columns: { text: review, label: sentiment }",
                    "  split: { stratify_by: sentiment }",
                ]),
            Kind(
                file: "numbers.jsonl", task: "regression",
                row: { #"{"text": "Tom had \#($0) cats", "score": \#($0).5}"# }, recipe: ["task: regress"]),
            Kind(
                file: "topics.jsonl", task: "classification",
                row: {
                    #"{"text": "Tom had \#($0) cats", "labels": [\#($0 % 3 == 0 ? "" : #""cats", "t\#($0 % 2)""#)]}"#
                },
                recipe: ["task: classify", "  multi_label: true", "  columns: { label: labels }"]),
            // A list of messages under another name, and a score under a name of a text that is not known.
            Kind(
                file: "turns.jsonl", task: "chat",
                row: {
                    #"{"id": \#($0), "turns": [{"role": "user", "content": "Hi \#($0)"}, {"role": "assistant", "content": "Ho"}]}"#
                }, recipe: ["  format: chat", "  columns: { messages: turns }"]),
            Kind(
                file: "marks.jsonl", task: "regression",
                row: { #"{"day": "2024-01-\#(10 + $0)", "work": "Tom had \#($0) cats", "score": "\#($0).5"}"# },
                recipe: ["task: regress", "  columns: { text: work, label: score }"]),
            Kind(
                file: "words.jsonl", task: "spans",
                row: { #"{"tokens": ["Tom", "saw", "\#($0)"], "tags": ["B-NAME", "O", "O"]}"# }, recipe: ["task: tag"]),
            Kind(
                file: "pairs.jsonl", task: "preference",
                row: { #"{"prompt": "Is \#($0) big?", "chosen": "It is \#($0).", "rejected": "No \#($0)."}"# },
                recipe: ["  objective: dpo"]),
            Kind(
                file: "rated.jsonl", task: "rated",
                row: { #"{"prompt": "Is \#($0) big?", "completion": "It is \#($0).", "label": \#($0 % 3 == 0)}"# },
                recipe: ["  objective: kto"]),
            Kind(
                file: "near.jsonl", task: "pairs",
                row: { #"{"anchor": "Tom saw \#($0)", "positive": "\#($0) was seen"}"# }, recipe: ["task: embed"]),
            Kind(
                file: "stories.txt", task: "text", row: { "Tom saw a ball and \($0) cats in the park." },
                recipe: ["  format: text", "  too_long: chunk"]),
        ]

        @Test(arguments: kinds) func aRecipeForEachKindOfRowsIsWhole(kind: Kind) throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try lathe.write(kind.file, kind.text)
                let found = try lathe.json("init", kind.file, "--output", "r.yaml", "--base", TinyModel.chat.path)
                #expect(found["task"] == .string(kind.task) && found["rows"] == 40)
                let lines = try lathe.text("r.yaml").split(separator: "\n")
                for line in kind.recipe { #expect(lines.contains(line[...]), "\(line)") }
                // Every key stands below what it means.
                for (before, line) in zip(lines, lines.dropFirst()) where line.hasSuffix(":") == false {
                    guard line.contains(": "), !line.contains("#"), !line.contains("- ") else { continue }
                    #expect(before.contains("# "), "\(line)")
                }
                #expect(try lathe.json("recipe", "check", "r.yaml")["valid"] == true)
            }
        }

        /// The plan opens, tokenises and counts what a run would.
        @Test(arguments: ["faq.csv", "reviews.csv"]) func theRecipeRuns(file: String) throws {
            let kind = try #require(Self.kinds.first { $0.file == file })
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try lathe.write(file, kind.text)
                #expect(try lathe("init", file, "--base", TinyModel.chat.path).code == 0)
                let name = file.replacing(".csv", with: ".yaml")
                let plan = try lathe.json("plan", name)
                #expect(plan["dropped_rows"] == 0 && plan["truncated_rows"] == 0)
                #expect(try #require(plan["steps"]?.integer) > 0 && plan["held_out_rows"]?.integer ?? 0 > 0)
            }
        }

        @Test func whatIsInTheWayStays() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try lathe.write("faq.csv", Self.kinds[2].text)
                let base = TinyModel.chat.path
                #expect(try lathe("init", "faq.csv", "--base", base).code == 0)
                let first = try lathe.text("faq.yaml")
                try lathe("init", "faq.csv", "--base", base).expectFailure(74, "faq.yaml", "--force")
                // Its own, and unchanged.
                #expect(try lathe("init", "faq.csv", "--base", base, "--task", "pairs", "--force").code == 0)
                #expect(try lathe.text("faq.yaml") != first && lathe.text("faq.yaml").contains("task: embed"))
                // Changed by a person.
                let changed = try lathe.text("faq.yaml").replacing("seed: 42", with: "seed: 43")
                try lathe.write("faq.yaml", changed)
                try lathe("init", "faq.csv", "--base", base, "--force").expectFailure(74, "faq.yaml", "changed since")
                #expect(try lathe.text("faq.yaml") == changed)
            }
        }

        @Test func whatTheRowsCannotBeIsRefusedByName() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try lathe.write("faq.csv", Self.kinds[2].text)
                try lathe("init", "faq.csv", "--task", "preference").expectFailure(65, "preference", "\"question\"")
                try lathe("init", "faq.csv", "--base", "nowhere").expectFailure(66, "nowhere")
                try lathe("init", "missing.csv").expectFailure(66, "missing.csv")
                try lathe.write("few.csv", "text\na\nb\n")
                try lathe("init", "few.csv").expectFailure(65, "few.csv", "too few")
                try lathe.write("same.csv", "text\n" + String(repeating: "a\nb\nc\n", count: 9))
                try lathe("init", "same.csv").expectFailure(65, "27 rows, of which 24 say", "too few")
                #expect(!lathe.has("faq.yaml") && !lathe.has("few.yaml"))
            }
        }

        /// Personal data and repeated rows are told, and the recipe does something about them; held-out rows beside the file are taken.
        @Test func whatIsFoundInTheRowsIsActedOn() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                let rows = (0..<30).map {
                    #"{"prompt": "Write to tom\#($0 / 2)@example.org please.", "completion": "I have written to him, \#($0 / 2)."}"#
                        + "\n"
                }
                try lathe.write("train.jsonl", rows.joined())
                try lathe.write("test.jsonl", rows.suffix(4).joined())
                let found = try lathe.json("init", "train.jsonl", "--output", "r.yaml", "--base", TinyModel.chat.path)
                #expect(found["repeated_rows"] == 15 && found["personal_data"]?["email"] == 30)
                #expect(found["languages"]?["English"]?.integer ?? 0 > 20)
                let recipe = try lathe.text("r.yaml")
                for words in ["deduplicate: { by: normalised }", "mask: { kinds: [", "held_out: test.jsonl"] {
                    #expect(recipe.contains(words), "\(words)")
                }
                // A recipe goes on paper: nothing that is masked stands in it.
                #expect(!recipe.contains("@example.org"))
            }
        }

        /// A few rows that the form cannot read are told, and the recipe lets them be; many are an error.
        @Test func rowsThatCannotBeReadAreTold() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                let talk = { (role: String, number: Int) in
                    #"{"messages": [{"role": "user", "content": "Hi \#(number)"}, "#
                        + #"{"role": "\#(role)", "content": "Ho \#(number)"}]}"# + "\n"
                }
                let good = (0..<39).map { talk("assistant", $0) }.joined()
                let base = TinyModel.chat.path
                try lathe.write("few.jsonl", good + talk("user", 1))
                #expect(try lathe("init", "few.jsonl", "--base", base).code == 0)
                let recipe = try lathe.text("few.yaml")
                #expect(recipe.contains("  max_bad_rows: 4") && recipe.contains("few.jsonl:40"), "\(recipe)")
                try lathe.write("many.jsonl", good + talk("user", 1) + talk("user", 2) + talk("user", 3))
                try lathe("init", "many.jsonl", "--base", base).expectFailure(65, "3 of 42 rows", "many.jsonl:40")
                #expect(!lathe.has("many.yaml"))
                // Another task is proposed where there is one.
                let same = (0..<8).map { #"{"prompt": "Is it \#($0)?", "chosen": "Yes.", "rejected": "Yes."}"# + "\n" }
                try lathe.write("same.jsonl", same.joined())
                let refused = try lathe("init", "same.jsonl", "--base", base)
                #expect(refused.code == 65 && !refused.errors.contains("--task"), "\(refused.errors)")
            }
        }

        /// Rows in which a cell is empty that each must have are left out by a step, however many they are.
        @Test func rowsWithEmptyCellsAreLeftOut() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                // Names of columns in the language of their rows, a cell in four without its answer, one of white space.
                let rows = (0..<40).map { row in
                    "Wo ist Paket \(row)?,\(row % 4 > 0 ? "Das ist im Wagen \(row)." : row == 8 ? "  " : "")\n"
                }
                try lathe.write("fragen.csv", "Frage,Antwort\n" + rows.joined())
                let found = try lathe.json("init", "fragen.csv", "--base", TinyModel.chat.path)
                #expect(found["task"] == "prompt_completion" && found["rows_without"] == ["Antwort": 10])
                #expect(try lathe.text("fragen.yaml").contains(#"filter: { fields: [Antwort], matches: "\\S" }"#))
                let plan = try lathe.json("plan", "fragen.yaml")
                #expect((plan["rows"]?.integer ?? 0) + (plan["held_out_rows"]?.integer ?? 0) == 30, "\(plan.text())")
            }
        }

        /// Short texts under names that say nothing may be answers, and a base is proposed that was made for the rows' language.
        @Test func whatIsNotLikelyIsPossible() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try lathe.write(
                    "x.csv", "eins,zwei\n" + (0..<8).map { "Где посылка \($0)?,да \($0)\n" }.joined())
                let found = try lathe.json("init", "x.csv")
                #expect(found["task"] == "text" && found["possible_tasks"] == ["text", "prompt_completion"])
                #expect(found["base"] == "checkpoints/base/Qwen2.5-0.5B-Instruct" && found["base_is_there"] == false)
                // A number among texts makes them no numbers.
                let long = String(repeating: "so it goes ", count: 8)
                let rows = (0..<8).map { "\(long)\($0),\($0 % 2 == 0 ? "ja" : "nein")\n" }.joined()
                try lathe.write("y.csv", "eins,zwei\n0800 123456,ja\n" + rows)
                #expect(try lathe.json("init", "y.csv")["task"] == "classification")
            }
        }

        /// What is read in one way and may be meant in another is told; dates and amounts alone are nothing to learn.
        @Test func whatMayBeMeantOtherwiseIsTold() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                let base = TinyModel.chat.path
                func doubts(_ file: String, _ text: String) throws -> [String] {
                    try lathe.write(file, text)
                    let found = try lathe.json("init", file, "--base", base, "--force")
                    return try #require(found["doubts"]?.array).compactMap(\.string)
                }
                let rows = (0..<12).map { "Tom saw the cat \($0) again,\($0 % 2 == 0 ? "good" : "bad")\n" }.joined()
                #expect(try doubts("named.csv", "text,label\n" + rows) == [])
                #expect(try doubts("bare.csv", rows).map { $0.contains("data.column_names") } == [true])
                let classes = (0..<12).map { "Tom \($0),\($0 % 2 == 0 ? "good" : "bad")\n" }.joined()
                #expect(try doubts("classes.csv", classes).map { $0.contains("data.column_names") } == [true])
                let words = (0..<12).map { "Tom\tB-NAME\nsaw\tO\n\($0)\tO\n\n" }.joined()
                #expect(try doubts("words.txt", words).map { $0.contains("data.layout=tsv") } == [true])
                #expect(try doubts("words.conll", words) == [])
                #expect(try doubts("plain.txt", words.replacing("\t", with: " ")) == [])
                let days = (0..<9).map { "\($0),2024-01-0\($0),\"\($0),50\"\n" }.joined()
                try lathe.write("days.csv", "id,day,paid\n" + days)
                try lathe("init", "days.csv", "--base", base).expectFailure(65, "no columns are known", "\"day\"")
            }
        }

        /// What a person says of how a file is read holds for the look at it, and stands in the recipe.
        @Test func howAFileIsReadCanBeSaid() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                func look(_ file: String, _ text: String, _ keys: String...) throws -> JSONValue {
                    try lathe.write(file, text)
                    let sets = keys.flatMap { ["--set", $0] }
                    return try lathe.start(
                        ["init", file, "--json", "--base", TinyModel.chat.path, "--output", file + ".yaml"] + sets
                    ).wait().json
                }
                let bare = (0..<12).map { "Is Tom at \($0)?|He is, at \($0).\n" }.joined()
                let asked = try look(
                    "bare.md", bare, "data.layout=csv", "data.separator=|", "data.column_names=[question, answer]")
                #expect(asked["rows"] == 12 && asked["task"] == "prompt_completion" && asked["doubts"] == [])
                let plan = try lathe.json("plan", "bare.md.yaml")
                #expect((plan["rows"]?.integer ?? 0) + (plan["held_out_rows"]?.integer ?? 0) == 12, "\(plan.text())")
                let list = (0..<6).map { #"{"q": "Is it \#($0)?", "a": "It is."}"# }.joined(separator: ",")
                let lists = #"{"train": [\#(list)], "test": [\#(list)]}"#
                try lathe.write("lists.json", lists)
                try lathe("init", "lists.json").expectFailure(65, "data.records", "\"train\", \"test\"")
                #expect(try look("lists.json", lists, "data.records=train")["rows"] == 6)
                #expect(try lathe.text("lists.json.yaml").contains("  records: train"))
                try lathe("init", "lists.json", "--set", "train.epochs=2").expectFailure(
                    64, "train.epochs", "data.records", "data.layout")
            }
        }

        @Test func modelsAreListed() throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try FileManager.default.createDirectory(
                    at: lathe.url("checkpoints/base"), withIntermediateDirectories: true)
                #expect(try lathe.json("models")["present"] == [])
                try lathe.copy(TinyModel.gguf.path, to: "checkpoints/base/tiny.gguf")
                try lathe.write("checkpoints/base/broken.gguf", "GGUF")
                let models = try lathe.json("models")
                let present = try #require(models["present"]?.array?.first)
                #expect(present["path"] == "checkpoints/base/tiny.gguf" && present["writes_text"] == true)
                #expect(present["parameters"] == .integer(TinyModel.parameters))
                #expect(models["not_usable"]?.array?.first?["path"] == "checkpoints/base/broken.gguf")
                let known = try #require(models["known"]?.array)
                #expect(
                    known.count > 10 && known.allSatisfy { $0["command"]?.string?.contains("lathe fetch") ?? false })
                // Without --base the one that is there is taken.
                try lathe.write("faq.csv", Self.kinds[2].text)
                #expect(try lathe.json("init", "faq.csv")["base"] == "checkpoints/base/tiny.gguf")
                try lathe("models", "nowhere").expectFailure(66, "nowhere")
            }
        }
    }
}
