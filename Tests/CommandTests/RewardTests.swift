// A model that learns from answers of its own, by what rewards say of them (train.objective: grpo and rloo).

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Rewards {
        /// A program that any machine has, with the lines of another one: the longer an answer, the better; a word that it cannot have is
        /// a failure.
        private static let program = #"[awk, '{ print ((NR % 5 == 4) ? "none" : length($0) % 7) "\r" }']"#

        /// Whether the machine can keep a program from the network; otherwise none is run.
        private static let canShutIn: Bool = {
            let ways = [
                ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "--", "true"],
                ["unshare", "--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--", "true"],
            ]
            return ways.contains { words in
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = words
                process.standardError = FileHandle.nullDevice
                guard (try? process.run()) != nil else { return false }
                process.waitUntilExit()
                return process.terminationStatus == 0
            }
        }()
        private static let needsShutter: Comment = "needs bwrap, or unshare where user namespaces are allowed"

        private func recipe(_ objective: String, _ rewards: String, _ more: String = "") -> String {
            LatheCommand.recipe.replacing(
                "train:\n",
                with: """
                    train:
                      objective: \(objective)
                      rewards: \(rewards)
                      num_generations: 4
                      max_completion_length: 8

                    """
            ).replacing("name: tiny", with: "name: rewarded") + more
        }

        private func events(_ event: String, _ lathe: LatheCommand) throws -> [JSONValue] {
            try lathe.text("checkpoints/rewarded/events.jsonl").split(separator: "\n")
                .map { try JSONValue(parsing: String($0)) }.filter { $0["event"]?.string == event }
        }

        private func steps(_ lathe: LatheCommand) throws -> [JSONValue] { try events("step", lathe) }

        /// Takes the checkpoint after step `step` and what follows from it away, as if the run had been killed before it.
        private func forget(after step: Int, _ lathe: LatheCommand) throws {
            let folder = lathe.url("checkpoints/rewarded")
            for name in try lathe.names(in: "checkpoints/rewarded")
            where name == "adapter" || (name.hasPrefix("step-") && name > "step-00000\(step).z") {
                try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
            }
        }

        /// What a step tells, and that a run which goes on draws the same answers.
        @Test(.enabled(if: canShutIn, needsShutter), arguments: ["grpo", "rloo"])
        func aStoppedRunGivesTheSameAdapter(_ objective: String) throws {
            try LatheCommand.inFolder { lathe in
                let rewards = "[{ kind: command, command: \(Self.program) }, { kind: regex, pattern: o, weight: 2 }]"
                try lathe.write("rewarded.yaml", recipe(objective, rewards))
                let settings = [
                    "train.max_steps=6", "train.save_every=2", "train.keep_last=9", "train.beta=0.1",
                    "train.num_iterations=2", "train.learning_rate=1e-2",
                ].flatMap { ["--set", $0] }
                let whole = try lathe.start(["train", "rewarded.yaml", "--json"] + settings).wait()
                try #require(whole.code == 0, "\(whole.errors)")
                #expect(whole.errors.contains("without network"))
                let told = try steps(lathe)
                #expect(told.count == 6)
                for name in [
                    "reward", "reward_command", "reward_regex", "reward_failures", "groups_without_spread", "cut_off",
                    "answer_tokens", "clipped", objective == "grpo" ? "kl" : "sequence_kl",
                ] { #expect(told.allSatisfy { $0[name]?.double != nil }, "\(name)") }
                // One line in five has no number.
                #expect(told.allSatisfy { abs(($0["reward_failures"]?.double ?? 0) - 0.2) < 0.06 })
                #expect(told.allSatisfy { ($0["answer_tokens"]?.double ?? 9) <= 8 })
                // Two steps learn from the same answers, the next two from others.
                #expect(told[0]["reward"] == told[1]["reward"] && told[1]["reward"] != told[2]["reward"])
                // The model that wrote the answers is the one of the first step, and no longer that of the second.
                #expect(told[0]["clipped"]?.double == 0)
                let evaluated = try events("evaluated", lathe)
                #expect(!evaluated.isEmpty && evaluated.allSatisfy { ($0["reward_failures"]?.double ?? 0) > 0 })
                try forget(after: 4, lathe)
                let again = try lathe.start(["train", "rewarded.yaml", "--json"] + settings).wait()
                #expect(again.errors.contains("going on after step 4"), "\(again.errors)")
                #expect(try again.json["adapter_sha256"] == whole.json["adapter_sha256"])
            }
        }

        /// Answers with a letter that pays become the rule, and an evaluation says so.
        @Test func whatPaysIsLearnt() throws {
            try LatheCommand.inFolder { lathe in
                // A set beside the run's own, whose rows the second reward could not judge.
                try lathe.write("other.jsonl", LatheCommand.rows(4, "met"))
                let more = "evaluate:\n  held_out: { other: other.jsonl }\n"
                for name in ["train.jsonl", "held.jsonl"] {
                    try lathe.write(
                        name,
                        lathe.text(name).replacing("{\"prompt\"", with: "{\"word\": \"so\", \"prompt\""))
                }
                let rewards = #"[{ kind: regex, pattern: "[so]" }, { kind: exact, field: word, weight: 0.01 }]"#
                try lathe.write("rewarded.yaml", recipe("grpo", rewards, more))
                let settings = [
                    "train.max_steps=24", "train.learning_rate=1e-2", "train.max_completion_length=4",
                    "evaluate.max_new_tokens=4", "train.temperature=1.5",
                ].flatMap { ["--set", $0] }
                let report = try lathe.start(["run", "rewarded.yaml", "--json"] + settings).wait()
                try #require(report.code == 0, "\(report.errors)")
                let reward = try #require(try report.json["evaluation"]?["metrics"]?["reward"])
                #expect((reward["difference"]?.double ?? -1) > 0, "\(reward)")
                #expect(report.errors.contains("other: evaluate.metrics: reward is not told of these rows"))
            }
        }

        @Test(.enabled(if: canShutIn, needsShutter)) func whatCannotBeJudgedIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                for (rewards, words) in [
                    ("[{ kind: exact }]", "there is no field \"answer\""),
                    ("[{ kind: regex, pattern: \"(\" }]", "no regular expression"),
                    ("[{ kind: command, command: [awk, '{ exit 3 }'] }]", "ended with status 3"),
                    ("[{ kind: command, command: [sleep, \"9\"], timeout: 0.2 }]", "not done after 0.2 seconds"),
                    ("[{ kind: command, command: ['true'] }]", "wrote no number"),
                ] {
                    try lathe.write("rewarded.yaml", recipe("grpo", rewards))
                    try lathe("train", "rewarded.yaml").expectFailure(65, "train.rewards", words)
                }
            }
        }

        /// Ways to other machines, in the kernel's table of them; without any here a program that is not shut in sees none either.
        private static let hasRoutes: Bool = {
            let table = (try? String(contentsOfFile: "/proc/net/route", encoding: .utf8)) ?? ""
            return table.split(separator: "\n").count > 1
        }()

        /// A program reaches nobody, and leaves nothing.
        @Test(
            .enabled(if: canShutIn, needsShutter),
            .enabled(if: hasRoutes, "needs a machine with a network: without one there is nothing to be kept from"))
        func aProgramHasNoNetwork() throws {
            try LatheCommand.inFolder { plain in
                var lathe = plain
                lathe.environment["TMPDIR"] = lathe.url("places").path
                try FileManager.default.createDirectory(at: lathe.url("places"), withIntermediateDirectories: false)
                // Its ways to other machines: the table of them, without its heading; −1 where it runs in another folder.
                let script =
                    "awk 'NR > 1 { n++ } END { print n + 0 }' /proc/net/route > seen; "
                    + "case $PWD in */places/lathe-reward-*) ;; *) echo -1 > seen;; esac; "
                    + "while read -r line; do cat seen; done"
                try lathe.write("look.sh", script + "\n")
                try lathe.write("rewarded.yaml", recipe("grpo", "[{ kind: command, command: [sh, look.sh] }]"))
                _ = try lathe.json("train", "rewarded.yaml", "--set", "train.max_steps=1")
                #expect(try steps(lathe).allSatisfy { $0["reward"]?.double == 0 && $0["reward_failures"]?.double == 0 })
                #expect(try lathe.names(in: "places").isEmpty && !lathe.names(in: ".").contains("seen"))
                // Another program is another run, though it has the same name.
                try lathe.write("look.sh", script + "\n\n")
                try lathe("train", "rewarded.yaml", "--set", "train.max_steps=1")
                    .expectFailure(65, "holds another run", "train.rewards: other content")
            }
        }
    }
}
