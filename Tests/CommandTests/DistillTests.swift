// `lathe distill`, as a person calls it: teachers of all kinds, what the student learns, and what is said of it.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Distilling {
        /// A folder with an adapter `first`, which can teach, and a recipe of a student on the same base.
        private static func inFolder(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(lathe.train("train.max_steps=20"), to: "first")
                try lathe.write(
                    "student.yaml",
                    LatheCommand.recipe.replacing("name: tiny", with: "name: student")
                        + "distill:\n  teacher_adapter: first\n")
                try body(lathe)
            }
        }

        private func settings(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }

        private func distilled(_ lathe: LatheCommand, _ settings: String...) throws -> JSONValue {
            let outcome = try lathe.start(["distill", "student.yaml", "--json"] + self.settings(settings)).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try outcome.json
        }

        private func loss(_ report: JSONValue, _ role: String) -> Double {
            report["distillation"]?["sides"]?[role]?["loss"]?.double ?? .nan
        }

        @Test(arguments: ["online", "capture"]) func aStudentComesCloseToItsTeacher(source: String) throws {
            try Self.inFolder { lathe in
                let report = try distilled(lathe, "distill.source=\(source)", "train.max_steps=20")
                let (student, before) = (loss(report, "student"), loss(report, "undistilled"))
                let teacher = loss(report, "teacher")
                #expect(teacher < before && student < before && abs(student - teacher) < 0.5 * (before - teacher))
                let judged = try #require(report["distillation"])
                #expect(judged["verdict"] == "good by loss alone" && judged["rows"] == 8)
                #expect((judged["share_of_lead"]?.double ?? 0) > 0.5)
                #expect(judged["student_against"]?["undistilled"]?["loss"]?["verdict"] == "better")
                #expect(judged["student_against"]?["teacher"]?["loss"]?["ci95"]?.array?.count == 2)
                // The evaluation says the same of student and base.
                let evaluated = report["evaluation"]
                #expect(
                    evaluated?["adapter"]?["loss"]?.double == student && evaluated?["base"]?["loss"]?.double == before)
                for role in ["student", "undistilled", "teacher"] {
                    let side = judged["sides"]?[role]
                    #expect((side?["bytes"]?.integer ?? 0) > 100_000 && (side?["tokens_per_second"]?.double ?? 0) > 0)
                }
                #expect(lathe.has("checkpoints/student/capture.h5") == (source == "capture"))
                #expect(try lathe.text("checkpoints/student/report.md").contains("distillation: good by loss alone"))
                // Once more: nothing is done.
                let again = try lathe.start(
                    ["distill", "student.yaml", "--json"]
                        + settings(["distill.source=\(source)", "train.max_steps=20"])
                ).wait()
                #expect(again.errors.contains("nothing is done"), "\(again.errors)")
                #expect(try again.json["distillation"] == report["distillation"])
            }
        }

        /// All tokens of each distribution kept in a file teach what the teacher itself does.
        @Test(arguments: [1, 4]) func aWholeCaptureIsTheTeacher(temperature: Int) throws {
            try Self.inFolder { lathe in
                let own = "distill.temperature=\(temperature)"
                let online = try distilled(lathe, "name=online", "distill.source=online", "distill.loss=jsd", own)
                let captured = try distilled(
                    lathe, "name=captured", "distill.keep=top_k", "distill.k=512", "distill.loss=jsd", own)
                #expect(abs(loss(online, "student") - loss(captured, "student")) < 1e-4)
                let drawn = try distilled(lathe, "name=drawn", "distill.tokens=2", own)
                #expect(loss(drawn, "student") != loss(captured, "student"))
            }
        }

        /// A student that goes on from an adapter is compared with what it was with that one: here its teacher.
        @Test func whoGoesOnIsComparedWithItselfBefore() throws {
            try Self.inFolder { lathe in
                let report = try distilled(lathe, "distill.source=online", "adapter.continue_from=first")
                let (before, teacher) = (loss(report, "undistilled"), loss(report, "teacher"))
                #expect(abs(before - teacher) < 1e-9, "\(before) \(teacher)")
                #expect((report["evaluation"]?["base"]?["loss"]?.double ?? .nan) - before > 0.01)
            }
        }

        /// A block that one of them does not have is named before any work.
        @Test(arguments: [("{0: 3}", "teacher"), ("{3: 0}", "student")])
        func hiddenStatesAreOfBlocksThatThereAre(_ map: String, _ whose: String) throws {
            try Self.inFolder { lathe in
                try lathe.start(
                    ["plan", "student.yaml"]
                        + settings(["distill.source=online", "distill.hidden=1", "distill.hidden_layers=\(map)"])
                ).wait().expectFailure(65, "distill.hidden_layers", "the \(whose) has no block 3", "from 0 to 2")
                let plan = try lathe.start(
                    ["plan", "student.yaml", "--json"] + settings(["distill.source=online", "distill.hidden=1"])
                ).wait()
                try #require(plan.code == 0, "\(plan.errors)")
                #expect(try plan.json["predicted_seconds"]?.double ?? 0 > 0)
            }
        }

        @Test(arguments: ["online", "capture", "online, distill.hidden=0.5"])
        func aKilledRunGoesOnToTheSameAdapter(source: String) throws {
            try Self.inFolder { lathe in
                let own =
                    ["train.max_steps=40", "train.save_every=1"]
                    + "distill.source=\(source)".components(separatedBy: ", ")
                let start = ContinuousClock.now
                let straight = try lathe.start(
                    ["distill", "student.yaml", "--json"] + settings(own + ["name=straight"])
                )
                .wait()
                let duration = (ContinuousClock.now - start) / .seconds(1)
                let call = ["distill", "student.yaml", "--json"] + settings(own)
                for share in [0.2, 0.4, 0.6, 0.8] {
                    let run = try lathe.start(call)
                    Thread.sleep(forTimeInterval: duration * share)
                    run.send(SIGKILL)
                    _ = try run.wait()
                }
                let last = try lathe.start(call).wait()
                #expect(last.code == 0, "\(last.errors)")
                #expect(try last.json["adapter_sha256"] == straight.json["adapter_sha256"])
                // Another teacher is another run.
                try lathe.start(call + settings(["distill.temperature=2"])).wait()
                    .expectFailure(65, "distill.temperature: 1.0 → 2.0")
                _ = try lathe.train("name=other", "seed=9")
                try lathe.copy("checkpoints/other/adapter", to: "second")
                try lathe.start(call + settings(["distill.teacher_adapter=second"])).wait()
                    .expectFailure(65, "teacher: other content")
            }
        }

        @Test func startingOverCapturesAnew() throws {
            try Self.inFolder { lathe in
                _ = try distilled(lathe)
                let kept = "checkpoints/student/capture.h5"
                let bytes = try Data(contentsOf: lathe.url(kept))
                // What is still right stays.
                let modified = try lathe.url(kept).resourceValues(forKeys: [.contentModificationDateKey])
                let start = ["distill", "student.yaml", "--json", "--fresh"]
                #expect(try lathe.start(start + settings(["train.learning_rate=1e-3"])).wait().code == 0)
                let later = try lathe.url(kept).resourceValues(forKeys: [.contentModificationDateKey])
                #expect(later.contentModificationDate == modified.contentModificationDate)
                let other = try lathe.start(start + settings(["distill.keep=top_k"])).wait()
                #expect(other.code == 0, "\(other.errors)")
                #expect(try Data(contentsOf: lathe.url(kept)) != bytes)
                #expect(try lathe("verify", "checkpoints/student").code == 0)
            }
        }

        /// What a teacher once said serves every student of it.
        @Test func studentsShareACapture() throws {
            try Self.inFolder { lathe in
                let first = try distilled(lathe, "distill.path=kept.h5")
                let bytes = try Data(contentsOf: lathe.url("kept.h5"))
                let second = try distilled(lathe, "distill.path=kept.h5", "name=second", "train.learning_rate=1e-3")
                #expect(try Data(contentsOf: lathe.url("kept.h5")) == bytes)
                #expect(first["adapter_sha256"] != second["adapter_sha256"])
                // With other rows both have theirs there, and none is read twice.
                try lathe.write("more.jsonl", LatheCommand.rows(6, "heard"))
                let more = try lathe.json(
                    "capture", "student.yaml", "--set", "distill.path=kept.h5", "--set", "data.train=more.jsonl")
                #expect(more["rows"] == 6)
                let both = try Data(contentsOf: lathe.url("kept.h5"))
                let again = try lathe("capture", "student.yaml", "--set", "distill.path=kept.h5")
                #expect(again.output.contains("24 sequences of it before"), "\(again.errors)")
                #expect(try Data(contentsOf: lathe.url("kept.h5")) == both && both.count > bytes.count)
                // Not of another teacher.
                _ = try lathe.train("name=other", "seed=9")
                try lathe.start(
                    ["distill", "student.yaml"]
                        + settings([
                            "distill.path=kept.h5", "name=third", "distill.teacher_adapter=checkpoints/other/adapter",
                        ])
                ).wait().expectFailure(65, "distill.teacher_adapter")
                #expect(try Data(contentsOf: lathe.url("kept.h5")) == both)
            }
        }

        @Test func theSameStudentOnLabelsAloneIsARunOfItsOwn() throws {
            try Self.inFolder { lathe in
                let report = try distilled(lathe, "distill.source=online", "distill.compare=true")
                let labels = try lathe.json("train", "student.yaml", "--set", "name=plain", "--set", "distill=null")
                #expect(
                    try Data(contentsOf: lathe.url("checkpoints/student-labels/adapter/adapter_model.safetensors"))
                        == Data(contentsOf: lathe.url("checkpoints/plain/adapter/adapter_model.safetensors")))
                #expect(loss(report, "labels") == labels["evaluation"]?["adapter"]?["loss"]?.double)
                #expect(report["distillation"]?["student_against"]?["labels"]?["loss"]?["ci95"]?.array?.count == 2)
            }
        }

        /// A metric that falls below the teacher's by more than the margin is no good student's.
        @Test func fallingTextIsNotGood() throws {
            try Self.inFolder { lathe in
                // Hardly a step is taken: the student stays the base.
                let idle = ["train.learning_rate=1e-9", "distill.source=online", "evaluate.metrics=[rouge_l]"]
                let outcome = try lathe.start(["distill", "student.yaml", "--json"] + settings(idle)).wait()
                let judged = try #require(try outcome.json["distillation"])
                #expect(judged["verdict"] == "not good")
                let faults = (judged["faults"]?.array ?? []).compactMap(\.string)
                #expect(faults.contains { $0.contains("loss is not better") })
                let fall = judged["student_against"]?["teacher"]?["rouge_l"]?["difference"]?.double ?? 0
                #expect(faults.contains { $0.contains("rouge_l is") } == (fall < -0.02))
                let lenient = try lathe.start(
                    ["distill", "student.yaml", "--json"] + settings(idle + ["distill.margin=0.99", "name=lenient"])
                ).wait()
                let others = (try lenient.json["distillation"]?["faults"]?.array ?? []).compactMap(\.string)
                #expect(!others.contains { $0.contains("rouge_l is") })
            }
        }

        // MARK: Contexts

        @Test(arguments: ["context", "online"]) func aContextIsLearnt(source: String) throws {
            try LatheCommand.inFolder { lathe in
                // The answers stand in what the teacher reads.
                let rows = LatheCommand.rows(4, "saw")
                try lathe.write("train.jsonl", rows)
                try lathe.write("held.jsonl", rows)
                let answers = try rows.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
                try lathe.write(
                    "guide.md",
                    answers.map { ($0["prompt"]?.string ?? "") + ($0["completion"]?.string ?? "") }
                        .joined(separator: "\n"))
                try lathe.write(
                    "student.yaml",
                    LatheCommand.recipe.replacing("max_steps: 6", with: "max_steps: 30")
                        + "distill: { source: \(source), context: guide.md }\n")
                let report = try lathe.json("distill", "student.yaml")
                let (student, before) = (loss(report, "student"), loss(report, "undistilled"))
                let teacher = loss(report, "teacher")
                #expect(teacher != before)
                #expect(abs(student - teacher) < abs(before - teacher), "\(student) \(teacher) \(before)")
                // A text in the place of the file says the same.
                let text = try lathe.json(
                    "distill", "student.yaml", "--set", "name=text", "--set",
                    "distill.context=\(JSONValue.string(try lathe.text("guide.md")).text())")
                #expect(text["adapter_sha256"] == report["adapter_sha256"])
                // Another text is another run.
                try lathe.start(["distill", "student.yaml", "--set", "distill.context=Tom saw a cat."]).wait()
                    .expectFailure(65, "teacher: other content")
                try lathe.start(["distill", "student.yaml", "--fresh", "--set", "distill.context=gone.md"]).wait()
                    .expectFailure(66, "distill.context: gone.md does not exist")
            }
        }

        @Test func answersAreTheSameAfterAContext() throws {
            try LatheCommand.inFolder { lathe in
                let call = ["distill", "recipe.yaml", "--set", "distill={source: context, context: Tom is a cat.}"]
                try lathe.start(call + settings(["data.max_length=14", "data.too_long=truncate"])).wait()
                    .expectFailure(65, "distill.context: train.jsonl", "no longer the same tokens")
            }
        }

        // MARK: Vocabularies

        @Test func anotherVocabularyIsRefused() throws {
            try Self.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "other")
                let text = try lathe.text("other/tokenizer.json")
                let tokenizer = try JSONValue(parsing: text)
                let vocabulary = try #require(tokenizer["model"]?["vocab"]?.object).members
                // Two words change places.
                let names = vocabulary.suffix(2).map(\.key)
                try lathe.write(
                    "other/tokenizer.json",
                    swapped(text, "\(JSONValue.string(names[0]).text())", "\(JSONValue.string(names[1]).text())"))
                let call = ["distill", "student.yaml", "--set", "distill={teacher: other, source: online}"]
                try lathe.start(call).wait().expectFailure(65, "another vocabulary", "distill.source: sequence")
                try lathe.start(["plan"] + call.dropFirst()).wait().expectFailure(65, "another vocabulary")
                #expect(!lathe.has("checkpoints/student"))
            }
        }

        /// `text` with the values of two members changed for each other.
        private func swapped(_ text: String, _ first: String, _ second: String) -> String {
            func number(_ name: String) -> String {
                guard let start = text.range(of: name + ":") ?? text.range(of: name + ": ") else { return "" }
                return String(text[start.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
            }
            let numbers = (number(first), number(second))
            return text.replacingOccurrences(of: first + ":" + numbers.0, with: first + ":" + numbers.1)
                .replacingOccurrences(of: first + ": " + numbers.0, with: first + ": " + numbers.1)
                .replacingOccurrences(of: second + ":" + numbers.1, with: second + ":" + numbers.0)
                .replacingOccurrences(of: second + ": " + numbers.1, with: second + ": " + numbers.0)
        }

        @Test func aTablePaddedByRowsIsTheSameVocabulary() throws {
            try Self.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "padded")
                var tensors = try EditedTensors(lathe.url("padded/model.safetensors"))
                for part in ["embed_tokens", "lm_head"]
                where tensors.entries.contains(where: { $0.name.contains(part) }) {
                    try tensors.change(part) { entry in
                        let row = entry.bytes.count / entry.shape[0]
                        entry.bytes += entry.bytes.prefix(8 * row)
                        entry.shape[0] += 8
                    }
                }
                try tensors.write(to: lathe.url("padded/model.safetensors"))
                try lathe.write(
                    "padded/config.json",
                    lathe.text("padded/config.json").replacing("\"vocab_size\": 512", with: "\"vocab_size\": 520"))
                let plain = try distilled(lathe, "distill.source=online", "name=plain")
                for (name, key) in [("wide", "distill.teacher=padded"), ("narrow", "model.path=padded")] {
                    let own = key.hasPrefix("model") ? [key, "distill.teacher=\(LatheCommand.huggingFace)"] : [key]
                    let outcome = try lathe.start(
                        ["distill", "student.yaml", "--json"]
                            + settings(own + ["name=\(name)", "distill.source=online"])
                    ).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(outcome.errors.contains("8 rows more"), "\(outcome.errors)")
                    #expect(abs(loss(try outcome.json, "student") - loss(plain, "student")) < 0.2)
                }
            }
        }

        @Test func whoHasNothingToTeachIsRefused() throws {
            try Self.inFolder { lathe in
                try lathe("distill", "recipe.yaml").expectFailure(65, "distill.teacher", "lathe train")
                try lathe.start(["distill", "student.yaml", "--set", "distill={teacher: nobody}"]).wait()
                    .expectFailure(66, "distill.teacher: nobody does not exist")
                try lathe.start(
                    [
                        "distill", "student.yaml", "--set",
                        "distill={teacher: \(LatheCommand.huggingFace), source: online}",
                    ]
                ).wait().expectFailure(65, "the student's own base", "distill.teacher_adapter")
                #expect(!lathe.has("checkpoints/student"))
            }
        }

        @Test func aPlanKnowsTheTeacher() throws {
            try Self.inFolder { lathe in
                let plan = try lathe.json("plan", "student.yaml")
                let stages = (plan["stages"]?.array ?? []).compactMap { $0["name"]?.string }
                #expect(stages == ["capture", "train", "evaluate", "verdict"])
                #expect((plan["stages"]?.array ?? []).allSatisfy { ($0["predicted_seconds"]?.double ?? 0) > 0 })
                #expect(plan["teacher"]?["shares_weights"] == true && plan["teacher"]?["shared_tokens"] == 512)
                let predicted = try #require(plan["teacher"]?["predicted_capture_bytes"]?.integer)
                _ = try lathe.json("capture", "student.yaml")
                let bytes = try Data(contentsOf: lathe.url("checkpoints/student/capture.h5")).count
                #expect(predicted > bytes / 4 && predicted < bytes * 4, "\(predicted) \(bytes)")
            }
        }
    }
}
