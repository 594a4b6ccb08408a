// `lathe predict` over rows of which some cannot be understood: left out where they may be, and counted once.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PredictingBesideBadRows {
        /// Three texts, one row without any, and a text that is a number.
        private static let rows = """
            {"text": "Tom saw a cat."}
            {"text": "Lily had the red car."}
            {"note": "no text"}
            {"text": 7}
            {"text": "Ben was sad."}

            """

        /// Expects the bad rows to be refused, then to be left out where they may be.
        private func expectLeftOut(_ lathe: LatheCommand, _ field: String, _ more: [String]) throws {
            try lathe.write("rows.jsonl", Self.rows)
            let call =
                ["predict", "--model", LatheCommand.huggingFace, "--data", "rows.jsonl", "--out", "out.jsonl"]
                + ["--set", "model.precision=fp32", "--json"] + more
            try lathe.start(call).wait().expectFailure(65, "rows.jsonl:3", "rows.jsonl:4")
            try lathe.start(call + ["--set", "data.max_bad_rows=1"]).wait().expectFailure(65, "rows.jsonl:3")
            let outcome = try lathe.start(call + ["--set", "data.max_bad_rows=2"]).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            let report = try outcome.json
            #expect(report["rows"] == 3 && report["left_out"] == 0 && report["bad_rows"] == 2)
            let found = try lathe.text("out.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(found.map { $0["index"]?.integer } == [0, 1, 4])
            #expect(found.allSatisfy { $0[field].map { !$0.isNull } ?? false })
            // What is said of a row is what would be said without the bad ones.
            try lathe.write(
                "good.jsonl", Self.rows.split(separator: "\n").filter { $0.contains(".") }.joined(separator: "\n"))
            let good = try lathe.start(
                call.map { ["rows.jsonl": "good.jsonl", "out.jsonl": "alone.jsonl"][$0] ?? $0 }
            ).wait()
            try #require(good.code == 0, "\(good.errors)")
            let alone = try lathe.text("alone.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(alone.map { $0[field] } == found.map { $0[field] })
        }

        @Test func vectors() throws {
            try LatheCommand.inFolder { try expectLeftOut($0, "vector", ["--set", "task=embed"]) }
        }

        @Test func labelWords() throws {
            try LatheCommand.inFolder { try expectLeftOut($0, "label", ["--set", "data.labels=[happy, sad]"]) }
        }

        @Test func heads() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<12).map {
                    #"{"text": "Tom saw \#($0) cats.", "label": "\#($0 % 2 == 0 ? "big" : "sad")"}"#
                }
                try lathe.write("train.jsonl", rows.joined(separator: "\n") + "\n")
                let adapter = try lathe.train(
                    "task=classify", "data.held_out=train.jsonl", "data.format=classification")
                try expectLeftOut(lathe, "label", ["--adapter", adapter])
                // A head has no vectors to cut.
                let outcome = try lathe(
                    "predict", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--data", "train.jsonl",
                    "--out", "x.jsonl", "--dimensions", "8")
                outcome.expectFailure(64, "--dimensions has no effect")
                // What is given is heard, be it what holds without it.
                try lathe(
                    "predict", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--data", "train.jsonl",
                    "--out", "x.jsonl", "--batch", "16"
                ).expectFailure(64, "--batch has no effect")
            }
        }

        /// Chunks that are bad from end to end, or where they end, are no end of the work.
        @Test func wholeChunksOfBadRows() throws {
            try LatheCommand.inFolder { lathe in
                let bad = (0..<1300).map { (511..<1024).contains($0) }
                try lathe.write(
                    "rows.jsonl", bad.map { $0 ? "{\"id\": 1}\n" : "{\"text\": \"Tom saw a cat.\"}\n" }.joined())
                let report = try lathe.json(
                    "predict", "--model", LatheCommand.huggingFace, "--data", "rows.jsonl", "--out", "out.jsonl",
                    "--set", "task=embed", "--set", "data.max_bad_rows=600")
                let count = bad.count { $0 }
                #expect(report["bad_rows"]?.integer == count && report["rows"]?.integer == 1300 - count)
            }
        }

        /// A tokenizer that puts nothing around a text leaves nothing of an empty one.
        @Test func aTextWithoutATokenIsToldByItsLine() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "model")
                var tokenizer = try JSONValue(parsing: try lathe.text("model/tokenizer.json")).object ?? JSONObject([])
                tokenizer["post_processor"] = .null
                try lathe.write("model/tokenizer.json", JSONValue.object(tokenizer).text())
                try lathe.write("rows.jsonl", "{\"text\": \"Tom saw a cat.\"}\n{\"text\": \"\"}\n")
                let call = [
                    "predict", "--model", "model", "--data", "rows.jsonl", "--out", "out.jsonl", "--json", "--set",
                    "task=embed",
                ]
                try lathe.start(call).wait().expectFailure(65, "rows.jsonl:2", "no token")
                #expect(!lathe.has("out.jsonl.journal"))
                let outcome = try lathe.start(call + ["--set", "data.max_bad_rows=1"]).wait()
                try #require(outcome.code == 0, "\(outcome.errors)")
                #expect(try outcome.json["rows"] == 1 && outcome.json["bad_rows"] == 1)
            }
        }
    }
}
