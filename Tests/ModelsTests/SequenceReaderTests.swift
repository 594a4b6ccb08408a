// Prompts and single tokens through caches: rounded arithmetic against exact, reading that pauses against reading at
// once.

import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct SequenceReaderTests {
    /// A window and several families stand behind the same cache.
    @Test(arguments: FamilyTests.names) func roundedStepsStayNearExactOnes(_ name: String) throws {
        let model = try loadModel(fixture(name), precision: .bf16)
        _ = model.attachAdapters(rank: 3)
        let ids = randomExample(23, vocabulary: 48, stream: 1).ids
        for count in [17, 5] {
            let pairs = zip(
                model.cachedLogits(ids, promptOf: count, .exact), model.cachedLogits(ids, promptOf: count, .rounded))
            for (exact, rounded) in pairs { #expect(maximumDifference(exact, rounded) < 0.25) }
        }
    }

    @Test func promptsLongerThanAChunkAreReadWhole() throws {
        let model = try loadModel(TinyModel.gguf)
        let ids = [Int32(1)] + randomExample(700, vocabulary: 400, stream: 9).ids
        let whole = model.cachedLogits(ids, promptOf: 701)
        #expect(whole.count == 1)
        #expect(maximumDifference(whole[0], model.cachedLogits(ids, promptOf: 500)[201]) < 1e-3)
    }

    /// Of what earlier prompts left in a cache as much is used as has the numbers of a fresh reading, to the last bit.
    @Test(
        arguments: [
            // A short prompt is read in another manner, and so is a chunk that ends past position 1023.
            Turn(5, 20, keeps: 0), Turn(9, 20, keeps: 9), Turn(300, 511, keeps: 300), Turn(300, 700, keeps: 300),
            Turn(517, 518, keeps: 517), Turn(518, 600, keeps: 512), Turn(600, 1000, keeps: 600),
            Turn(900, 1100, keeps: 512), Turn(1100, 1300, keeps: 1100), Turn(40, 40, keeps: 39),
        ], [(TinyModel.gguf, ElementType.f32), (TinyModel.gguf, .bf16), (TinyModel.chatGGUF, .bf16)])
    func readingGoesOnWhereItPaused(_ turn: Turn, _ form: (url: URL, precision: ElementType)) throws {
        let model = try loadModel(form.url, precision: form.precision)
        for adapted in [false, true] {
            let slab = adapted ? model.attachAdapters(rank: 3) : nil
            let (kept, continued) = turn.read(model)
            #expect(kept == turn.keeps)
            #expect(continued == model.cachedLogits(turn.second, promptOf: turn.second.count)[0])
            #expect((slab == nil) != adapted)
        }
    }

    /// Every family goes on as the tiny model does; windows, offsets and norms of heads are among them.
    @Test(arguments: FamilyTests.names, [ElementType.f32, .bf16])
    func everyFamilyGoesOn(_ name: String, precision: ElementType) throws {
        let model = try loadModel(fixture(name), precision: precision)
        for (first, second) in [(9, 23), (17, 50), (33, 130)] {
            let turn = Turn(first, second, keeps: first, vocabulary: 48)
            let (kept, continued) = turn.read(model)
            #expect(kept == first && continued == model.cachedLogits(turn.second, promptOf: second)[0])
        }
    }

    /// What a step wrote, what differs, and what adapters read with other numbers is read again.
    @Test func whatIsNotAPromptIsReadAgain() throws {
        let model = try loadModel(TinyModel.gguf), reader = SequenceReader(model)
        let ids = [Int32(1)] + randomExample(39, vocabulary: 400, stream: 3).ids
        let cache = reader.cache(capacity: 40)
        for chunk in [PromptChunk(after: 0, ofPromptOf: 20)].compactMap({ $0 }) {
            reader.read(chunk, of: Array(ids[..<20]), into: cache, adapters: .none) { _ in }
        }
        _ = reader.step([ids[20]], into: [cache], adapters: .none) { _, _ in }
        #expect(cache.length == 21 && cache.commonBeginning(with: ids) == 20)
        var changed = ids
        changed[12] += 1
        #expect(cache.commonBeginning(with: changed) == 12)
        #expect(cache.commonBeginning(with: Array(ids[..<15])) == 14)
        #expect(cache.commonBeginning(with: [ids[0]]) == 0)
        #expect(cache.beginning(12, capacity: 40).length == 12)
    }

    /// What passes take of a workspace is what the same passes take of one that only counts; with experts, no more.
    @Test(arguments: FamilyTests.names, [GenerationArithmetic.exact, .rounded])
    func memoryIsPredictedToTheByte(_ name: String, _ arithmetic: GenerationArithmetic) throws {
        let model = try loadModel(fixture(name), precision: .bf16)
        _ = model.attachAdapters(rank: 3)
        for (prompt, sequences) in [(40, 0), (5, 0), (1, 1), (12, 7), (3, 30)] {
            let workspace = Workspace(), reader = SequenceReader(model, arithmetic: arithmetic, workspace: workspace)
            let ids = randomExample(prompt, vocabulary: 48, stream: 1).ids
            let caches = (0..<max(sequences, 1)).map { _ in reader.cache(capacity: prompt + 1) }
            guard let chunk = PromptChunk(after: 0, ofPromptOf: prompt) else { continue }
            for cache in caches { reader.read(chunk, of: ids, into: cache, adapters: model.adapters) { _ in } }
            if sequences > 0 {
                _ = reader.step(
                    [Int32](repeating: 5, count: sequences), into: caches, adapters: model.adapters
                ) { _, _ in }
            }
            let predicted = reader.predictedBytes(
                promptTokens: prompt, sequences: sequences, adapters: model.adapters)
            guard model.configuration.blocks.allSatisfy({ $0.feedForward.experts == nil }) else {
                // Which experts rows go to is not known before: the most that can be is foreseen.
                #expect(workspace.peakBytes <= predicted && predicted < 3 * workspace.peakBytes)
                continue
            }
            #expect(workspace.peakBytes == predicted)
        }
    }

    /// SmolLM2 as people have it: 4-bit blocks, an 8-bit embedding. 16-bit activations hardly move its logits.
    @Test(.enabled(if: smolLM2 != nil, "checkpoints/base holds no SmolLM2")) func blocksOfFourBitsDecodeAsInFloats()
        throws
    {
        let model = try loadModel(try #require(Self.smolLM2), precision: .bf16)
        let ids: [Int32] = [1, 4093, 198, 1780, 359, 260, 3575, 282, 4649, 47, 2, 198, 1, 520, 9531, 198]
        var differences: [Float] = []
        for (exact, rounded) in zip(
            model.cachedLogits(ids, promptOf: 11, .exact), model.cachedLogits(ids, promptOf: 11, .rounded))
        {
            differences += zip(exact, rounded).map { abs($0 - $1) }
            #expect(exact.firstIndex(of: exact.max() ?? 0) == rounded.firstIndex(of: rounded.max() ?? 0))
        }
        #expect(differences.reduce(0, +) / Float(differences.count) < 0.05)
        let turn = Turn(70, 200, keeps: 70)
        let (kept, continued) = turn.read(model)
        #expect(kept == 70 && continued == model.cachedLogits(turn.second, promptOf: 200)[0])
    }

    static var smolLM2: URL? {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")
        return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}

/// A prompt and a longer one that begins with it.
struct Turn: Sendable, CustomTestStringConvertible {
    let first: [Int32]
    let second: [Int32]
    /// How much of the first is as the second one has it.
    let keeps: Int

    init(_ first: Int, _ second: Int, keeps: Int, vocabulary: Int = 400) {
        self.second = [Int32(1)] + randomExample(second - 1, vocabulary: vocabulary, stream: 4).ids
        self.first = Array(self.second[..<first])
        self.keeps = keeps
    }

    var testDescription: String { "\(first.count) tokens, then \(second.count)" }

    /// Reads the first, then the second from where it can go on: how much was kept, and the logits after the second.
    func read(_ model: LanguageModel) -> (kept: Int, logits: [Float]?) {
        let reader = SequenceReader(model)
        var cache = reader.cache(capacity: first.count), logits: [Float]?
        func read(_ prompt: [Int32]) {
            while let chunk = PromptChunk(after: cache.length, ofPromptOf: prompt.count) {
                logits = reader.read(chunk, of: prompt, into: cache, adapters: model.adapters) { Array($0) }
            }
        }
        read(first)
        let kept = cache.commonBeginning(with: second)
        cache = cache.beginning(kept, capacity: second.count)
        read(second)
        return (kept, logits)
    }
}
