// Models that read a text and write another, against transformers.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing

@Suite struct EncoderDecoderTests {
    /// Written by scripts/goldens/encoder_decoder.py.
    static let names = ["t5", "t5-gated", "mt5"]

    /// A model with what transformers says of it.
    private struct Case {
        let model: LanguageModel
        let golden: JSONValue
        /// What is read, then what is written, of each example.
        let texts: [[Int32]]
        let logits: [[Float]]
        let vocabulary: Int

        init(_ name: String) throws {
            model = try loadModel(fixture(name))
            golden = try parse(fixture(name).appendingPathComponent("golden.json"))
            let (read, written) = (golden["read"]?.array ?? [], golden["written"]?.array ?? [])
            texts = zip(read, written).map { integers($0) + integers($1) }
            logits = (golden["logits"]?.array ?? []).map { floats($0) }
            vocabulary = model.configuration.vocabularySize
        }

        func batch(_ texts: [[Int32]]) -> TokenBatch {
            let start = model.configuration.encoder.map { Int32($0.startToken) }
            return TokenBatch(
                examples: texts.map { text in
                    let place = text.firstIndex { $0 == start } ?? 0
                    return (text, text.indices.map { $0 > place })
                })
        }
    }

    @Test(arguments: names) func logitsAreThoseOfTransformers(_ name: String) throws {
        let golden = try Case(name)
        // Both examples in one batch: their rows must not meet.
        let logits = try golden.model.logits(golden.batch(golden.texts), workspace: Workspace())
        #expect(golden.logits.flatMap { $0 }.count == (9 + 16) * 48)
        #expect(maximumDifference(logits, golden.logits.flatMap { $0 }) < 1e-4)
    }

    /// Losses are of what is written alone, and the same example by example.
    @Test(arguments: names) func lossesAreOfWhatIsWritten(_ name: String) throws {
        let golden = try Case(name)
        let together = try golden.model.tokenLosses(golden.batch(golden.texts), workspace: Workspace())
        #expect(together.counts == [8, 15])
        var rows = 0
        for (text, logits) in zip(golden.texts, golden.logits) {
            let targets = text.suffix(logits.count / golden.vocabulary - 1)
            for (row, target) in targets.enumerated() {
                let own = logits[row * golden.vocabulary..<(row + 1) * golden.vocabulary].map { Double($0) }
                let most = own.max() ?? 0
                let loss = log(own.reduce(0) { $0 + exp($1 - most) }) + most - own[Int(target)]
                #expect(abs(Double(together.values[rows]) - loss) < 1e-4)
                rows += 1
            }
        }
        #expect(rows == together.values.count)
    }

    @Test(arguments: names) func gradientsAreThoseOfFiniteDifferences(_ name: String) throws {
        let golden = try Case(name)
        let slab = golden.model.attachAdapters(rank: 2, scale: 1.5)
        try expectGradients(golden.model, slab, golden.batch(golden.texts))
    }

    /// Where only the decoder is trained nothing goes back through the encoder, and where only the encoder is, all of it goes through the
    /// decoder.
    @Test(arguments: ["encoder.", "decoder.", "decoder.block.1.layer.1.EncDecAttention.v"])
    func partsOfAModelAreTrained(_ prefix: String) throws {
        let golden = try Case("mt5")
        let slab = golden.model.attachAdapters(rank: 2, scale: 1.5) { $0.hasPrefix(prefix) }
        try expectGradients(golden.model, slab, golden.batch(golden.texts))
    }

    /// Blocks that are run again on the way back give the same gradients, and the memory of passes is foreseen.
    @Test(arguments: names) func recomputingChangesNothing(_ name: String) throws {
        let golden = try Case(name)
        let slab = golden.model.attachAdapters(rank: 2)
        let batch = golden.batch(golden.texts)
        let (_, whole) = try golden.model.gradients([batch], slab: slab)
        for blocks in 1...golden.model.trainedBlocks {
            let (_, again) = try golden.model.gradients([batch], slab: slab, recomputedBlocks: blocks)
            #expect(again == whole, "\(blocks) blocks run again")
        }
    }

    /// What was read stands in the cache beside what is written, whatever is answered beside it.
    @Test(arguments: names) func cachedStepsGiveTheLogitsOfOnePass(_ name: String) throws {
        let golden = try Case(name), reader = SequenceReader(golden.model)
        for (text, logits) in zip(golden.texts, golden.logits) {
            let cache = reader.cache(capacity: text.count), written = logits.count / golden.vocabulary
            let prompt = Array(text.dropLast(written - 1))
            var found: [[Float]] = []
            while let chunk = reader.nextChunk(of: prompt, in: cache) {
                reader.read(chunk, of: prompt, into: cache, adapters: golden.model.adapters) { found.append(Array($0)) }
            }
            for id in text.suffix(written - 1) {
                found += reader.step([id], into: [cache], adapters: golden.model.adapters) { Array($1) }
            }
            #expect(found.count == written)
            #expect(maximumDifference(found.flatMap { $0 }, logits) < 1e-4)
        }
    }

