// GGUF of a Hugging Face folder: the same numbers under other names, and the metadata that llama.cpp reads them by.

import Adapters
import Foundation
import JSON
import Kernels
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers
import Vocabulary
import WeightFiles

@Suite struct GGUFOfFolderTests {
    /// What a family's tiny model is written to, as a folder, as a GGUF file of it, and as a folder of that.
    private static func withCopies(
        _ family: TinyFamily, type: WeightType = .auto, _ body: (_ folder: URL, _ file: URL, _ back: URL) throws -> Void
    ) throws {
        try withTemporaryDirectory { place in
            let (folder, file, back) = (
                place.appendingPathComponent("tiny-model"), place.appendingPathComponent("model.gguf"),
                place.appendingPathComponent("back")
            )
            try family.write(to: folder)
            let options = ModelOutputOptions(type: type)
            try ModelMerger(base: openWeights(folder)).export(as: .gguf, into: file, options: options)
            try ModelMerger(base: openWeights(file)).export(as: .huggingFaceFolder, into: back)
            try body(folder, file, back)
        }
    }

    @Test(arguments: TinyFamily.allCases) func aFolderComesBackFromItsFile(_ family: TinyFamily) throws {
        try Self.withCopies(family) { folder, _, back in
            let (base, copy) = (try openWeights(folder), try openWeights(back))
            #expect(Set(base.paths) == Set(copy.paths) && !base.paths.isEmpty)
            for path in base.paths {
                let (left, right) = (try base.tensor(at: path), try copy.tensor(at: path))
                #expect(left.shape == right.shape && left.dtype == right.dtype)
                #expect(left.bytes.elementsEqual(right.bytes), "\(path)")
            }
        }
    }

    @Test(arguments: TinyFamily.allCases) func aFileComputesWhatItsFolderDoes(_ family: TinyFamily) throws {
        try Self.withCopies(family) { folder, file, _ in
            let (expected, found) = (try Self.logits(folder), try Self.logits(file))
            #expect(expected.contains { abs($0) > 0.1 })
            #expect(maximumDifference(expected, found) < 2e-5)
        }
    }

