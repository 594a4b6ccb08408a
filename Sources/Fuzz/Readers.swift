// Every reader of what users bring, with good files to begin from.

import Adapters
import ChatTemplates
import Checkpoints
import Datasets
import Digests
import Distillation
import Foundation
import HDF5Files
import JSON
import Models
import Recipes
import Tokenizers
import WeightFiles

/// A reader under test. It may throw; it may not crash, hang, or take all memory.
struct FuzzReader {
    let name: String
    /// The extension that its files carry.
    let fileExtension: String
    /// Good files.
    let seeds: [URL]
    /// Changed before reading, as by somebody who knows the format.
    var finish: ([UInt8]) -> [UInt8] = { $0 }
    let read: (URL) throws -> Void
}

extension FuzzReader {
    /// All readers; the seeds lie in the checkout at `root`, and in `made`, which holds a run of the tiny model.
    static func all(root: URL, made: URL) -> [FuzzReader] {
        let tests = root.appendingPathComponent("Tests")
        let tiny = tests.appendingPathComponent("TestSupport/TinyModel")
        func files(_ folder: String, _ suffix: String) -> [URL] {
            let url = tests.appendingPathComponent(folder)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
            return names.filter { $0.hasSuffix(suffix) }.sorted().map { url.appendingPathComponent($0) }
        }
        func run(_ name: String) -> URL { made.appendingPathComponent(name) }
        return weights(tiny, files, run) + texts(root, tiny, files, run) + rows(files, run) + [
            FuzzReader(name: "checkpoint", fileExtension: "h5", seeds: [run("checkpoint.h5")]) {
                _ = try Checkpoint.read($0)
            },
            FuzzReader(name: "adapter-checkpoint", fileExtension: "h5", seeds: [run("adapter.h5")]) {
                _ = try CheckpointAdapter($0)
            },
            FuzzReader(name: "gguf-lora", fileExtension: "gguf", seeds: [run("adapter.gguf")]) { url in
                let model = try openWeights(tiny.appendingPathComponent("base"))
                _ = try GGUFAdapter(url).adapter(
                    for: AdaptedModel(
                        LanguageModel(configuration: ModelConfiguration(of: model), weights: model, precision: .f32)))
            },
            FuzzReader(name: "prepared", fileExtension: "h5", seeds: [run("prepared.h5")], read: readPrepared),
            FuzzReader(name: "capture", fileExtension: "h5", seeds: [run("capture.h5")], read: readCapture),
            FuzzReader(
                name: "capture-sealed", fileExtension: "h5", seeds: [run("capture.h5")], finish: sealed,
                read: readCapture),
            FuzzReader(name: "checkpoint-sealed", fileExtension: "h5", seeds: [run("checkpoint.h5")], finish: sealed) {
                _ = try Checkpoint.read($0)
            },
            FuzzReader(
                name: "prepared-sealed", fileExtension: "h5", seeds: [run("prepared.h5")], finish: sealed,
                read: readPrepared),
        ]
    }

    /// libhdf5 itself crashes on damaged files, so these are read only where they are asked for by name.
    var isOptional: Bool { name.hasSuffix("-sealed") }

    private static func weights(
        _ tiny: URL, _ files: (String, String) -> [URL], _ made: (String) -> URL
    ) -> [FuzzReader] {
        let lora = tiny.appendingPathComponent("lora/final/adapter_model.safetensors")
        return [
            FuzzReader(
                name: "safetensors", fileExtension: "safetensors",
                seeds: [lora] + ["qwen3", "yarn"].flatMap { files("ModelsTests/Fixtures/\($0)", ".safetensors") }
            ) { url in
                let file = try SafetensorsFile(url)
                for name in file.names { touch(try file.tensor(name)?.bytes) }
            },
            FuzzReader(
                name: "gguf", fileExtension: "gguf",
                seeds: ["tiny-chat.f16.gguf", "tiny.f32.gguf"].map { tiny.appendingPathComponent($0) }
            ) { url in
                let weights = try GGUFWeights(url)
                _ = try? ModelConfiguration(gguf: weights.gguf)
                for path in weights.paths { touch(try weights.tensor(at: path).bytes) }
            },
            FuzzReader(name: "imatrix", fileExtension: "imatrix", seeds: [made("columns.imatrix")]) {
                _ = try ImportanceMatrix($0)
            },
            FuzzReader(name: "imatrix-dat", fileExtension: "dat", seeds: [made("columns.dat")]) {
                _ = try ImportanceMatrix($0)
            },
        ]
    }

