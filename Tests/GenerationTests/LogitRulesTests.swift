// Penalties, biases and log-probabilities, against transformers.

import Foundation
import Generation
import JSON
import Models
import TestSupport
import Testing

@Suite struct LogitRulesTests {
    private static let golden = packageRoot.appendingPathComponent("Tests/GenerationTests/Fixtures/sampling.json")

    private func rules(_ value: JSONValue) -> LogitRules {
        var bias: [Int32: Float] = [:]
        for member in value["bias"]?.object?.members ?? [] {
            bias[Int32(member.key) ?? -1] = Float(member.value.double ?? 0)
        }
        return LogitRules(
            repetitionPenalty: value["repetition"]?.double ?? 1, presencePenalty: value["presence"]?.double ?? 0,
            frequencyPenalty: value["frequency"]?.double ?? 0, bias: bias)
    }

    @Test func answersAndProbabilitiesAreThoseOfTransformers() throws {
        let cases = try #require(
            try JSONValue(parsing: String(contentsOf: Self.golden, encoding: .utf8))["cases"]?.array)
        let model = try tinyModel(TinyModel.base)
        var answers: Set<[Int32]> = []
        for golden in cases {
            let tokens = try #require(golden["tokens"]?.array), prompt = golden["prompt"]?.array ?? []
            var scores: [TokenScores] = []
            var request = GenerationRequest(
                prompt: prompt.compactMap(\.integer).map { Int32($0) }, maximumTokens: tokens.count)
            request.rules = rules(golden["rules"] ?? .null)
            request.scoredTokens = 5
            request.whenChosen = { scores.append($0) }
            let answer = try request.alone(model).tokens
            #expect(answer == tokens.compactMap { $0["id"]?.integer }.map { Int32($0) })
            #expect(scores.count == tokens.count)
            for (score, token) in zip(scores, tokens) {
                #expect(abs(Double(score.logProb) - (token["log_prob"]?.double ?? .nan)) < 2e-3)
                #expect(score.top.map { Int($0.id) } == token["top"]?.array?.compactMap(\.integer))
                for (candidate, value) in zip(score.top, token["top_log_probs"]?.array ?? []) {
                    #expect(abs(Double(candidate.logProb) - (value.double ?? .nan)) < 2e-3)
                }
            }
            answers.insert(answer)
        }
        // The rules made a difference.
        #expect(answers.count > cases.count / 2)
    }

    @Test func aBiasForbidsAToken() throws {
        let model = try tinyModel()
        var request = GenerationRequest(prompt: prompt(6, 1), maximumTokens: 20)
        let free = try request.alone(model).tokens, forbidden = try #require(free.first)
        request.rules = LogitRules(bias: [forbidden: -.infinity])
        #expect(try !request.alone(model).tokens.contains(forbidden))
        let all = (0..<Int32(512)).map { ($0, -Float.infinity) }
        request.rules = LogitRules(bias: Dictionary(uniqueKeysWithValues: all))
        #expect(throws: GenerationError.nothingAllowed(position: 6)) { try request.alone(model) }
        request.rules = LogitRules(bias: [512: 1])
        #expect(throws: GenerationError.biasOutOfRange(id: 512, vocabularySize: 512)) { try request.alone(model) }
    }

    /// All candidates, however many are asked for, in falling order.
    @Test(arguments: [0, 1, 63, 64, 600]) func asManyCandidatesAsAsked(count: Int) throws {
        var scores: [TokenScores] = []
        var request = GenerationRequest(prompt: prompt(4, 2), maximumTokens: 2)
        request.scoredTokens = count
        request.whenChosen = { scores.append($0) }
        _ = try request.alone(tinyModel())
        for score in scores {
            #expect(score.top.count == min(count, 512))
            #expect(zip(score.top, score.top.dropFirst()).allSatisfy { $0.logProb >= $1.logProb })
            if let first = score.top.first { #expect(first.logProb == score.logProb) }
            let mass = score.top.reduce(0.0) { $0 + exp(Double($1.logProb)) }
            #expect(mass <= 1.0001 && (count < 512 || mass > 0.9999))
        }
        #expect(scores.count == 2)
    }
}
