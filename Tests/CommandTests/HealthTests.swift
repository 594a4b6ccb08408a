// What a run says of its health: as it goes, in its report, and to whoever looks at it afterwards.

import JSON
import Testing

extension CommandTests {
    @Suite struct HealthInWords {
        @Test func aRateThatIsTooHighIsSaidWhereverTheRunIsShown() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try lathe(
                    "run", "recipe.yaml", "--json", "--set", "train.learning_rate=1", "--set", "train.max_steps=12",
                    "--set",
                    "evaluate.enabled=false")
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.errors.contains("health: rate too high: "))
                let found = try #require(try JSONValue(parsing: outcome.output)["health"]?.array)
                let finding = try #require(found.first { $0["name"] == "rate_too_high" })
                #expect(finding["key"] == "train.learning_rate" && finding["evidence"]?["learning_rate"]?.double == 1)
                let events = try lathe.text("checkpoints/tiny/events.jsonl")
                #expect(events.contains("\"run_facts\"") && events.contains("\"health\""))
                #expect(try lathe.text("checkpoints/tiny/report.md").contains("health: rate too high: "))
                // By the same rules, from the log alone.
                let seen = try lathe.json("inspect", "checkpoints/tiny")["health"]?.array ?? []
                #expect(seen == found)
            }
        }
    }
}
