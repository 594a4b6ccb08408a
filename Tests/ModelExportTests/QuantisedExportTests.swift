// Quantised GGUF out: each tensor in the type that llama.cpp gives it, each block what base + adapter rounds to.

import Foundation
import Kernels
import ModelExport
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct QuantisedExportTests {
    static let types = WeightType.allCases.filter(\.isQuantised)

    private func export(
        _ base: URL, to output: URL, _ type: WeightType, _ deltas: [LowRankDelta] = [],
        importance: ColumnImportance? = nil
    ) throws -> GGUFWeights {
        let merger = try ModelMerger(base: openWeights(base))
        var options = ModelOutputOptions(type: type)
        options.importance = importance
        if deltas.isEmpty {
            try merger.export(as: .gguf, into: output, options: options)
        } else {
            _ = try merger.merge(deltas, as: .gguf, into: output, options: options)
        }
        let written = try GGUFWeights(output)
        let found = try merger.compare(deltas, with: written, as: .gguf, options: options)
        #expect(found.count > 0 && found.strayCount == 0, "\(found)")
        return written
    }

    private func typeName(_ file: GGUFWeights, _ name: String) -> String? {
        file.gguf.entry(name + ".weight")?.type.name
    }

    /// What `typesByRole` names: the embedding, values and ways down of some layers, and the ways out of attention.
    private static let named = [
        "token_embd", "blk.0.attn_v", "blk.1.attn_v", "blk.5.attn_v", "blk.0.ffn_down", "blk.1.ffn_down",
        "blk.3.ffn_down", "blk.4.attn_output", "blk.4.attn_q", "blk.4.ffn_up",
    ]

    /// By llama.cpp's rules for eight layers of which two heads share a key head, the head being the embedding.
    private static let typesByRole: [(WeightType, String)] = [
        (.q8_0, "Q8_0 Q8_0 Q8_0 Q8_0 Q8_0 Q8_0 Q8_0 Q8_0 Q8_0 Q8_0"),
        (.q4_0, "Q6_K Q4_0 Q4_0 Q4_0 Q4_0 Q4_0 Q4_0 Q4_0 Q4_0 Q4_0"),
        (.q4_1, "Q6_K Q4_1 Q4_1 Q4_1 Q4_1 Q4_1 Q4_1 Q4_1 Q4_1 Q4_1"),
        (.q5_0, "Q6_K Q5_0 Q5_0 Q5_0 Q5_0 Q5_0 Q5_0 Q5_0 Q5_0 Q5_0"),
        (.q5_1, "Q6_K Q5_1 Q5_1 Q5_1 Q5_1 Q5_1 Q5_1 Q5_1 Q5_1 Q5_1"),
        (.q2_K, "Q6_K Q4_K Q4_K Q4_K Q3_K Q3_K Q3_K Q3_K Q2_K Q2_K"),
        (.q3_K_S, "Q6_K Q3_K Q3_K Q3_K Q3_K Q3_K Q3_K Q3_K Q3_K Q3_K"),
        (.q3_K_M, "Q6_K Q5_K Q5_K Q4_K Q4_K Q4_K Q4_K Q4_K Q3_K Q3_K"),
        (.q3_K_L, "Q6_K Q5_K Q5_K Q5_K Q5_K Q5_K Q5_K Q5_K Q3_K Q3_K"),
        (.q4_K_S, "Q6_K Q5_K Q5_K Q4_K Q5_K Q4_K Q4_K Q4_K Q4_K Q4_K"),
        (.q4_K_M, "Q6_K Q6_K Q4_K Q4_K Q6_K Q4_K Q6_K Q4_K Q4_K Q4_K"),
        (.q5_K_S, "Q6_K Q5_K Q5_K Q5_K Q5_K Q5_K Q5_K Q5_K Q5_K Q5_K"),
        (.q5_K_M, "Q6_K Q6_K Q5_K Q5_K Q6_K Q5_K Q6_K Q5_K Q5_K Q5_K"),
        (.q6_K, "Q6_K Q6_K Q6_K Q6_K Q6_K Q6_K Q6_K Q6_K Q6_K Q6_K"),
        (.iq4_NL, "Q6_K Q5_K Q5_K Q5_K Q5_K IQ4_NL IQ4_NL IQ4_NL IQ4_NL IQ4_NL"),
        (.iq4_XS, "Q6_K Q5_K Q5_K Q5_K Q5_K IQ4_XS IQ4_XS IQ4_XS IQ4_XS IQ4_XS"),
    ]

    @Test(arguments: typesByRole) func eachTensorHasTheTypeOfItsRole(_ type: WeightType, _ expected: String) throws {
        try withTemporaryDirectory { folder in
            let base = folder.appendingPathComponent("base.gguf")
            try WideLlama.write(to: base)
            let written = try export(base, to: folder.appendingPathComponent("out.gguf"), type)
            #expect(Self.named.map { typeName(written, $0) ?? "" }.joined(separator: " ") == expected)
            #expect(written.gguf.tensors.allSatisfy { $0.shape.rank > 1 || $0.type.name == "F32" })
            let numbers: [WeightType: Int] = [
                .q8_0: 7, .q4_0: 2, .q4_1: 3, .q5_0: 8, .q5_1: 9, .q2_K: 10, .q3_K_S: 11, .q3_K_M: 12, .q3_K_L: 13,
                .q4_K_S: 14, .q4_K_M: 15, .q5_K_S: 16, .q5_K_M: 17, .q6_K: 18, .iq4_NL: 25, .iq4_XS: 30,
            ]
            #expect(written.gguf.value("general.file_type")?.integer == numbers[type])
            #expect(written.gguf.value("general.quantization_version")?.integer == 2)
        }
    }

    /// Key heads of their own, a head of its own: other rules.
    @Test func headsDecideTypes() throws {
        try withTemporaryDirectory { folder in
            let base = folder.appendingPathComponent("base.gguf")
            try WideLlama.write(to: base, keyHeads: 8, hasHead: true)
            let two = try export(base, to: folder.appendingPathComponent("two.gguf"), .q2_K)
            #expect(["output", "token_embd", "blk.0.attn_v"].map { typeName(two, $0) } == ["Q6_K", "Q2_K", "Q3_K"])
            let four = try export(base, to: folder.appendingPathComponent("four.gguf"), .iq4_NL)
            let types = ["output", "token_embd", "blk.0.attn_v"].map { typeName(four, $0) }
            #expect(types == ["Q6_K", "IQ4_NL", "IQ4_NL"])
        }
    }

    /// Rows of 64 and of 128 fill no super-block.
    @Test(arguments: [
        (WeightType.q2_K, "Q4_0"), (.q3_K_S, "Q4_0"), (.q4_K_S, "Q5_0"), (.q5_K_S, "Q5_1"), (.q6_K, "Q8_0"),
        (.iq4_XS, "IQ4_NL"), (.q4_1, "Q4_1"),
    ])
    func narrowRowsGetTheTypeThatStandsIn(_ type: WeightType, _ expected: String) throws {
        try withTemporaryDirectory { folder in
            let written = try export(TinyModel.gguf, to: folder.appendingPathComponent("out.gguf"), type)
            #expect(typeName(written, "token_embd") == "Q8_0")
            #expect(typeName(written, "blk.2.ffn_up") == expected)
        }
    }

    /// What is trained is what is written: near the float model, and a model that computes.
    @Test(arguments: types) func theQuantisedModelComputesNearlyTheSame(_ type: WeightType) throws {
        try withTemporaryDirectory { folder in
            let base = folder.appendingPathComponent("base.gguf")
            try WideLlama.write(to: base)
            let exact = try logits(openWeights(base))
            let written = try export(base, to: folder.appendingPathComponent("out.gguf"), type)
            let rounded = try logits(written)
            let error = zip(exact, rounded).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
            let size = exact.reduce(0) { $0 + pow(Double($1), 2) }
            let bits = type.rawValue.compactMap(\.wholeNumberValue).first ?? 0
            #expect((error / size).squareRoot() < 4 / pow(2, Double(bits)) && error > 0)
        }
    }

    /// A file in a type that is asked for again has its own bytes; what was quantised once is not rounded twice.
    @Test(arguments: [WeightType.q4_1, .q4_K_M, .iq4_XS]) func theSameTypeGivesTheSameBytes(_ type: WeightType) throws {
        try withTemporaryDirectory { folder in
            let places = ["base", "once", "twice"].map { folder.appendingPathComponent($0 + ".gguf") }
            try WideLlama.write(to: places[0])
            _ = try export(places[0], to: places[1], type)
            _ = try export(places[1], to: places[2], type)
            #expect(try Data(contentsOf: places[1]) == Data(contentsOf: places[2]))
        }
    }

    @Test(arguments: [WeightType.q4_0, .q4_K_M, .q6_K]) func aWrongFactorIsFound(_ type: WeightType) throws {
        try withTemporaryDirectory { folder in
            let base = folder.appendingPathComponent("base.gguf"), output = folder.appendingPathComponent("out.gguf")
            try WideLlama.write(to: base)
            let deltas = try GGUFModelTests.deltas(openWeights(base))
            let written = try export(base, to: output, type, deltas)
            let merger = try ModelMerger(base: openWeights(base))
            let without = try merger.compare(Array(deltas.dropLast()), with: written, as: .gguf, type: type)
            #expect(without.strayCount > 0 && without.firstStray?.contains("blk.7") == true)
            let other = try merger.compare(deltas, with: written, as: .gguf, type: .q5_0)
            #expect(other.strayCount > 0)
        }
    }

    /// An importance matrix changes types as llama.cpp changes them, and spares the columns that count.
    @Test func importanceReachesTheTensorsItNames() throws {
        try withTemporaryDirectory { folder in
            let base = folder.appendingPathComponent("base.gguf")
            try WideLlama.write(to: base)
            let counts = (0..<WideLlama.width).map { Float($0 % 16 == 5 ? 100 : 0.01) }
            func matrix(_ sums: [Float]) -> ImportanceMatrix {
                let entry = ImportanceMatrix.Entry(name: "blk.4.attn_q.weight", sums: sums, counts: [1])
                return ImportanceMatrix([entry], datasets: [], chunkCount: 1, chunkSize: 1)
            }
            let plain = try export(base, to: folder.appendingPathComponent("plain.gguf"), .q4_0)
            let weighed = try export(
                base, to: folder.appendingPathComponent("weighed.gguf"), .q4_0,
                importance: ColumnImportance(matrix(counts), origin: "test"))
            #expect(typeName(weighed, "blk.0.ffn_down") == "Q4_1" && typeName(plain, "blk.0.ffn_down") == "Q4_0")
            let source = try openWeights(base)
            func error(_ file: GGUFWeights, _ module: String) throws -> Double {
                let path = "model.layers.4.self_attn.\(module).weight"
                let exact = Widening.floats(try source.tensor(at: path))
                let rounded = Widening.floats(try file.tensor(at: path))
                return exact.indices.reduce(0) {
                    $0 + pow(Double(exact[$1] - rounded[$1]), 2) * Double(counts[$1 % counts.count])
                }
            }
            #expect(try error(weighed, "q_proj") < 0.8 * error(plain, "q_proj"))
            #expect(try error(weighed, "o_proj") == error(plain, "o_proj"))
            #expect(throws: WeightError.self) {
                _ = try export(
                    base, to: folder.appendingPathComponent("x.gguf"), .q4_0,
                    importance: ColumnImportance(matrix([1, 2]), origin: "test"))
            }
        }
    }

    @Test func whatNoBlockHoldsIsNamed() throws {
        try withTemporaryDirectory { folder in
            let base = folder.appendingPathComponent("base.gguf"), output = folder.appendingPathComponent("out.gguf")
            try WideLlama.write(to: base, scale: 1e9)
            let error = #expect(throws: ModelExportError.self) { _ = try export(base, to: output, .q4_K_M) }
            #expect(error?.place == "token_embd.weight" && error?.problem == "a weight is too large for Q6_K")
            #expect(!FileManager.default.fileExists(atPath: output.path))
        }
    }

    private func logits(_ weights: any ModelSource) throws -> [Float] {
        let model = try LanguageModel(weights, precision: .f32)
        let ids: [Int32] = [1, 3, 7, 2, 5, 60]
        return try model.logits(TokenBatch(examples: [(ids, ids.map { _ in false })]), workspace: Workspace())
    }
}
