// A folder that is named as a model or an adapter and is another thing: the error says what to name.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct NamedFolders {
        private static func score(_ lathe: LatheCommand, _ model: String, _ adapter: String?) throws -> Outcome {
            try lathe.start(
                ["score", "--model", model, "--data", "held.jsonl"] + (adapter.map { ["--adapter", $0] } ?? [])
            ).wait()
        }

        @Test func aRunDirectoryIsNoModelAndNoAdapter() throws {
            try LatheCommand.inFolder { lathe in
                let base = LatheCommand.huggingFace
                _ = try lathe.train()
                try Self.score(lathe, base, "checkpoints/tiny").expectFailure(
                    65, "the directory of a run", "--adapter checkpoints/tiny/adapter")
                try Self.score(lathe, "checkpoints/tiny/", nil).expectFailure(
                    65, "the directory of a run", "--adapter checkpoints/tiny/adapter")
                try lathe(
                    "train", "recipe.yaml", "--set", "name=on", "--set", "adapter={continue_from: checkpoints/tiny}"
                )
                .expectFailure(65, "the directory of a run", "checkpoints/tiny/adapter")
                // What the hint names is read.
                #expect(try Self.score(lathe, base, "checkpoints/tiny/adapter").code == 0)
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny/adapter"))
                try Self.score(lathe, base, "checkpoints/tiny").expectFailure(
                    65, "--adapter checkpoints/tiny/step-000006.h5")
                #expect(try Self.score(lathe, base, "checkpoints/tiny/step-000006.h5").code == 0)
                #expect(try lathe("prepare", "recipe.yaml", "--set", "name=rows").code == 0)
                try Self.score(lathe, base, "checkpoints/rows").expectFailure(
                    66, "checkpoints/rows/adapter_config.json")
            }
        }

        @Test func theMergedModelOfARunIsNamed() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json("run", "recipe.yaml", "--set", "merge.enabled=true")
                try Self.score(lathe, "checkpoints/tiny", nil).expectFailure(
                    65, "its merged model is checkpoints/tiny/merged")
                #expect(try Self.score(lathe, "checkpoints/tiny/merged", nil).code == 0)
                try Self.score(lathe, LatheCommand.huggingFace, "checkpoints/tiny/merged").expectFailure(
                    65, "is a model", "--model checkpoints/tiny/merged")
                try Self.score(lathe, "checkpoints/tiny/adapter", nil).expectFailure(
                    65, "is an adapter", "--adapter checkpoints/tiny/adapter")
            }
        }
    }
}