    /// Greedy answers are those of transformers.
    @Test(arguments: names) func answersAreThoseOfTransformers(_ name: String) throws {
        let golden = try Case(name), reader = SequenceReader(golden.model)
        let (read, answers) = (golden.golden["read"]?.array ?? [], golden.golden["answers"]?.array ?? [])
        #expect(answers.count == 2)
        for (source, answer) in zip(read, answers) {
            let prompt = integers(source) + [0], expected = integers(answer)
            let cache = reader.cache(capacity: prompt.count + expected.count)
            func best(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
                Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0)
            }
            var found: [Int32] = []
            while let chunk = reader.nextChunk(of: prompt, in: cache) {
                reader.read(chunk, of: prompt, into: cache, adapters: golden.model.adapters) { found.append(best($0)) }
            }
            while let last = found.last, found.count < expected.count {
                found += reader.step([last], into: [cache], adapters: golden.model.adapters) { best($1) }
            }
            #expect(found == expected)
        }
    }

    @Test func whatCannotBeReadOrWrittenIsAnError() throws {
        let golden = try Case("t5")
        for (text, error) in [
            ([5, 6, 7], ModelError.nothingToWrite(example: 0, startToken: 0)),
            ([0, 6, 7], ModelError.nothingToRead(example: 0)),
        ] as [([Int32], ModelError)] {
            #expect(throws: error) {
                _ = try golden.model.tokenLosses(
                    TokenBatch(examples: [(text, text.map { _ in true })]), workspace: Workspace())
            }
        }
    }

    // MARK: config.json

    /// Another value for each field that is read.
    private static let others: [String: JSONValue] = [
        "model_type": "mt5", "vocab_size": 50, "d_model": 32, "hidden_size": 32, "d_kv": 8, "head_dim": 8, "d_ff": 26,
        "num_layers": 3, "num_hidden_layers": 3, "num_heads": 2, "num_attention_heads": 2, "num_decoder_layers": 4,
        "relative_attention_num_buckets": 12, "relative_attention_max_distance": 20, "layer_norm_epsilon": 1e-4,
        "feed_forward_proj": "gated-silu", "decoder_start_token_id": 3, "n_positions": 77,
        "tie_word_embeddings": false, "scale_decoder_outputs": false, "bos_token_id": 4, "eos_token_id": [6, 7],
    ]

    @Test(arguments: ["t5", "mt5"]) func everyFieldDoesWhatItsTableSays(_ name: String) throws {
        let golden = try parse(fixture("configurations").appendingPathComponent("golden.json"))
        let declared = try #require(golden["fields"]?[name]?.object)
        let family = try #require(ModelFamily.named(name))
        for (key, _) in declared.members { #expect(family.fields[key] != nil, "\(key) has no entry") }
        func read(_ changes: [JSONObject.Member]) throws -> ModelConfiguration {
            var object = JSONObject([("model_type", .string(name)), ("vocab_size", 48)])
            for (key, value) in changes { object[key] = value }
            return try ModelConfiguration(huggingFace: .object(object))
        }
        let usual = try read([])
        for key in Set(family.fields.fields.map(\.key)).sorted() {
            switch try #require(family.fields[key]).use {
            // mT5 scales no logits whatever is said; where writing begins, the padding says only where nothing else does.
            case .read where key == "pad_token_id": #expect(try read([(key, 3)]) != usual)
            case .read where name == "mt5" && ["tie_word_embeddings", "scale_decoder_outputs"].contains(key):
                #expect(try read([(key, false)]) == usual)
            case .read:
                let other = try #require(Self.others[key], "no other value for \(key)")
                guard key != "model_type" else { continue }
                #expect(try read([(key, other)]) != usual, "\(key) is read")
            case .harmless: #expect(try read([(key, 3)]) == usual, "\(key) is without effect")
            case .only:
                #expect(throws: ModelConfigurationError.unsupported(key: key, value: "odd"), "\(key)") {
                    try read([(key, "odd")])
                }
            case .trainingOnly: #expect(try read([(key, 0.25)]) == usual)
            }
        }
        #expect(throws: ModelConfigurationError.self) { try read([("d_model", 32), ("hidden_size", 64)]) }
        for odd in ["gated", "gated-swish-relu", "tanh"] {
            #expect(throws: ModelConfigurationError.unsupported(key: "feed_forward_proj", value: odd)) {
                try read([("feed_forward_proj", .string(odd))])
            }
        }
    }

    /// Where a file says nothing the two families are of different sizes, as in transformers.
    @Test(arguments: [("t5", 6, 8, 2_048), ("mt5", 8, 6, 1_024)])
    func aSilentFileIsOfTheFamilysSizes(_ name: String, layers: Int, heads: Int, innerWidth: Int) throws {
        let golden = try parse(fixture("configurations").appendingPathComponent("golden.json"))
        let declared = try #require(golden["fields"]?[name]?.object)
        #expect(declared["num_layers"]?.integer == layers && declared["num_heads"]?.integer == heads)
        let model = try ModelConfiguration(
            huggingFace: .object(JSONObject([("model_type", .string(name)), ("vocab_size", 48)])))
        #expect(model.layers == layers && model.encoder?.blocks.count == layers)
        #expect(model.blocks[0].attention.shape.heads == heads && model.blocks[0].feedForward.width == innerWidth)
    }

    /// What is written of a configuration is read as the same.
    @Test(arguments: names) func aConfigurationComesBack(_ name: String) throws {
        let configuration = try loadModel(fixture(name)).configuration
        var again = try ModelConfiguration(huggingFace: .object(configuration.huggingFaceJSON))
        // Whether the head stands beside the embedding, the weights say.
        again.isTied = configuration.isTied
        #expect(again == configuration)
    }
}
