// Rows that a teacher writes: what is kept, what is left out and why, and that a killed writing goes on.

import Datasets
import Files
import Foundation
import JSON
import Recipes
import Synthesis
import Testing
import Vocabulary

@Suite struct RowWritingTests {
    private let questions: [JSONObject] = (0..<6).map { [("prompt", .string("question number \($0) about apples"))] }
        .map { JSONObject($0) }

    @Test func answersBecomeRowsThatSayWhereTheyComeFrom() throws {
        try inFolder { folder in
            let teacher = ToyTeacher { "It is answer \($0.question) of stream \($0.stream)." }
            var settings = WritingSection()
            settings.samples = 2
            settings.filters = []
            let (rows, report) = try writing(settings, teacher: teacher, in: folder).rows(for: prompts(questions))
            #expect(rows.count == 12 && report.answers == 12 && report.rows == 12 && teacher.asked == 12)
            #expect(Set(rows.compactMap { $0["completion"]?.string }).count == 12, "each sample has draws of its own")
            let provenance = try #require(rows[3]["provenance"])
            #expect(provenance["prompt"]?.string == "p.jsonl:2" && provenance["sample"]?.integer == 1)
            #expect(provenance["teacher"]?.string == "toy" && provenance["logprob"]?.double == -0.5)
        }
    }

