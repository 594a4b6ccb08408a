// What an evaluation says beyond one loss: tables of labels, several sets, slices, clusters, answers beside each other.

import Evaluation
import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct EvaluatedSets {
        /// Rows with a label, two fields and a text.
        private static func labelled(_ count: Int) -> String {
            let names = ["Tom", "Lily", "Ben", "Sue"]
            return (0..<count).map { row in
                #"{"text": "\#(names[row % 4]) saw \#(row) cats.", "label": "\#(["big", "sad", "red"][row % 3])", "#
                    + #""ward": "\#(row % 2 == 0 ? "east" : "west")", "patient": \#(row / 3)}"# + "\n"
            }.joined()
        }

        /// A classified evaluation with an adapter that was trained on something else.
        private func classified(_ lathe: LatheCommand, _ more: String...) throws -> Outcome {
            try lathe.write("labels.jsonl", Self.labelled(24))
            let adapter = try lathe.train()
            return try lathe.start(
                [
                    "evaluate", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--data", "labels.jsonl",
                    "--set", "data.format=classification",
                ] + more
            ).wait()
        }

        @Test func labelsHaveATableAMatrixAndATest() throws {
            try LatheCommand.inFolder { lathe in
                let report = try classified(lathe, "--json", "--out", "answers.jsonl").json
                let found = try #require(report["classification"])
                #expect(found["labels"] == ["big", "red", "sad"])
                let truth = ["big", "sad", "red"]
                let rows = try lathe.text("answers.jsonl").split(separator: "\n").map {
                    try JSONValue(parsing: String($0))
                }
                #expect(rows.count == 24)
                var right: [String: [Bool]] = [:]
                for side in ["base", "adapter"] {
                    let part = try #require(found[side])
                    let matrix = try #require(part["confusion_matrix"]?.array).map {
                        $0.array?.compactMap(\.integer) ?? []
                    }
                    #expect(matrix.map { $0.reduce(0, +) } == [8, 8, 8])
                    // The rows themselves say the same as the matrix.
                    let labels = ["big", "red", "sad"]
                    var counted = [[Int]](repeating: [0, 0, 0], count: 3)
                    for row in rows {
                        let index = try #require(row["index"]?.integer), label = truth[index % 3]
                        #expect(row["label"]?.string == label)
                        #expect(row["prompt"]?.string?.isEmpty == false)
                        let predicted = try #require(row[side]?["label"]?.string)
                        counted[labels.firstIndex(of: label) ?? 0][labels.firstIndex(of: predicted) ?? 0] += 1
                    }
                    right[side] = try rows.sorted { ($0["index"]?.integer ?? 0) < ($1["index"]?.integer ?? 0) }.map {
                        try #require($0[side]?["label"]) == $0["label"]
                    }
                    #expect(counted == matrix)
                    let table = ConfusionMatrix(
                        labels: labels,
                        truth: counted.enumerated().flatMap { row, counts in
                            counts.flatMap { [Int](repeating: row, count: $0) }
                        },
                        predicted: counted.flatMap { counts in
                            counts.enumerated().flatMap { [Int?](repeating: $0.offset, count: $0.element) }
                        }
                    ).table
                    for (name, scores) in zip(labels, table.scores) {
                        #expect(part["per_class"]?[name]?["f1"]?.double == scores.f1)
                        #expect(part["per_class"]?[name]?["support"] == 8)
                    }
                    let macro = table.average(.macro).f1
                    #expect(part["macro"]?["f1"]?.double == macro)
                    #expect(report[side]?["macro_f1"]?.double == macro)
                    #expect(report["metrics"]?["macro_f1"]?[side]?.double == macro)
                    let bins = try #require(part["calibration"]?.array)
                    #expect(bins.reduce(0) { $0 + ($1["rows"]?.integer ?? 0) } == 24)
                    let error = bins.reduce(0.0) {
                        $0 + abs(($1["accuracy"]?.double ?? 0) - ($1["confidence"]?.double ?? 0))
                            * Double($1["rows"]?.integer ?? 0) / 24
                    }
                    #expect(abs(error - (report[side]?["ece"]?.double ?? .nan)) < 1e-9)
                }
                let test = McNemar(base: right["base"] ?? [], adapter: right["adapter"] ?? [])
                #expect(found["mcnemar"]?["p_value"]?.double == test.pValue)
                #expect(found["mcnemar"]?["only_base_right"]?.integer == test.onlyBase)
                for name in ["accuracy", "macro_f1", "weighted_f1", "ece"] {
                    #expect(report["metrics"]?[name]?["ci95"]?.array?.count == 2, "\(name)")
                    #expect(report["metrics"]?[name]?["rows"] == 24)
                }
                let text = try classified(lathe).output
                #expect(text.contains("macro average") && text.contains("McNemar") && text.contains("precision"))
            }
        }

        @Test func slicesAndClustersAreThoseOfTheFields() throws {
            try LatheCommand.inFolder { lathe in
                let report = try classified(
                    lathe, "--json", "--set", "evaluate.slices=[ward]", "--set", "evaluate.cluster_by=patient"
                ).json
                let plain = try classified(lathe, "--json").json
                let wards = try #require(report["slices"]?["ward"]?.object)
                #expect(wards.members.map(\.key) == ["east", "west"])
                // Slices are of all rows: their accuracies come to the whole's.
                let parts = wards.members.compactMap { $0.value["metrics"]?["accuracy"]?["base"]?.double }
                let whole = try #require(report["metrics"]?["accuracy"]?["base"]?.double)
                #expect(parts.count == 2 && abs(parts.reduce(0, +) / 2 - whole) < 1e-12)
                #expect(wards.members.allSatisfy { $0.value["rows"] == 12 && $0.value["difference"] != nil })
                #expect(report["cluster_by"] == "patient" && report["difference"]?["clusters"] == 8)
                #expect(report["difference"]?["loss"] == plain["difference"]?["loss"])
                #expect(report["difference"]?["ci95"] != plain["difference"]?["ci95"])
                let text = try classified(
                    lathe, "--set", "evaluate.slices=[ward]", "--set", "evaluate.cluster_by=patient"
                ).output
                #expect(text.contains("by ward:") && text.contains("8 clusters"))
                try classified(lathe, "--set", "evaluate.slices=[department]").expectFailure(
                    65, "evaluate.slices", "department", "ward")
                try classified(lathe, "--set", "evaluate.cluster_by=doctor").expectFailure(
                    65, "evaluate.cluster_by", "doctor")
            }
        }

        @Test func severalSetsAreMeasuredEachByItself() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                try lathe.write("other.jsonl", LatheCommand.rows(5, "saw"))
                try lathe.write(
                    "wiki.jsonl", (0..<6).map { #"{"text": "The sun is \#($0) miles away."}"# + "\n" }.joined())
                let base = ["evaluate", "--model", LatheCommand.huggingFace, "--adapter", adapter]
                let sets = ["--data", "held.jsonl", "--data", "shop=other.jsonl", "--data", "general=wiki.jsonl"]
                let report = try lathe.start(base + sets + ["--json"]).wait().json
                #expect(report["rows"] == 8)
                #expect(report["sets"]?.object?.members.map(\.key) == ["shop", "general"])
                #expect(report["sets"]?["shop"]?["rows"] == 5 && report["sets"]?["general"]?["rows"] == 6)
                // Each is what it is alone.
                let alone = try lathe.start(base + ["--data", "other.jsonl", "--json"]).wait().json
                #expect(report["sets"]?["shop"]?["difference"] == alone["difference"])
                #expect(report["sets"]?["shop"]?["base"] == alone["base"])
                let forgetting = try #require(report["forgetting"])
                #expect(forgetting["set"] == "general" && forgetting["rows"] == 6)
                #expect(forgetting["loss"] == report["sets"]?["general"]?["difference"]?["loss"])
                let word = report["sets"]?["general"]?["difference"]?["verdict"] == "worse" ? "forgotten" : "kept"
                #expect(forgetting["verdict"]?.string == word)
                let text = try lathe.start(base + sets).wait().output
                #expect(text.contains("all sets:") && text.contains("forgetting: \(word)"))
                // Six steps cost the general set nothing that could be told from chance, twenty do.
                #expect(word == "kept")
                _ = try lathe.train("name=long", "train.max_steps=20")
                let long = try lathe.json(
                    "evaluate", "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/long/adapter", "--data",
                    "held.jsonl", "--data", "general=wiki.jsonl")
                #expect(long["forgetting"]?["verdict"] == "forgotten")
                #expect((long["forgetting"]?["loss"]?.double ?? 0) > 0.5)
                try lathe.start(base + ["--data", "held.jsonl", "--data", "a=other.jsonl", "--data", "a=held.jsonl"])
                    .wait().expectFailure(64, "two sets", "a")
            }
        }

        @Test func aRunKeepsAnswersBesideEachOther() throws {
            try LatheCommand.inFolder { lathe in
                // What masking finds stands in the answers, which are the rows' own, and not on the page.
                let address = "ada@example.org"
                let heldOut = try lathe.text("held.jsonl")
                try lathe.write("held.jsonl", heldOut.replacing("Lily was", with: address + " was", maxReplacements: 1))
                let sets = [
                    "evaluate.metrics=[rouge1, rougeL, chrf]", "evaluate.max_new_tokens=8",
                    "evaluate.held_out={shop: train.jsonl}", "evaluate.few_shot=1",
                    "evaluate.few_shot_from=shown.jsonl",
                ].flatMap { ["--set", $0] }
                try lathe.write("shown.jsonl", #"{"prompt": "Who was it?", "completion": "A shown one."}"# + "\n")
                let run = try lathe.start(["run", "recipe.yaml", "--json"] + sets).wait()
                let evaluation = try #require(try run.json["evaluation"])
                // What is shown is told once, by the report.
                let told = (evaluation["warnings"]?.array ?? []).compactMap(\.string)
                #expect(told.count { $0.contains("evaluate.few_shot: 1 rows") } == 2, "\(told)")
                #expect(!run.errors.contains("few_shot"), "\(run.errors)")
                for name in ["rouge_1", "rouge_l", "chrf"] {
                    #expect(evaluation["metrics"]?[name]?["base"]?.double != nil, "\(name)")
                    #expect(evaluation["sets"]?["shop"]?["metrics"]?[name]?["rows"] == 24)
                }
                let rows = try lathe.text("checkpoints/tiny/answers.jsonl").split(separator: "\n").map {
                    try JSONValue(parsing: String($0))
                }
                #expect(rows.count == 32 && rows.count { $0["set"] == "shop" } == 24)
                #expect(rows.contains { $0["index"] == 0 && $0["reference"]?.string?.contains(address) == true })
                let page = try lathe.text("checkpoints/tiny/report.html")
                #expect(page.contains("<h3>row 0<small>held.jsonl:1") && !page.contains(address))
                #expect(rows.allSatisfy { $0["prompt"]?.string?.contains("Who was it?A shown one.\n\n") ?? false })
                // Other rows under the same name are other questions.
                try lathe.write("shown.jsonl", #"{"prompt": "Who is it?", "completion": "Another."}"# + "\n")
                let other = try lathe.start(["run", "recipe.yaml", "--json"] + sets).wait()
                #expect(other.errors.contains("── evaluate") && !other.errors.contains("── train"), "\(other.errors)")
                #expect(rows.allSatisfy { $0["base"]?["text"]?.string != nil && $0["adapter"]?["rouge_1"] != nil })
                // The mean over rows is the metric.
                let own = rows.filter { $0["set"] == nil }.compactMap { $0["adapter"]?["rouge_1"]?.double }
                let mean = own.reduce(0, +) / 8
                #expect(abs(mean - (evaluation["metrics"]?["rouge_1"]?["adapter"]?.double ?? .nan)) < 1e-12)
                // Those on which most changed stand first.
                let changes = rows.compactMap { $0["change"]?["rouge_1"]?.double }.map(abs)
                #expect(changes.count == 32 && zip(changes, changes.dropFirst()).allSatisfy { $0 >= $1 })
                // Nothing is left of them where nothing is generated any more; verify finds all in order.
                let again = try lathe("run", "recipe.yaml")
                #expect(again.code == 0 && !lathe.has("checkpoints/tiny/answers.jsonl"), "\(again.errors)")
                #expect(try lathe("verify", "checkpoints/tiny").code == 0)
            }
        }

        /// What `lathe evaluate` says with an adapter whose head was trained on `rows`.
        private func headed(_ lathe: LatheCommand, _ rows: String, _ settings: String...) throws -> JSONValue {
            try lathe.write("rows.jsonl", rows)
            let adapter = try lathe.start(
                [
                    "train", "recipe.yaml", "--quiet", "--set", "data.train=rows.jsonl", "--set",
                    "data.held_out=rows.jsonl",
                ]
                    + (settings + ["data.format=classification"]).flatMap { ["--set", $0] }
            ).wait()
            try #require(adapter.code == 0, "\(adapter.errors)")
            return try lathe.json(
                "evaluate", "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter", "--data",
                "rows.jsonl", "--set", "data.format=classification")
        }

        @Test func aHeadsLabelsHaveTheSameTables() throws {
            try LatheCommand.inFolder { lathe in
                let report = try headed(lathe, Self.labelled(24), "task=classify")
                let found = try #require(report["classification"])
                #expect(found["labels"] == ["big", "red", "sad"])
                for side in ["base", "adapter"] {
                    let matrix = try #require(found[side]?["confusion_matrix"]?.array).map {
                        $0.array?.compactMap(\.integer) ?? []
                    }
                    #expect(matrix.map { $0.reduce(0, +) } == [8, 8, 8])
                    let right = Double(matrix.indices.reduce(0) { $0 + matrix[$1][$1] }) / 24
                    #expect(abs((report[side]?["accuracy"]?.double ?? .nan) - right) < 1e-12)
                    #expect(report[side]?["macro_f1"]?.double == found[side]?["macro"]?["f1"]?.double)
                }
                // What is known without a text is one label for all rows.
                let base = try #require(found["base"]?["confusion_matrix"]?.array).map {
                    $0.array?.compactMap(\.integer) ?? []
                }
                #expect((0..<3).count { label in base.contains { $0[label] > 0 } } == 1)
            }
        }

        @Test func aHeadOfSeveralLabelsHasTableAndThresholds() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<18).map { row in
                    let labels = [[], ["cat"], ["cat", "dog"]][row % 3].map { "\"\($0)\"" }.joined(separator: ", ")
                    return #"{"text": "Tom saw \#(row) of them.", "label": [\#(labels)]}"# + "\n"
                }.joined()
                let report = try headed(lathe, rows, "task=classify", "head.multi_label=true")
                let found = try #require(report["classification"]?["adapter"])
                #expect(found["per_class"]?["cat"]?["support"] == 12 && found["per_class"]?["dog"]?["support"] == 6)
                #expect(found["thresholds"] == [0.5, 0.5])
                #expect(report["metrics"]?["micro_f1"]?["adapter"]?.double == found["micro"]?["f1"]?.double)
                let chosen = try #require(found["thresholds_chosen_on_these_rows"])
                for label in ["cat", "dog"] {
                    #expect(
                        (chosen["per_class"]?[label]?["f1"]?.double ?? -1)
                            >= (found["per_class"]?[label]?["f1"]?.double ?? 0))
                }
            }
        }

        @Test func thresholdsAreChosenOnRowsThatAreHeldBack() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<18).map { row in
                    let labels = [[], ["cat"], ["cat", "dog"]][row % 3].map { "\"\($0)\"" }.joined(separator: ", ")
                    return #"{"text": "Tom saw \#(row) of them.", "label": [\#(labels)]}"# + "\n"
                }.joined()
                let report = try headed(lathe, rows, "task=classify", "head.multi_label=true", "head.threshold_size=6")
                // They lie in the adapter's folder, and are what a row must reach.
                let thresholds = try #require(report["classification"]?["adapter"]?["thresholds"])
                #expect(thresholds.array?.count == 2 && thresholds != [0.5, 0.5])
                let events = try lathe.text("checkpoints/tiny/events.jsonl")
                #expect(events.contains("\"examples\":12"))
            }
        }

        @Test func aHeadOfNumbersHasErrorsAndCorrelations() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<16).map { #"{"text": "Tom saw \#($0) cats.", "label": \#(Double($0) / 4)}"# + "\n" }
                let report = try headed(lathe, rows.joined(), "task=regress")
                let mean = (0..<16).reduce(0.0) { $0 + abs(Double($1) / 4 - 1.875) } / 16
                #expect(abs((report["base"]?["mae"]?.double ?? .nan) - mean) < 1e-6)
                // A base that gives the mean for all has no correlation.
                #expect(report["base"]?["pearson"] == .null && report["adapter"]?["pearson"]?.double != nil)
                #expect(report["metrics"]?["rmse"]?["verdict"] != nil && report["metrics"]?["spearman"]?["rows"] == 16)
            }
        }

        @Test func aPlaceThatIsNotLathesIsNotTakenForAnswers() throws {
            try LatheCommand.inFolder { lathe in
                let call = ["evaluate", "--model", LatheCommand.huggingFace, "--data", "held.jsonl", "--out"]
                try lathe.start(call + ["answers.txt"]).wait().expectFailure(64, "--out", "JSON Lines")
                let outcome = try lathe.start(call + ["train.jsonl"]).wait()
                #expect(outcome.code != 0 && outcome.errors.contains("train.jsonl"))
                #expect(try lathe.text("train.jsonl") == LatheCommand.rows(24, "saw"))
            }
        }
    }
}