    private static func texts(
        _ root: URL, _ tiny: URL, _ files: (String, String) -> [URL], _ made: (String) -> URL
    ) -> [FuzzReader] {
        [
            FuzzReader(
                name: "tokenizer", fileExtension: "json",
                seeds: files("TokenizersTests/Fixtures", ".tokenizer.json")
                    + [tiny.appendingPathComponent("base/tokenizer.json")]
            ) { url in
                let tokenizer = try Tokenizer(huggingFace: json(url))
                let ids = tokenizer.encode("Once upon a time, 2 naïve 日本 friends\n\n", addSpecialTokens: true).ids
                _ = tokenizer.decode(ids)
            },
            FuzzReader(
                name: "json", fileExtension: "json",
                seeds: [tiny.appendingPathComponent("golden.json")] + files("TokenizersTests/Fixtures", ".cases.json")
            ) { _ = try json($0).text() },
            FuzzReader(
                name: "template", fileExtension: "jinja", seeds: [made("chat.jinja"), made("tools.jinja")]
            ) { url in
                let template = try ChatTemplate(source: String(decoding: Data(contentsOf: url), as: UTF8.self))
                _ = try template.render(
                    messages: [
                        ["role": "system", "content": "Be brief."], ["role": "user", "content": "Hi"],
                        ["role": "assistant", "content": "Hello!"],
                    ], addGenerationPrompt: true,
                    extra: JSONObject([("bos_token", "<s>"), ("eos_token", "</s>"), ("tools", [])]))
            },
            FuzzReader(
                name: "recipe", fileExtension: "yaml",
                seeds: recipes(root)
            ) { _ = try Recipe.load(yaml: String(decoding: Data(contentsOf: $0), as: UTF8.self), file: "a.yaml") },
            FuzzReader(
                name: "peft", fileExtension: "json",
                seeds: ["lora/init", "lora/final", "dora/final", "fold/final"].map {
                    tiny.appendingPathComponent("\($0)/adapter_config.json")
                }
            ) { _ = try AdapterConfiguration(peft: json($0)) },
            FuzzReader(
                name: "config", fileExtension: "json",
                seeds: ["llama3", "mistral", "qwen3", "yarn-factors"].flatMap {
                    files("ModelsTests/Fixtures/\($0)", "config.json")
                }
            ) { _ = try ModelConfiguration(huggingFace: json($0)) },
        ]
    }

    private static func recipes(_ root: URL) -> [URL] {
        let folder = root.appendingPathComponent("recipes")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { folder.appendingPathComponent($0) }
    }

    private static func rows(_ files: (String, String) -> [URL], _ made: (String) -> URL) -> [FuzzReader] {
        [
            ("csv", [made("rows.csv")]), ("tsv", [made("rows.tsv")]), ("jsonl", [made("rows.jsonl")]),
            ("json", [made("rows.json")]), ("gz", [made("rows.jsonl.gz")]),
            ("conll", files("DatasetsTests/Fixtures", ".conll")),
            ("parquet", files("ParquetTests/Fixtures", ".parquet")), ("h5", files("DatasetsTests/Fixtures", ".h5")),
        ].map { suffix, seeds in
            FuzzReader(
                name: "rows-" + suffix, fileExtension: suffix == "gz" ? "jsonl.gz" : suffix, seeds: seeds
            ) { url in
                var settings = InputSettings.strict
                settings.maximumBadRows = 100
                settings.maximumRowBytes = 1 << 20
                let reader = try RowReader(files: [url.path], settings: settings)
                while try reader.next() != nil {}
            }
        }
    }

    private static func readPrepared(_ url: URL) throws {
        let file = try PreparedFile(url)
        for index in 0..<file.train.count { _ = try file.train.example(index) }
    }

    private static func readCapture(_ url: URL) throws {
        let file = try CaptureFile(url)
        for digest in try file.digests() { _ = try file.sequence(digest) }
    }

    private static func json(_ url: URL) throws -> JSONValue { try JSONValue(parsing: [UInt8](Data(contentsOf: url))) }

    /// Reads every page, so that bytes beyond a file's end are met here.
    private static func touch(_ bytes: UnsafeRawBufferPointer?) {
        guard let bytes else { return }
        var sum: UInt8 = 0
        for place in stride(from: 0, to: bytes.count, by: 512) { sum &+= bytes[place] }
        if let last = bytes.last { sum &+= last }
        withExtendedLifetime(sum) {}
    }

    /// A right seal over wrong content.
    private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > FileSeal.byteCount else { return bytes }
        let words = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self).split(separator: " ")
        guard words.count == 3 else { return bytes }
        let body = Array(bytes[FileSeal.byteCount...])
        let digest = body.withUnsafeBytes { SHA256.hex(of: $0) }
        let seal = FileSeal(words.dropLast().joined(separator: " "), version: String(words[2]))
        return seal.bytes(digest: digest, byteCount: body.count) + body
    }
}
