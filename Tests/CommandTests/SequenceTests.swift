// A teacher writes the rows that a student trains on (distill.source: sequence).

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct WrittenRows {
        /// A student of the tiny model, taught by an adapter on it that knows how such stories go on.
        private static let recipe = """
            name: student
            seed: 5
            model:
              path: \(LatheCommand.huggingFace)
              precision: fp32
            data:
              held_out: held.jsonl
            adapter:
              r: 4
              alpha: 8
            train:
              max_steps: 20
              batch_size: 4
              learning_rate: 1e-2
            distill:
              source: sequence
              teacher_adapter: teacher
              prompts: prompts.jsonl
              samples: 2
              max_new_tokens: 32
              sampling_temperature: 0.4

            """

        /// The recipe, its prompts without answers, and the teacher's adapter.
        private func prepare(_ lathe: LatheCommand) throws {
            try lathe.copy(lathe.train("train.max_steps=60"), to: "teacher")
            let prompts = try lathe.text("train.jsonl").split(separator: "\n").map { line in
                let prompt = try JSONValue(parsing: String(line))["prompt"] ?? .null
                return JSONValue.object(JSONObject([("prompt", prompt)])).text() + "\n"
            }
            try lathe.write("prompts.jsonl", prompts.joined())
            try lathe.write("sequence.yaml", Self.recipe)
        }

        private func rows(_ lathe: LatheCommand, of run: String = "student") throws -> [JSONValue] {
            try lathe.text("checkpoints/\(run)/written/rows.jsonl").split(separator: "\n").map {
                try JSONValue(parsing: String($0))
            }
        }

        @Test func aStudentLearnsFromWrittenRowsAlone() throws {
            try LatheCommand.inFolder { lathe in
                try prepare(lathe)
                // A plan asks nobody, and leaves nothing.
                let plan = try lathe.json("plan", "sequence.yaml", "--set", "distill.samples=1")
                #expect(plan["rows"] == 24 && plan["supervised_tokens"]?.integer ?? 0 > 24 * 32, "\(plan)")
                #expect(!lathe.has("checkpoints/student"))
                let report = try lathe.json("run", "sequence.yaml")
                let written = try #require(report["written"])
                #expect(written["prompts"] == 24 && written["answers"] == 48)
                let rows = try rows(lathe)
                #expect(rows.count == written["rows"]?.integer && rows.count > 4)
                for row in rows {
                    #expect(row["completion"]?.string?.isEmpty == false)
                    let provenance = row["provenance"]
                    #expect(provenance?["prompt"]?.string?.hasPrefix("prompts.jsonl:") == true)
                    #expect((provenance?["logprob"]?.double ?? 1) < 0)
                    #expect(provenance?["teacher"]?.string?.hasSuffix("with teacher") == true)
                }
                #expect(report["evaluation"]?["difference"]?["verdict"] == "better", "\(report)")
                #expect(report["distillation"]?["teacher"]?.string?.hasSuffix(" with teacher") == true)
                #expect(try lathe.text("checkpoints/student/report.md").contains("was not measured"))
                // Nothing is written twice, and the run is finished.
                let again = try lathe("run", "sequence.yaml", "--json")
                #expect(again.errors.contains("nothing is done"), "\(again.errors)")
                // The recipe that the run left asks the same of the same teacher.
                let left = try lathe("run", "checkpoints/student/recipe.yaml", "--json")
                #expect(left.errors.contains("nothing is done"), "\(left.errors)")
                #expect(try lathe("verify", "checkpoints/student").code == 0)
            }
        }

        /// One long answer is no reason to stop: it is left out, counted, and the others are trained on.
        @Test func whatIsTooLongIsLeftOut() throws {
            try LatheCommand.inFolder { lathe in
                try prepare(lathe)
                func written(_ length: String) throws -> JSONValue? {
                    try lathe.json(
                        "train", "sequence.yaml", "--fresh", "--set", "distill.filters=[]", "--set",
                        "train.max_steps=1", "--set", "data.held_out=[]", "--set", "data.max_length=\(length)"
                    )["written"]
                }
                let all = try written("128"), few = try written("24")
                let left = few?["too_long"]?.integer ?? 0
                #expect(all?["too_long"] == 0 && left > 0, "\(few ?? .null)")
                #expect(few?["rows"]?.integer == (all?["rows"]?.integer ?? 0) - left)
                #expect(try rows(lathe).count == few?["rows"]?.integer)
            }
        }

        /// The same rows and the same adapter, wherever the writing was cut off.
        @Test func aWritingThatWasKilledGoesOn() throws {
            try LatheCommand.inFolder { lathe in
                try prepare(lathe)
                let settings = ["--set", "distill.filters=[]", "--set", "distill.variations=4", "--json", "--quiet"]
                let whole = try lathe.start(["train", "sequence.yaml"] + settings).wait()
                try #require(whole.code == 0, "\(whole.errors)")
                let first = try rows(lathe).map { $0.text() }
                let journal = "checkpoints/student/written/answers.jsonl"
                let text = try lathe.text(journal)
                for share in [0.2, 0.6, 0.95] {
                    try FileManager.default.removeItem(at: lathe.url("checkpoints/student"))
                    // Killed while it writes: as soon as the journal is there, or soon after.
                    let running = try lathe.start(["train", "sequence.yaml"] + settings)
                    for _ in 0..<400 where !lathe.has(journal) { usleep(5_000) }
                    running.send(SIGKILL)
                    _ = try running.wait()
                    // And what it had written by then ends anywhere.
                    let cut = String(decoding: text.utf8.prefix(Int(Double(text.utf8.count) * share)), as: UTF8.self)
                    if lathe.has(journal) { try lathe.write(journal, cut) }
                    let outcome = try lathe.start(["train", "sequence.yaml"] + settings).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    #expect(try rows(lathe).map { $0.text() } == first)
                    #expect(try outcome.json["adapter_sha256"] == whole.json["adapter_sha256"])
                }
            }
        }

        @Test func whatNoAnswerPassesIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                try prepare(lathe)
                try lathe(
                    "train", "sequence.yaml", "--set", "distill.filters=[filter: { min_value: { logprob: 1 } }]"
                ).expectFailure(65, "no answer of", "good enough", "distill.filters")
                try lathe("prepare", "sequence.yaml").expectFailure(65, "yet to be written", "lathe run")
                try lathe(
                    "train", "sequence.yaml", "--set", "distill.teacher_adapter=null", "--set",
                    "distill.teacher=http://127.0.0.1:1/v1", "--set", "distill.retries=0"
                ).expectFailure(74, "http://127.0.0.1:1", "cannot be reached")
            }
        }
    }
}
