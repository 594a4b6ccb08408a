// A model that is served answers as the same model does without a server.

import Foundation
import Recipes
import Serving
import TestSupport
import Testing
import Workbench

@Suite struct ServedModelTests {
    private func ids(_ adapter: String?) throws -> [Int32] {
        let settings = GenerationSettings(maxNewTokens: 40, isRaw: true)
        let session = try Session(model: TinyModel.chatGGUF.path, adapter: adapter)
        return try GenerateStage("The parcel was", settings: settings).run(session, SilentObserver()).ids
    }

    @Test func answersAreThoseOfGenerate() async throws {
        let model = try ServedModel(ResolvedRecipe(model: TinyModel.chatGGUF.path, overrides: []), name: "tiny")
        let engine = ServingEngine(model)
        let paths = ["lora", "dora", "ia3"].map { TinyModel.run($0).appendingPathComponent("final").path }
        for (number, path) in paths.enumerated() { try await model.load("\(number)", from: path) }
        let choices = [[]] + paths.indices.map { [AdapterChoice("\($0)")] }
        let prompt = try model.tokens(ofPrompt: "The parcel was")
        let streams = try choices.map {
            try engine.submit(ServedRequest(prompt: prompt, adapters: $0, maximumTokens: 40))
        }
        for (stream, path) in zip(streams, [nil] + paths) {
            var told: [Int32] = [], text = ""
            for await event in stream {
                guard case .text(let piece, let tokens) = event else { continue }
                told += tokens.map(\.id)
                text += piece
            }
            #expect(try told == ids(path))
            #expect(text == model.facts.tokenizer.decode(told, skipSpecialTokens: true))
        }
        #expect(model.facts.templateSource != nil && model.facts.vocabularySize == TinyModel.vocabularySize)
        let text = try model.render([["role": "user", "content": "hello"]])
        #expect(model.tokens(ofRendered: text).filter { $0 == model.facts.tokenizer.bosID }.count == 1)
        await #expect(throws: ServingError.self) { try await model.load("x", from: "/nowhere") }
    }
}
