// Log-probabilities in llama.cpp's form: what stands in the file, and what is read of it.

import Datasets
import Evaluation
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite struct ReferenceFileTests {
    private let tokens = (0..<61).map { Int32(($0 * 37 + 11) % TinyModel.vocabularySize) }

    /// The small model with a context of 20 tokens: three chunks and a token too many.
    private func model() throws -> LanguageModel {
        let source = try openWeights(TinyModel.base)
        var configuration = try ModelConfiguration(of: source)
        configuration.contextLength = 20
        return try LanguageModel(configuration: configuration, weights: source, precision: .f32)
    }

    private func withFile(begin: Int32?, _ body: (LanguageModel, URL) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            let (model, url) = (try model(), folder.appendingPathComponent("reference.kld"))
            try ReferenceWriter(model, workspace: Workspace()).write(tokens, begin: begin, to: url)
            try body(model, url)
        }
    }

    /// Read as its description says, and by nothing of Lathe's.
    @Test(arguments: [nil, Int32(1)]) func theFileHoldsWhatTheModelPredicts(begin: Int32?) throws {
        try withFile(begin: begin) { model, url in
            let bytes = try Data(contentsOf: url)
            func whole<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
                bytes[offset..<offset + MemoryLayout<Number>.size].reversed().reduce(0) { $0 << 8 | Number($1) }
            }
            func float(_ offset: Int) -> Float { Float(bitPattern: whole(offset, UInt32.self)) }
            let vocabulary = TinyModel.vocabularySize, context = 20, row = 2 * (vocabulary + 4)
            #expect(bytes.prefix(8) == Data("_logits_".utf8))
            #expect((0..<3).map { whole(8 + 4 * $0, UInt32.self) } == [20, UInt32(vocabulary), 3])
            #expect((0..<60).map { Int32(whole(20 + 4 * $0, UInt32.self)) } == Array(tokens.prefix(60)))
            #expect(bytes.count == 20 + 4 * 60 + 3 * 9 * row)
            for chunk in 0..<3 {
                var ids = Array(tokens[chunk * context..<(chunk + 1) * context])
                if let begin { ids[0] = begin }
                let batch = TokenBatch(examples: [(ids, ids.map { _ in false })])
                let logits = try model.logits(batch, workspace: Workspace())
                for place in 0..<9 {
                    let start = 20 + 4 * 60 + (chunk * 9 + place) * row
                    let own = logits[(10 + place) * vocabulary..<(11 + place) * vocabulary].map(Double.init)
                    let most = own.max() ?? 0, sum = log(own.reduce(0) { $0 + exp($1 - most) }) + most
                    for (token, logit) in own.enumerated() where logit > most - 15.9 {
                        let half = Double(whole(start + 8 + 2 * token, UInt16.self))
                        let found = Double(float(start)) * half + Double(float(start + 4))
                        #expect(abs(found - (logit - sum)) < 3e-4)
                    }
                }
            }
        }
    }

    @Test func aModelDoesNotDivergeFromWhatItPredicted() throws {
        try withFile(begin: nil) { model, url in
            let file = try ReferenceFile(url), examples = file.examples(begin: nil)
            #expect(examples.map(\.targetCount) == [9, 9, 9] && file.vocabularySize == TinyModel.vocabularySize)
            for rowLimit in [1, 1000] {
                let found = try ModelDivergence(
                    of: ModelLogits(model), from: file, on: examples, vocabularySize: file.vocabularySize,
                    rowLimit: rowLimit, workspace: Workspace())
                #expect(found.divergences.count == 27 && found.divergences.allSatisfy { abs($0) < 1e-4 })
                let (left, right) = (try #require(found.reference.loss), try #require(found.other.loss))
                // A target that lies farther below the likeliest than the file reaches stands there as if it lay at that end.
                #expect(left < right + 2e-4 && right - left < 10)
                #expect(Int(found.other.total[ModelDivergence.sameChoice]) >= 26)
            }
        }
    }

    @Test func whatIsNoSuchFileIsRefused() throws {
        try withFile(begin: nil) { _, url in
            let bytes = try Data(contentsOf: url), other = url.appendingPathExtension("other")
            func refuses(_ data: Data, _ words: String) throws {
                try data.write(to: other)
                let error = #expect(throws: ReferenceFileError.self) { try ReferenceFile(other) }
                #expect(error?.description.contains(words) == true)
            }
            try refuses(Data("GGUF".utf8) + bytes.dropFirst(4), "is no file of")
            try refuses(bytes.dropLast(1), "does not hold what its beginning says")
            try refuses(bytes.prefix(40), "does not hold what its beginning says")
            var stray = bytes
            stray[23] = 0x7F
            try refuses(stray, "outside its vocabulary")
            #expect(throws: (any Error).self) {
                try ReferenceWriter(model(), workspace: Workspace()).write(tokens, begin: nil, to: url)
            }
            #expect(try Data(contentsOf: url) == bytes)
        }
    }
}
