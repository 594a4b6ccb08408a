// What a file multiplies embeddings, scores, additions to the stream and logits with.

import Foundation
import JSON
import Models
import TestSupport
import Testing

@Suite struct MultiplierTests {
    private static let granite = JSONObject([
        ("model_type", "granite"), ("hidden_size", 64), ("intermediate_size", 96), ("num_hidden_layers", 2),
        ("num_attention_heads", 4), ("vocab_size", 100),
    ])

    private static func read(_ changes: [JSONObject.Member]) throws -> ModelConfiguration {
        var object = granite
        for (key, value) in changes { object[key] = value }
        return try ModelConfiguration(huggingFace: .object(object))
    }

    /// A written file says the numbers that were read, and no others that are near.
    @Test(arguments: [6.0, 8, 13, 0.7, 1, 0.001, 3.3333333])
    func aFileSaysTheNumbersThatWereRead(_ value: Double) throws {
        let keys = ["embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling"]
        let model = try Self.read(keys.map { ($0, .double(value)) })
        #expect(model.head.scale == Float(1 / value) && model.embedding.scale == Float(value))
        #expect(model.blocks.allSatisfy { $0.attention.shape.scale == Float(value) })
        #expect(
            model.blocks.allSatisfy {
                $0.attention.residualScale == Float(value) && $0.feedForward.residualScale == Float(value)
            })
        let written = model.huggingFaceJSON
        for key in keys { #expect(abs((written[key]?.double ?? 0) / value - 1) < 1e-7, "\(key)") }
        #expect(try ModelConfiguration(huggingFace: .object(written)) == model)
    }

    /// Where nothing is said, nothing is multiplied, scores neither: they are not divided by √D.
    @Test func silenceMultipliesNothing() throws {
        let model = try Self.read([])
        #expect(model.embedding.scale == 1 && model.head.scale == 1)
        #expect(model.blocks.allSatisfy { $0.attention.shape.scale == 1 && $0.attention.residualScale == 1 })
    }

    @Test(
        arguments: ["embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling"],
        [0.0, -2])
    func whatIsNotAboveZeroIsRefused(_ key: String, _ value: Double) throws {
        #expect(
            throws: ModelConfigurationError.invalid(key: key, value: "\(value)", expected: "a number above 0")
        ) { try Self.read([(key, .double(value))]) }
    }
}
