// What a script that calls the command reads: each kind of failure has an exit code of its own.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct ExitCodes {
        @Test func eachKindHasItsCode() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("train", "recipe.yaml", "--bogus").expectFailure(64, "--bogus")
                try lathe("train", "recipe.yaml", "--set", "adapter.r=four").expectFailure(65, "adapter.r")
                try lathe("train", "nowhere.yaml").expectFailure(66, "nowhere.yaml")
                // A step so wide that no number stands it.
                try lathe("train", "recipe.yaml", "--set", "name=wild", "--set", "train.learning_rate=1e30")
                    .expectFailure(70, "not finite")
                try lathe.write("checkpoints/tiny", "a file stands in the way\n")
                try lathe("train", "recipe.yaml").expectFailure(74, "checkpoints/tiny")
            }
        }

        @Test func aKindHoldsWhicheverFileIsMeant() throws {
            try LatheCommand.inFolder { lathe in
                let base = LatheCommand.huggingFace
                for (arguments, name) in [
                    (["score", "--model", "nowhere", "--data", "held.jsonl"], "nowhere"),
                    (["score", "--model", base, "--data", "nowhere.jsonl"], "nowhere.jsonl"),
                    (["merge", "--model", base, "--adapter", "nowhere.h5", "--out", "m"], "nowhere.h5"),
                    (["inspect", "nowhere"], "nowhere"),
                    (["score", "--model", "held.jsonl/x", "--data", "held.jsonl"], "held.jsonl/x"),
                ] { try lathe.start(arguments).wait().expectFailure(66, name) }
                // What is there and is not what it should be.
                for (arguments, name) in [
                    (["score", "--model", "held.jsonl", "--data", "held.jsonl"], "held.jsonl"),
                    (["score", "--model", base, "--data", "held.jsonl", "--adapter", "held.jsonl"], "held.jsonl"),
                    (["train", "held.jsonl"], "held.jsonl"),
                ] { try lathe.start(arguments).wait().expectFailure(65, name) }
            }
        }

        @Test func aFullDiskIsCalledFull() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.start(["doctor"], output: URL(fileURLWithPath: "/dev/full")).wait()
                    .expectFailure(74, "standard output", "the disk is full")
            }
        }

        @Test func anInterruptIsNoError() throws {
            try LatheCommand.inFolder { lathe in
                let run = try lathe.start(
                    ["train", "recipe.yaml", "--set", "train.max_steps=100000", "--set", "train.log_every=1"])
                let events = lathe.url("checkpoints/tiny/events.jsonl")
                let deadline = Date() + 60
                while run.process.isRunning, Date() < deadline {
                    if let text = try? String(contentsOf: events, encoding: .utf8), text.contains(#""step""#) { break }
                    usleep(20_000)
                }
                run.send(SIGINT)
                try run.wait().expectFailure(130, "interrupted")
            }
        }
    }
}