    /// Both types that hold the tiny models' numbers exactly.
    @Test(arguments: TinyFamily.allCases, [WeightType.fp16, .bf16])
    func aFileOfAHalfTypeComputesTheSame(_ family: TinyFamily, _ type: WeightType) throws {
        try Self.withCopies(family, type: type) { folder, file, _ in
            #expect(maximumDifference(try Self.logits(folder), try Self.logits(file)) < 2e-5)
            let gguf = try GGUFFile(file)
            // Norms stay fp32, those too that have a row for each head; so do routers and positions.
            #expect(
                gguf.tensors.allSatisfy { tensor in
                    let isFloat =
                        tensor.shape.rank < 2
                        || ["_norm.weight", "ffn_gate_inp.weight", "position_embd.weight"].contains {
                            tensor.name.hasSuffix($0)
                        }
                    return tensor.type.dtype == (isFloat ? .f32 : type == .fp16 ? .f16 : .bf16)
                })
            #expect(gguf.value("general.file_type")?.integer == (type == .fp16 ? 1 : 32))
        }
    }

    @Test(arguments: TinyFamily.allCases) func theMetadataSayWhatTheFolderSays(_ family: TinyFamily) throws {
        try Self.withCopies(family) { folder, file, _ in
            let gguf = try GGUFFile(file), model = try ModelConfiguration(of: openWeights(folder))
            let architectures = [
                "mistral": "llama", "gemma3_text": "gemma3", "mixtral": "llama", "qwen3_moe": "qwen3moe",
                "cohere": "command-r", "gpt_neox": "gptneox",
            ]
            #expect(gguf.architecture == (architectures[model.family] ?? model.family))
            #expect(gguf.value("general.name")?.string == "Tiny Model" && gguf.value("general.type")?.string == "model")
            #expect(gguf.value("general.size_label")?.string?.hasSuffix("K") == true)
            for (key, value) in [
                ("general.quantization_version", 2), ("general.file_type", 0), ("tokenizer.ggml.bos_token_id", 1),
                ("tokenizer.ggml.eos_token_id", 2), ("tokenizer.ggml.padding_token_id", 0),
            ] { #expect(gguf.value(key)?.integer == value, "\(key)") }
            let shape = model.blocks[0].attention.shape
            for (key, value) in [
                ("context_length", 256), ("embedding_length", 32), ("block_count", model.layers),
                ("feed_forward_length", 40),
                ("attention.head_count", 4), ("attention.head_count_kv", shape.groups),
                ("attention.key_length", shape.headWidth),
                ("attention.value_length", shape.headWidth), ("vocab_size", 512),
            ] { #expect(gguf.architectureValue(key)?.integer == value, "\(key)") }
            let isByRootMeanSquare = model.finalNorm?.kind == .rms
            let epsilon = "attention.layer_norm_" + (isByRootMeanSquare ? "rms_epsilon" : "epsilon")
            #expect(gguf.architectureValue(epsilon)?.double == Double(Float(1e-5)))
            #expect((gguf.entry("rope_freqs.weight") != nil) == [.llama3, .divisors].contains(family))
            #expect(try ModelConfiguration.notes(gguf: gguf).isEmpty)
        }
    }

    // MARK: Experts

    /// A stack is rounded as the matrices in it are, each with what its own columns count.
    @Test(arguments: [TinyFamily.mixtral, .qwen3MoE], [false, true])
    func stacksAreRoundedExpertByExpert(_ family: TinyFamily, isWeighed: Bool) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), file = place.appendingPathComponent("model.gguf")
            try family.write(to: folder)
            let stack = "blk.1.ffn_gate_exps.weight"
            var options = ModelOutputOptions(type: .q4_0)
            if isWeighed {
                // The columns of one expert count unequally, of another nothing is known.
                let sums: [Float] = (0..<12 * 32).map { index in
                    let column = Float(index % 32)
                    return index / 32 == 7 ? column * column * 100 + 1 : 1
                }
                let counts: [Float] = (0..<12).map { $0 == 5 ? 0 : 3 }
                options.importance = ColumnImportance(
                    ImportanceMatrix(
                        [.init(name: stack, sums: sums, counts: counts)], datasets: [], chunkCount: 1, chunkSize: 9),
                    origin: "here")
            }
            try ModelMerger(base: openWeights(folder)).export(as: .gguf, into: file, options: options)
            let gguf = try GGUFFile(file), entry = try #require(gguf.entry(stack))
            #expect(entry.shape == [12, 40, 32] && entry.type.dtype == .q4_0)
            #expect(gguf.entry("blk.1.ffn_down_exps.weight")?.type.dtype == .f16)
            let (base, written) = (try openWeights(folder), try openWeights(file))
            let ending = family == .mixtral ? ".w1.weight" : ".gate_proj.weight"
            let names = base.paths.filter { $0.hasPrefix("model.layers.1.") && $0.hasSuffix(ending) }
            #expect(names.count == 12)
            for name in names {
                let (exact, rounded) = (try Self.numbers(base, name), try Self.numbers(written, name))
                #expect(maximumDifference(exact, rounded) < 0.06, "\(name)")
                #expect(exact != rounded)
            }
        }
    }

    private static func numbers(_ weights: any WeightSource, _ name: String) throws -> [Float] {
        Widening.floats(try weights.tensor(at: name))
    }

    /// Merged into a stack, what one expert's adapter changes is that expert.
    @Test func adaptersGoIntoTheirPartOfAStack() throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), file = place.appendingPathComponent("model.gguf")
            let merged = place.appendingPathComponent("merged")
            try TinyFamily.qwen3MoE.write(to: folder)
            let base = try openWeights(folder), model = try LanguageModel(base, precision: .f32)
            let set = try AdapterSet(AdapterConfiguration(rank: 2, alpha: 4), for: model)
            let random = RandomStream(seed: 2, purpose: .probe)
            for index in set.slab.values.indices {
                set.slab.values[index] = Float(random.uniform(stream: 0, index: UInt64(index)) - 0.5)
            }
            set.slab.valuesChanged()
            set.attach(to: model)
            let ids: [Int32] = [1, 30, 77, 2, 5, 400, 12, 13, 14, 90, 91, 92, 500, 3, 8, 260]
            let batch = TokenBatch(examples: [(ids, ids.map { _ in false })])
            let expected = try model.logits(batch, workspace: Workspace())
            for (format, output) in [(ModelFormat.gguf, file), (.huggingFaceFolder, merged)] {
                _ = try ModelMerger(base: base).merge(
                    set.lowRankDeltas, as: format, into: output, options: ModelOutputOptions(type: .fp32))
                let found = try LanguageModel(openWeights(output), precision: .f32).logits(
                    batch, workspace: Workspace())
                #expect(maximumDifference(found, expected) < 1e-4)
            }
            #expect(maximumDifference(try Self.logits(folder), expected) > 0.1)
            // Where only some experts change, the whole stack is of the type that they need.
            let small = place.appendingPathComponent("small.gguf"), again = place.appendingPathComponent("again.gguf")
            try ModelMerger(base: base).export(as: .gguf, into: small, options: ModelOutputOptions(type: .q8_0))
            let one = set.lowRankDeltas.filter { $0.path == "model.layers.0.mlp.experts.3.gate_proj" }
            _ = try ModelMerger(base: openWeights(small)).merge(one, as: .gguf, into: again)
            #expect(try GGUFFile(again).entry("blk.0.ffn_gate_exps.weight")?.type.dtype == .bf16)
            #expect(try GGUFFile(again).entry("blk.1.ffn_gate_exps.weight")?.type.dtype == .q8_0)
        }
    }

    // MARK: Several files

    @Test func aModelIsWrittenInParts() throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model"), parts = place.appendingPathComponent("parts")
            try TinyFamily.llama3.write(to: folder)
            let merger = try ModelMerger(base: openWeights(folder))
            var options = ModelOutputOptions()
            options.shardByteLimit = 80_000
            try merger.export(as: .splitGGUF, into: parts, options: options)
            let names = try FileManager.default.contentsOfDirectory(atPath: parts.path).sorted()
            let files = names.filter { $0.hasSuffix(".gguf") }
            #expect(files.count > 2 && files.first == "model-00001-of-0000\(files.count).gguf")
            for (number, name) in files.enumerated() {
                let keys = try GGUFKeyReader(parts.appendingPathComponent(name)).integers
                #expect(keys["split.no"] == number && keys["split.count"] == files.count)
            }
            let whole = place.appendingPathComponent("whole.gguf")
            try merger.export(as: .gguf, into: whole)
            let (left, right) = (try GGUFFile(parts.appendingPathComponent(files[0])), try GGUFFile(whole))
            #expect(left.tensors.map(\.name) == right.tensors.map(\.name))
            #expect(left.value("split.tensors.count")?.integer == right.tensors.count)
            #expect(left.contentDigest == right.contentDigest)
            #expect(try Self.logits(parts.appendingPathComponent(files[0])) == Self.logits(whole))
            #expect(try openWeights(parts).paths == openWeights(whole).paths)
            // A second export takes the place of the first, whole.
            options.shardByteLimit = 1_000_000
            try merger.export(as: .splitGGUF, into: parts, options: options)
            let again = try FileManager.default.contentsOfDirectory(atPath: parts.path)
            #expect(again.filter { $0.hasSuffix(".gguf") } == ["model-00001-of-00001.gguf"])
        }
    }

    /// What stands behind the last tensor is said, since no export keeps it.
    @Test func bytesBehindTheLastTensorAreSaid() throws {
        try withTemporaryDirectory { place in
            let file = place.appendingPathComponent("longer.gguf")
            try (Data(contentsOf: TinyModel.gguf) + Data(repeating: 7, count: 33)).write(to: file)
            #expect(try openWeights(TinyModel.gguf).warnings.isEmpty)
            #expect(try openWeights(file).warnings.map { $0.contains("33 bytes behind the last tensor") } == [true])
        }
    }

    // MARK: What llama.cpp does not compute

    @Test(arguments: [
        (TinyFamily.mistral, "sliding_window", "64"), (.gemma3, "query_pre_attn_scalar", "20"),
        (.gemma3, "attention_bias", "true"), (.gemma3, "final_logit_softcapping", "5.0"),
        (.gemma2, "query_pre_attn_scalar", "20"),
        (.gemma2, "attention_bias", "true"), (.gemma2, "attn_logit_softcapping", "null"),
        (.gemma2, "layer_types", #"["full_attention", "sliding_attention", "sliding_attention"]"#),
        (.smolLM3, "attention_bias", "true"), (.smolLM3, "no_rope_layers", "[1, 0, 1, 1]"),
        (.qwen3, "attention_bias", "true"),
        (.cohere, "attention_bias", "true"), (.cohere, "use_qk_norm", "true"), (.olmo2, "attention_bias", "true"),
        (.olmoe, "norm_topk_prob", "true"), (.olmoe, "attention_bias", "true"),
        (.olmoe, "num_key_value_heads", "2"), (.qwen3MoE, "norm_topk_prob", "false"),
        (.gpt2, "activation_function", #""relu""#), (.gptNeoX, "attention_bias", "false"),
        (.gptNeoX, "hidden_act", #""relu""#), (.falcon, "bias", "true"), (.falcon, "parallel_attn", "false"),
        (.phi3, "sliding_window", "9"), (.phi3, "hidden_act", #""gelu""#),
        (.cohere2, "layer_types", #"["full_attention", "sliding_attention", "sliding_attention"]"#),
        (.gemma3, "layer_types", #"["full_attention", "sliding_attention", "sliding_attention"]"#),
        (
            .qwen2, "rope_scaling",
            #"{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}"#
        ),
    ])
    func whatLlamaCppDoesNotComputeIsRefused(_ family: TinyFamily, _ key: String, _ value: String) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model")
            try family.write(to: folder, changing: [key: value])
            let base = try openWeights(folder), model = try ModelConfiguration(of: base)
            let error = #expect(throws: ModelConfigurationError.self) {
                try ModelFormat.gguf.requireHolding(base, model)
            }
            #expect(
                error?.description.hasPrefix("\(key) = ") == true && error?.description.contains("llama.cpp") == true)
            #expect(throws: ModelConfigurationError.self) {
                try ModelMerger(base: base).export(as: .gguf, into: place.appendingPathComponent("model.gguf"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["model"])
        }
    }

    @Test func aFolderWithoutATokenizerIsRefused() throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model")
            try TinyFamily.llama.write(to: folder)
            try FileManager.default.removeItem(at: folder.appendingPathComponent("tokenizer.json"))
            let base = try openWeights(folder)
            let error = #expect(throws: WeightError.self) {
                try ModelFormat.gguf.requireHolding(base, ModelConfiguration(of: base))
            }
            #expect(error?.kind == .missingInput && error?.description.contains("tokenizer.json") == true)
        }
    }

    // MARK: The tokenizer

    @Test func theTokenizerGivesTheSameIDs() throws {
        try Self.withCopies(.llama) { folder, file, back in
            let tokenizers = try [folder, file, back].map {
                try #require(try openWeights($0).tokenizerSource()?.tokenizer())
            }
            for text in ["Once upon a time,\n\n there — 日本 🙂", "<s>a<|turn|>user\n b</s>\n", "", " ", "123 4567"] {
                let ids = tokenizers.map { $0.encode(text, addSpecialTokens: true).ids }
                #expect(ids[0] == ids[1] && ids[0] == ids[2] && ids[0].first == 1)
            }
            #expect(try GGUFFile(file).value("tokenizer.ggml.pre")?.string == "gpt-2")
            let templates = try [folder, file, back].map { try openWeights($0).chatTemplates() }
            #expect(templates[0]["default"]?.contains("<|turn|>") == true)
            #expect(templates[0] == templates[1] && templates[0] == templates[2])
        }
    }

    /// A model that was trained with other templates than its base's is written with those.
    @Test(arguments: [TinyModel.chat, TinyModel.chatGGUF]) func otherTemplatesAreWritten(_ base: URL) throws {
        let templates = ["default": "{{ messages }}", "tool_use": "{{ tools }}"]
        try withTemporaryDirectory { place in
            var options = ModelOutputOptions()
            options.chatTemplates = templates
            let (file, folder) = (place.appendingPathComponent("model.gguf"), place.appendingPathComponent("model"))
            let merger = try ModelMerger(base: openWeights(base))
            try merger.export(as: .gguf, into: file, options: options)
            try merger.export(as: .huggingFaceFolder, into: folder, options: options)
            #expect(try openWeights(file).chatTemplates() == templates)
            #expect(try openWeights(folder).chatTemplates() == templates)
            let names = try GGUFFile(file).value("tokenizer.chat_templates")?.array?.strings
            #expect(names == [Array("tool_use".utf8)])
            let other = try openWeights(base).chatTemplates()["default"]
            #expect(other != nil && other != templates["default"])
        }
    }

    /// Rows of the embedding without a token.
    @Test func aVocabularyIsFilledUpToTheEmbedding() throws {
        let json = try Self.tokenizerJSON()
        let vocabulary = try GGUFVocabulary(huggingFace: json, companions: .init(), size: 515, rendersChats: false)
        #expect(vocabulary.tokens.count == 515 && vocabulary.tokens[514] == Array("[PAD514]".utf8))
        #expect(
            vocabulary.tokenTypes?.suffix(4) == [1, 5, 5, 5] && vocabulary.tokenTypes?.prefix(5) == [3, 3, 3, 3, 1])
        #expect(throws: TokenizerError.self) {
            try GGUFVocabulary(huggingFace: json, companions: .init(), size: 500, rendersChats: false)
        }
    }

    @Test(arguments: [
        (#""use_regex":true}"#, #""use_regex":false}"#, "splits"),
        (#""add_prefix_space":false"#, #""add_prefix_space":true"#, "space"),
        (#""normalizer":null"#, #""normalizer":{"type":"Lowercase"}"#, "normalizer"),
        (
            #""content":"<|turn|>","single_word":false,"lstrip":false"#,
            #""content":"<|turn|>","single_word":false,"lstrip":true"#, "lstrip"
        ),
        (
            #""single":[{"SpecialToken":{"id":"<s>","type_id":0}}"#,
            #""single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"SpecialToken":{"id":"<s>","type_id":0}}"#, "around"
        ),
    ])
    func aTokenizerThatLlamaCppHasNotIsRefused(_ old: String, _ new: String, _ word: String) throws {
        let text = try String(contentsOf: TinyModel.base.appendingPathComponent("tokenizer.json"), encoding: .utf8)
        #expect(text.contains(old))
        let changed = try JSONValue(parsing: text.replacingOccurrences(of: old, with: new))
        let error = #expect(throws: TokenizerError.self) {
            try GGUFVocabulary(huggingFace: changed, companions: .init(), size: 512, rendersChats: false)
        }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    private static func tokenizerJSON() throws -> JSONValue {
        try JSONValue(
            parsing: String(contentsOf: TinyModel.base.appendingPathComponent("tokenizer.json"), encoding: .utf8))
    }

    private static func logits(_ place: URL) throws -> [Float] {
        let ids: [Int32] = [1, 30, 77, 2, 5, 400, 12, 13, 14, 90, 91, 92, 500, 3, 8, 260]
        let model = try LanguageModel(openWeights(place), precision: .f32)
        return try model.logits(TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
    }
}

/// The whole numbers among the keys of a part, which cannot be opened as a model.
private struct GGUFKeyReader {
    let integers: [String: Int]

    init(_ file: URL) throws {
        let bytes = [UInt8](try Data(contentsOf: file))
        var found: [String: Int] = [:]
        for (key, size) in [("split.no", 2), ("split.count", 2), ("split.tensors.count", 4)] {
            let place = try #require(bytes.firstRange(of: Array(key.utf8))).upperBound + 4
            found[key] = bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        integers = found
    }
}
