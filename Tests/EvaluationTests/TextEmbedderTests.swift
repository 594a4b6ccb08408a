// Vectors of texts against sentence-transformers, from a tiny folder of its own.

import Evaluation
import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import Tokenizers
import WeightFiles

@Suite struct TextEmbedderTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/sentences")

    private let golden: JSONValue
    private let texts: [String]
    private let source: any ModelSource

    init() throws {
        golden = try Data(contentsOf: Self.folder.appendingPathComponent("golden.json")).withUnsafeBytes {
            try JSONValue(parsing: $0)
        }
        texts = (golden["texts"]?.array ?? []).compactMap(\.string)
        source = try openWeights(Self.folder)
    }

    private func vectors(_ key: String) -> [[Float]] {
        (golden[key]?.array ?? []).map { ($0.array ?? []).compactMap(\.double).map { Float($0) } }
    }

    private func embedder(
        _ change: (inout SentenceSettings) -> Void = { _ in }, width: Int? = nil, precision: ElementType = .f32
    ) throws -> TextEmbedder {
        var settings = try #require(try source.sentenceSettings())
        change(&settings)
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: source), weights: source, precision: precision)
        return try TextEmbedder(
            model, try #require(try source.tokenizerSource()).tokenizer(), settings, width: width)
    }

    private func expectEqual(_ found: [[Float]], _ expected: [[Float]], within limit: Double = 1e-5) {
        #expect(found.count == expected.count && !expected.isEmpty)
        for (number, (left, right)) in zip(found, expected).enumerated() {
            #expect(left.count == right.count && maximumDifference(left, right) < limit, "text \(number)")
        }
    }

    @Test func theFolderSaysHowTextsBecomeVectors() throws {
        #expect(
            try source.sentenceSettings()
                == SentenceSettings(pooling: .mean, isNormalized: true, mostTokens: 24, lowercases: false, prompt: ""))
    }

    @Test func tokensAreThoseOfSentenceTransformers() throws {
        let embedder = try embedder()
        let expected = (golden["ids"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map { Int32($0) } }
        #expect(texts.map { embedder.tokens(of: $0).ids } == expected)
        #expect(texts.map { embedder.tokens(of: $0).isWhole } == texts.map { !$0.hasPrefix("the order arrived late") })
    }

    @Test func vectorsAreThoseOfSentenceTransformers() throws {
        let embedder = try embedder()
        expectEqual(try embedder.vectors(of: texts), vectors("mean"))
        #expect(embedder.cutTexts == 1)
        expectEqual(
            try self.embedder {
                $0.pooling = .first
                $0.isNormalized = false
            }.vectors(of: texts), vectors("first"))
        expectEqual(try self.embedder { $0.prompt = "order: " }.vectors(of: texts), vectors("prompted"))
        for (rounded, exact) in zip(try self.embedder(precision: .bf16).vectors(of: texts), vectors("mean")) {
            #expect(zip(rounded, exact).reduce(0) { $0 + $1.0 * $1.1 } > 0.999)
        }
    }

    /// Bit for bit, whatever stands beside a text and in whatever order.
    @Test(arguments: [ElementType.f32, .bf16]) func companyChangesNothing(_ precision: ElementType) throws {
        let embedder = try embedder(precision: precision), whole = try embedder.vectors(of: texts)
        for (number, text) in texts.enumerated() {
            #expect(try embedder.vectors(of: [text]) == [whole[number]])
        }
        #expect(try embedder.vectors(of: texts.reversed()) == whole.reversed())
        // More than are read together.
        let many = (0..<40).flatMap { _ in texts }
        #expect(try embedder.vectors(of: many) == (0..<40).flatMap { _ in whole })
    }

    /// The first numbers of a vector, with a length of their own.
    @Test func vectorsCanBeShortened() throws {
        let short = try embedder(width: 6).vectors(of: texts)
        for (vector, whole) in zip(short, vectors("mean")) {
            let length = whole.prefix(6).reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(vector.count == 6 && maximumDifference(vector, whole.prefix(6).map { $0 / length }) < 1e-4)
        }
        #expect(throws: EmbeddingError.width(17, own: 16)) { try embedder(width: 17) }
    }

    @Test func memoryIsForeseen() throws {
        let embedder = try embedder()
        #expect(embedder.predictedBytes > TextEmbedder.rowsAtOnce * 16 * 4)
    }

    /// A folder with one file of it changed.
    private func changed(_ file: String, _ change: (inout JSONObject) -> Void) throws -> any ModelSource {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Self.folder, to: place)
        let url = place.appendingPathComponent(file)
        var object = try #require(
            try Data(contentsOf: url).withUnsafeBytes { try JSONValue(parsing: $0) }.object)
        change(&object)
        try JSONValue.object(object).text().write(to: url, atomically: true, encoding: .utf8)
        return try openWeights(place)
    }

    @Test(arguments: [
        ("1_Pooling/config.json", "pooling_mode", JSONValue.string("max"), "max"),
        ("1_Pooling/config.json", "pooling_mode", .array(["mean", "cls"]), "mean, cls"),
        ("1_Pooling/config.json", "include_prompt", .bool(false), "include_prompt"),
        ("sentence_bert_config.json", "transformer_task", .string("fill-mask"), "fill-mask"),
        ("config_sentence_transformers.json", "default_prompt_name", .string("passage"), "passage"),
    ])
    func whatIsNotComputedIsRefused(_ file: String, _ key: String, _ value: JSONValue, _ word: String) throws {
        let source = try changed(file) { $0[key] = value }
        defer { try? FileManager.default.removeItem(atPath: source.location) }
        #expect {
            _ = try source.sentenceSettings()
        } throws: { "\($0)".contains(word) && "\($0)".contains(file) }
    }

    @Test func olderFoldersSayItOtherwise() throws {
        let source = try changed("1_Pooling/config.json") {
            $0["pooling_mode"] = nil
            $0["pooling_mode_mean_tokens"] = .bool(false)
            $0["pooling_mode_lasttoken"] = .bool(true)
        }
        defer { try? FileManager.default.removeItem(atPath: source.location) }
        #expect(try source.sentenceSettings()?.pooling == .last)
    }
}