    @Test func whatIsLeftOutIsCounted() throws {
        let answers = [
            "A good answer about red apples.", "cut off …", "  ",
            "no no no no no no no no no no no no no no no no no no",
            "I am unsure what pears are.", "A good answer about red apples.",
        ]
        try inFolder { folder in
            let teacher = ToyTeacher { request in answers[Int(request.question.filter(\.isNumber)) ?? 0] }
            var settings = WritingSection()
            var likely = FilterStep()
            likely.minValue = ["logprob": -1]
            settings.filters += [.filter(likely)]
            let same = JSONObject([("prompt", "question number 0 about apples")])
            let (rows, report) = try writing(settings, teacher: teacher, in: folder)
                .rows(for: prompts(Array(questions[..<5]) + [same]))
            #expect(rows.compactMap { $0["completion"]?.string } == ["A good answer about red apples."])
            #expect(
                report.answersLeftOut.map { "\($0.count) \($0.name)" } == [
                    "1 cut off at distill.max_new_tokens or before", "1 says nothing",
                ])
            #expect(report.filters[0].removed.map(\.count) == [1], "a loop of words")
            #expect(report.filters[1].duplicates?.rows == 1)
            #expect(report.filters[2].removed.map(\.name) == ["min_value.logprob"])
            #expect(report.lines.contains { $0.contains("1 left out by filter: min_value.logprob") })
        }
    }

    /// A run that was killed goes on where it was, and writes the same rows; no text is asked for twice.
    @Test func aKilledWritingGoesOn() throws {
        var many: [JSONObject] = []
        for number in 0..<200 { many.append(JSONObject([("prompt", .string("number \(number * 7919) is what?"))])) }
        var settings = WritingSection()
        settings.filters = []
        settings.variations = 3
        let rule: (WritingRequest) -> String = { "text \($0.stream) of \($0.question)" }
        let whole = try inFolder {
            try writing(settings, teacher: ToyTeacher(rule), in: $0).rows(for: prompts(many)).rows
        }
        #expect(whole.count == 203)
        try inFolder { folder in
            let broken = ToyTeacher(rule)
            broken.breaksAfter = 150
            #expect(throws: ToyTeacher.Broken.self) {
                try writing(settings, teacher: broken, in: folder).rows(for: prompts(many))
            }
            // The last line was half written when the process was killed.
            let journal = folder.appendingPathComponent("answers.jsonl")
            let text = try String(contentsOf: journal, encoding: .utf8)
            try String(text.dropLast(10)).write(to: journal, atomically: false, encoding: .utf8)
            let second = ToyTeacher(rule)
            let rows = try writing(settings, teacher: second, in: folder).rows(for: prompts(many)).rows
            #expect(rows == whole)
            #expect(second.asked < 203 && second.asked > 0)
            let third = ToyTeacher(rule)
            #expect(try writing(settings, teacher: third, in: folder).rows(for: prompts(many)).rows == whole)
            #expect(third.asked == 0, "all of it is known")
            let own = try AnswerJournal(OwnedFiles(folder, .rows), key: "k")
            #expect(own.count > 200 && !own.hasReplaced)
            let other = try AnswerJournal(OwnedFiles(folder, .rows), key: "another")
            #expect(other.count == 0 && other.hasReplaced)
        }
    }

    @Test func newPromptsAreNew() throws {
        try inFolder { folder in
            var number = 0
            let lines = [
                "1. Where is my blue parcel today?", "- Where is my blue parcel today?", "",
                "question number 3 about apples",
                "\"Can the lamp be sent back?\"\nAnd more", "a third one, quite different from those before",
            ]
            let teacher = ToyTeacher { request in
                guard case .another = request.wish else { return "yes, \(request.question)" }
                defer { number += 1 }
                return lines[number % lines.count]
            }
            var settings = WritingSection()
            settings.variations = 3
            settings.filters = []
            let (rows, report) = try writing(settings, teacher: teacher, in: folder).rows(for: prompts(questions))
            #expect(
                rows.suffix(3).map { $0["prompt"]?.string } == [
                    "Where is my blue parcel today?", "Can the lamp be sent back?",
                    "a third one, quite different from those before",
                ])
            #expect(report.variations == 3 && report.variationAttempts == 6)
            #expect(
                report.variationsLeftOut.map { "\($0.count) \($0.name)" } == [
                    "2 nearly the same as another prompt", "1 says nothing",
                ])
        }
    }

    @Test func labelsMustAgree() throws {
        let rows = [("good", "good"), ("bad", "good"), ("fine", "good"), ("good", nil)].map { answer, label in
            JSONObject([("text", .string("say \(answer)"))] + (label.map { [("label", .string($0))] } ?? []))
        }
        try inFolder { folder in
            let teacher = ToyTeacher { " \($0.question.dropFirst(4)).\n" }
            var settings = WritingSection()
            settings.filters = []
            let (kept, report) = try writing(
                settings, format: .classification, labels: ["good", "bad"], teacher: teacher, in: folder
            ).rows(for: prompts(rows))
            #expect(kept.map { $0["label"]?.string } == ["good", "good"])
            #expect(
                report.answersLeftOut.map(\.name) == ["another label than the row's", "none of data.labels"])
        }
    }

    @Test func reasonsAreATaskOfTheirOwn() throws {
        let rows = (0..<4).map { JSONObject([("text", .string("say \($0)")), ("label", "good")]) }
        try inFolder { folder in
            let teacher = ToyTeacher { request in
                guard case .reason(_, let label) = request.wish else { return "good" }
                return "Because \(request.question) is \(label), unsure as I am."
            }
            var settings = WritingSection()
            settings.filters = []
            settings.rationale = 0.5
            settings.labelPrefix = "Label: "
            let (kept, report) = try writing(settings, format: .classification, teacher: teacher, in: folder)
                .rows(for: prompts(rows))
            #expect(report.reasonRows == 2 && report.reasons == 2 && kept.count == 6)
            #expect(kept[0]["text"]?.string == "Label: say 0" && kept[0]["label"]?.string == "good")
            #expect(kept[4]["text"]?.string == "Explain: say 1" && kept[4]["label"] == nil)
            #expect(kept[4]["completion"]?.string == "Because say 1 is good, unsure as I am.")
            // How likely a row's own text is, and not the answer that it is the reason of.
            #expect(kept[4]["provenance"]?["logprob"]?.double == -5)
            #expect(kept[1]["provenance"]?["logprob"]?.double == -0.5)
            // Such a row is one to train on, and its answer no label.
            let row = try RowDecoder(dataSettings(.classification), format: .classification, hasTemplate: true)
                .row(prompts([kept[4]])[0], index: 0)
            #expect(row.label == nil && row.remarks.isEmpty)
            #expect(row.answerText == kept[4]["completion"]?.string)
        }
    }

    /// Of a conversation only the teacher's turn is learnt.
    @Test func earlierTurnsCarryNoLoss() throws {
        let turns: [JSONValue] = [
            ["role": "user", "content": "one"], ["role": "assistant", "content": "two"],
            ["role": "user", "content": "three"], ["role": "assistant", "content": "four"],
        ]
        try inFolder { folder in
            var settings = WritingSection()
            settings.filters = []
            let (rows, _) = try writing(
                settings, format: .chat, teacher: ToyTeacher { _ in "five" }, in: folder
            ).rows(for: prompts([JSONObject([("messages", .array(turns))]), JSONObject([("prompt", "alone")])]))
            let decoder = try RowDecoder(dataSettings(.chat), format: .chat, hasTemplate: true)
            let decoded = try prompts(rows).map { try decoder.row($0, index: 0) }
            #expect(decoded.map(\.answerText) == ["five", "five"])
            #expect(decoded.map(\.promptText) == ["one\nthree", "alone"])
        }
    }
}
