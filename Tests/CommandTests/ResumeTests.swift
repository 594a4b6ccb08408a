// A run that is stopped, however rudely, ends with the same adapter as one that is not.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Resuming {
        /// Enough steps for a few seconds, each with a checkpoint.
        private static let arguments = [
            "train", "recipe.yaml", "--json", "--set", "train.max_steps=40", "--set", "train.save_every=1",
        ]

        private func digest(_ outcome: Outcome) throws -> String {
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try #require(try outcome.json["adapter_sha256"]?.string)
        }

        @Test func killedAtTenMomentsEndsWithTheSameAdapter() throws {
            try LatheCommand.inFolder { lathe in
                let start = ContinuousClock.now
                let straight = try digest(lathe.start(Self.arguments).wait())
                let duration = ContinuousClock.now - start
                let second = try digest(lathe.start(Self.arguments + ["--fresh"]).wait())
                #expect(second == straight)

                try FileManager.default.removeItem(at: lathe.url("checkpoints"))
                var random = Moments(state: 20_26)
                var kills = 0
                var resumptions = 0
                var attempts = 0
                while kills < 10, attempts < 60 {
                    attempts += 1
                    let run = try lathe.start(Self.arguments)
                    Thread.sleep(forTimeInterval: duration / .seconds(1) * (0.1 + 0.7 * random.next()))
                    run.send(SIGKILL)
                    let outcome = try run.wait()
                    if outcome.errors.contains("going on after step") { resumptions += 1 }
                    if outcome.code == -SIGKILL {
                        kills += 1
                    } else {
                        // It was quicker than the signal: the next moments fall in a new run.
                        #expect(try digest(outcome) == straight)
                        try FileManager.default.removeItem(at: lathe.url("checkpoints"))
                    }
                }
                #expect(kills == 10 && resumptions > 0)
                let last = try lathe.start(Self.arguments).wait()
                #expect(try digest(last) == straight)
                #expect(!last.errors.contains("passed over"), "a kill left a broken checkpoint behind")
                let known = [
                    "adapter", "events.jsonl", "manifest.json", "recipe.yaml", "prepared", "report.json",
                    "report.html", "report.md", "run.json", "scores.jsonl",
                    "tensorboard",
                ]
                let left = try lathe.names(in: "checkpoints/tiny").filter {
                    !known.contains($0) && !$0.hasSuffix(".h5")
                }
                #expect(left == [], "a kill left pieces of files behind")
            }
        }

        @Test func interruptedExits130AndGoesOn() throws {
            try LatheCommand.inFolder { lathe in
                let straight = try digest(lathe.start(Self.arguments).wait())
                try FileManager.default.removeItem(at: lathe.url("checkpoints"))
                let run = try lathe.start(Self.arguments)
                for _ in 0..<1000
                where (try? lathe.names(in: "checkpoints/tiny").contains { $0.hasSuffix(".h5") }) != true {
                    Thread.sleep(forTimeInterval: 0.005)
                }
                run.send(SIGINT)
                let stopped = try run.wait()
                stopped.expectFailure(130, "interrupted after step")
                let resumed = try lathe.start(Self.arguments).wait()
                #expect(resumed.errors.contains("going on after step"))
                #expect(try digest(resumed) == straight)
            }
        }

        @Test func flippedByteInTheNewestCheckpointIsPassedOver() throws {
            try LatheCommand.inFolder { lathe in
                let straight = try lathe.json("train", "recipe.yaml")["adapter_sha256"]?.string
                let newest = lathe.url("checkpoints/tiny/step-000006.h5")
                var bytes = try Data(contentsOf: newest)
                bytes[bytes.count / 2] ^= 0x10
                try bytes.write(to: newest)
                let again = try lathe("train", "recipe.yaml", "--json")
                #expect(again.errors.contains("warning: passed over a checkpoint"))
                #expect(again.errors.contains("step-000006.h5"))
                #expect(again.errors.contains("going on after step 3"))
                #expect(try digest(again) == straight)
            }
        }

        @Test func finishedRunDoesNotTrainAgain() throws {
            try LatheCommand.inFolder { lathe in
                let first = try lathe.json("train", "recipe.yaml")
                let again = try lathe.json("train", "recipe.yaml")
                #expect(first["adapter_sha256"] == again["adapter_sha256"])
                #expect(again["steps"] == 6)
            }
        }

        @Test func anotherRecipeInTheSameFolderIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.train()
                let other = try lathe("train", "recipe.yaml", "--set", "train.learning_rate=2e-3")
                other.expectFailure(65, "train.learning_rate: 0.01 → 0.002", "--fresh")
                let fresh = try lathe("train", "recipe.yaml", "--fresh", "--set", "train.learning_rate=2e-3")
                #expect(fresh.code == 0)
            }
        }
    }
}

/// Moments between 0 and 1, the same in every run of the tests.
private struct Moments {
    var state: UInt64

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53)
    }
}
