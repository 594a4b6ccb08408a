// Generation: many sequences together against each alone, rounded arithmetic against exact.

import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct GenerationTests {
    private func requests(_ count: Int, sampler: (Int) -> Sampler) -> [GenerationBatch.Request] {
        (0..<count).map { number in
            let ids = [Int32(1)] + randomExample(number * 3 % 7, vocabulary: 400, stream: UInt32(number)).ids
            return GenerationBatch.Request(
                prompt: ids, maximumTokens: 3 + number * 5 % 11, sampler: sampler(number),
                stopTokens: Set(stride(from: 3, to: 512, by: 9)))
        }
    }

    /// Whatever runs beside a sequence, it gets the tokens that it gets alone; ragged prompts and ends, in the order asked.
    @Test(arguments: [ElementType.f32, .bf16], [1, 3, 16]) func companyChangesNoToken(
        precision: ElementType, width: Int
    ) throws {
        let model = try loadModel(TinyModel.gguf, precision: precision)
        let slab = model.attachAdapters(rank: 3)
        let requests = requests(19) { number in
            number % 2 == 0 ? .greedy : Sampler(temperature: 0.8, topK: 40, topP: 0.9, seed: 5, stream: UInt32(number))
        }
        var finished: [Int: GenerationSession.Generated] = [:]
        let together = try GenerationBatch(model: model, width: width).generate(requests) { finished[$0] = $1 }
        for (number, request) in requests.enumerated() {
            let session = GenerationSession(model: model, capacity: 40)
            let alone = try session.generate(
                request.prompt, maximumTokens: request.maximumTokens, sampler: request.sampler,
                stopTokens: request.stopTokens)
            #expect(together[number] == alone && finished[number] == alone)
        }
        #expect(Set(together.map { "\($0.end)" }).count > 1)
        #expect(slab.count > 0)
    }

    @Test func littleMemoryOnlyTakesLonger() throws {
        let model = try loadModel(TinyModel.gguf)
        let requests = requests(9) { _ in .greedy }
        let roomy = try GenerationBatch(model: model).generate(requests)
        #expect(try GenerationBatch(model: model, cacheBytes: 1).generate(requests) == roomy)
        #expect(try GenerationBatch(model: model).generate([]) == [])
        #expect(throws: ModelError.tokenOutOfRange(id: 512, row: 0, vocabularySize: 512)) {
            try GenerationBatch(model: model).generate([.init(prompt: [512], maximumTokens: 1, stopTokens: [])])
        }
    }

    /// Long prompts are read in chunks; a window and several families stand behind the same cache.
    @Test(arguments: FamilyTests.names) func roundedStepsStayNearExactOnes(_ name: String) throws {
        let model = try loadModel(fixture(name), precision: .bf16)
        _ = model.attachAdapters(rank: 3)
        let ids = randomExample(23, vocabulary: 48, stream: 1).ids
        func logits(_ arithmetic: GenerationArithmetic) throws -> [[Float]] {
            let session = GenerationSession(model: model, capacity: 23, arithmetic: arithmetic)
            return try [12, 1, 5, 1, 1, 1, 1].reduce(into: (0, [[Float]]())) { state, count in
                state.1.append(try session.extend(Array(ids[state.0..<(state.0 + count)])))
                state.0 += count
            }.1
        }
        for (exact, rounded) in zip(try logits(.exact), try logits(.rounded)) {
            #expect(maximumDifference(exact, rounded) < 0.2)
        }
    }

    @Test func promptsLongerThanAChunkAreReadWhole() throws {
        let model = try loadModel(TinyModel.gguf)
        let ids = [Int32(1)] + randomExample(700, vocabulary: 400, stream: 9).ids
        let session = GenerationSession(model: model, capacity: 701)
        let whole = try session.extend(ids)
        session.reset()
        _ = try session.extend(Array(ids[..<650]))
        let inParts = try session.extend(Array(ids[650...]))
        #expect(session.length == 701 && maximumDifference(whole, inParts) < 1e-3)
    }

    /// SmolLM2 as people have it: 4-bit blocks, an 8-bit embedding. 16-bit activations hardly move its logits.
    @Test(.enabled(if: smolLM2 != nil, "checkpoints/base holds no SmolLM2")) func blocksOfFourBitsDecodeAsInFloats()
        throws
    {
        let model = try loadModel(try #require(Self.smolLM2), precision: .bf16)
        let ids: [Int32] = [1, 4093, 198, 1780, 359, 260, 3575, 282, 4649, 47, 2, 198, 1, 520, 9531, 198]
        func logits(_ arithmetic: GenerationArithmetic) throws -> [[Float]] {
            let session = GenerationSession(model: model, capacity: ids.count, arithmetic: arithmetic)
            return try [try session.extend(Array(ids[..<11]))] + ids[11...].map { try session.extend([$0]) }
        }
        var differences: [Float] = []
        for (exact, rounded) in zip(try logits(.exact), try logits(.rounded)) {
            differences += zip(exact, rounded).map { abs($0 - $1) }
            #expect(exact.firstIndex(of: exact.max() ?? 0) == rounded.firstIndex(of: rounded.max() ?? 0))
        }
        #expect(differences.reduce(0, +) / Float(differences.count) < 0.05)
    }

    static var smolLM2: URL? {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}
