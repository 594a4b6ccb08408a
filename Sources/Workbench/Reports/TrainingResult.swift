// What training says of itself.

internal import Foundation
public import JSON
internal import Spelling
internal import Training

/// What training came to.
public struct TrainingResult: Presentable {
    let steps: Int
    let finalLoss: Double?
    let tokensPerSecond: Double
    /// SHA-256 of the adapter's factors.
    let digest: String
    /// What the run showed to be wrong.
    let health: [HealthFinding]

    init(_ outcome: TrainingOutcome, digest: String, health: [HealthFinding]) {
        self.health = health
        (steps, finalLoss, tokensPerSecond) = (outcome.steps, outcome.finalLoss, outcome.tokensPerSecond)
        self.digest = digest
    }

    init?(_ json: JSONValue) {
        guard let steps = json["steps"]?.integer, let digest = json["adapter_sha256"]?.string else { return nil }
        (self.steps, self.digest) = (steps, digest)
        finalLoss = json["final_loss"]?.double
        tokensPerSecond = json["tokens_per_second"]?.double ?? 0
        health = (json["health"]?.array ?? []).compactMap { HealthFinding($0) }
    }

    public var json: JSONValue {
        [
            "steps": .integer(steps), "final_loss": finalLoss.map { .double($0) } ?? .null,
            "tokens_per_second": .double(tokensPerSecond), "adapter_sha256": .string(digest),
            "health": .array(health.map(\.json)),
        ]
    }

    public var text: String {
        (["\(Count.text(steps, "step"))" + (finalLoss.map { ", last loss " + ShownNumber.fourDigits($0) } ?? "")]
            + health.map { "health: \($0.line)" }).joined(separator: "\n")
    }
}
