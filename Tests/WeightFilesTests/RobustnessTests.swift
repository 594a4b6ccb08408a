// Cut and mutated files: an error or a reading inside the file, never a crash.

import Foundation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

/// A small GGUF file written by hand, with every kind of metadata.
enum TinyGGUF {
    static func bytes() -> [UInt8] {
        var out: [UInt8] = Array("GGUF".utf8)
        func number<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { out += $0 } }
        func string(_ text: String) {
            number(UInt64(text.utf8.count))
            out += Array(text.utf8)
        }
        func entry(_ key: String, _ type: UInt32) {
            string(key)
            number(type)
        }
        number(UInt32(3))
        number(UInt64(3))
        number(UInt64(9))
        entry("general.architecture", 8); string("llama")
        entry("general.alignment", 4); number(UInt32(16))
        entry("llama.attention.head_count", 4); number(UInt32(2))
        entry("tokenizer.ggml.tokens", 9); number(UInt32(8)); number(UInt64(3)); string("a"); string("é"); string("")
        entry("tokenizer.ggml.scores", 9); number(UInt32(6)); number(UInt64(2)); number(Float(1.5).bitPattern)
        number(Float(-2).bitPattern)
        entry("x.flag", 7); number(UInt8(1))
        entry("x.small", 1); number(Int8(-3))
        entry("x.big", 10); number(UInt64.max)
        entry("x.real", 12); number(Double(0.25).bitPattern)
        let tensors: [(String, [UInt64], UInt32, UInt64)] = [
            ("token_embd.weight", [8, 4], 0, 0), ("blk.0.attn_q.weight", [32, 4], 2, 128),
            ("output_norm.weight", [8], 0, 208),
        ]
        for (name, sizes, type, offset) in tensors {
            string(name)
            number(UInt32(sizes.count))
            sizes.forEach { number($0) }
            number(type)
            number(offset)
        }
        out += [UInt8](repeating: 0, count: (16 - out.count % 16) % 16)
        out += (0..<240).map { UInt8($0) }
        return out
    }
}

@Suite struct RobustnessTests {
    @Test func readsTheTinyFile() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("t.gguf")
            try Data(TinyGGUF.bytes()).write(to: url)
            let file = try GGUFFile(url)
            #expect(file.version == 3 && file.alignment == 16 && file.metadata.count == 9)
            #expect(file.value("tokenizer.ggml.tokens")?.array?.strings == [Array("a".utf8), Array("é".utf8), []])
            #expect(file.value("tokenizer.ggml.scores")?.array?.floats == [1.5, -2])
            #expect(file.value("x.small")?.integer == -3)
            #expect(file.value("x.big")?.integer == nil)
            #expect(file.value("x.real")?.double == 0.25)
            #expect(file.value("x.flag")?.bool == true)
            let weights = try GGUFWeights(file)
            #expect(
                weights.paths == [
                    "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.norm.weight",
                ])
            let query = try weights.tensor(at: "model.layers.0.self_attn.q_proj.weight", shape: [4, 32])
            #expect(query.dtype == .q4_0 && query.form == .interleavedHalves(heads: 2) && query.bytes.first == 128)
            #expect(weights.quantisationSummary == "F32 2, Q4_0 1")
            let error = #expect(throws: WeightError.self) { try weights.tensor(at: "model.embed_token.weight") }
            #expect(error?.hint?.contains("model.embed_tokens.weight") == true)
            #expect(throws: WeightError.self) { try weights.tensor(at: "model.norm.weight", shape: [9]) }
        }
    }

    @Test func everyTruncationOfAGGUFIsAnError() throws {
        let bytes = TinyGGUF.bytes()
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("t.gguf")
            // The last 16 bytes are padding behind the last tensor.
            for count in 0..<(bytes.count - 16) {
                try Data(bytes[..<count]).write(to: url)
                #expect(throws: WeightError.self, "\(count) bytes") { try GGUFFile(url) }
            }
        }
    }

    @Test func everyTruncationOfASafetensorsIsAnError() throws {
        try withTemporaryDirectory { folder in
            let bytes = try tinySafetensors(folder)
            let url = folder.appendingPathComponent("t.safetensors")
            for count in 0..<bytes.count {
                try Data(bytes[..<count]).write(to: url)
                #expect(throws: WeightError.self, "\(count) bytes") { try SafetensorsFile(url) }
            }
        }
    }

    /// Headers with the bytes of data behind them; true: to be accepted.
    private static let headers: [(String, Int, Bool)] = [
        ("{}", 0, true), ("{}    ", 0, true), ("    {}", 0, true), ("{}", 1, false), ("", 0, false), ("[]", 0, false),
        ("null", 0, false), ("{}x", 0, false), ("\u{FEFF}{}", 0, false),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, true),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}"#,
            4, true
        ),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            4, false
        ),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
            12, false
        ),
        (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, false),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, false),
        (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, false),
        (#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,3]}}"#, 3, false),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}"#, 16, false),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,16]}}"#, 16, false),
        (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4, false),
        (#"{"a":{"dtype":"Q4_0","shape":[1],"data_offsets":[0,4]}}"#, 4, false),
        (#"{"__metadata__":{"x":1}}"#, 0, false), (#"{"__metadata__":null}"#, 0, true),
        // Known to the format, not to us: the file opens, the tensor does not.
        (#"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#, 4, true),
    ]

    @Test(arguments: headers.indices)
    func headersAreAsStrictAsTheFormat(_ index: Int) throws {
        let (header, dataBytes, isGood) = RobustnessTests.headers[index]
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("t.safetensors")
            let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
            try Data(length + Array(header.utf8) + [UInt8](repeating: 0, count: dataBytes)).write(to: url)
            let file = try? SafetensorsFile(url)
            #expect((file != nil) == isGood, "\(header)")
            if header.contains("I32") {
                #expect(try file?.tensor("a")?.dtype == .i32)
                #expect(file?.repeatedNames == ["a"])
            }
            if header.contains("F8_E4M3") {
                let error = #expect(throws: WeightError.self) { try file?.tensor("a") }
                #expect(error?.problem.contains("F8_E4M3") == true)
            }
        }
    }

    @Test func bytesThatAreNotUTF8AreNoHeader() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("t.safetensors")
            let header = Array(#"{"__metadata__":{"x":""#.utf8) + [0xFF] + Array(#""}}"#.utf8)
            try Data(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header).write(to: url)
            #expect(throws: WeightError.self) { try SafetensorsFile(url) }
        }
    }

    @Test(arguments: ["gguf", "safetensors"])
    func randomMutationsNeverCrash(_ format: String) throws {
        try withTemporaryDirectory { folder in
            let original = format == "gguf" ? TinyGGUF.bytes() : try tinySafetensors(folder)
            let url = folder.appendingPathComponent("t.\(format)")
            let random = RandomStream(seed: 7, purpose: .probe)
            var accepted = 0
            for round in 0..<10_000 {
                let mutated = mutate(original, random, UInt32(round))
                try Data(mutated).write(to: url)
                do throws(WeightError) {
                    let names: [String]
                    if format == "gguf" {
                        let file = try GGUFFile(url)
                        for (_, value) in file.metadata {
                            _ = (value.array?.strings, value.array?.floats, value.array?.integers)
                        }
                        names = file.tensors.map(\.name)
                        for name in names { touch(try? file.tensor(name)) }
                        if let weights = try? GGUFWeights(file) {
                            weights.paths.forEach { touch(try? weights.tensor(at: $0)) }
                        }
                    } else {
                        let file = try SafetensorsFile(url)
                        for name in file.names { touch(try? file.tensor(name)) }
                    }
                    accepted += 1
                } catch {
                    #expect(!error.description.isEmpty)
                }
            }
            // Most bytes of the files are numbers, which any value suits; most of the header is not so patient.
            #expect(accepted > 0 && accepted < 10_000)
        }
    }

    /// Reads every byte of a tensor.
    private func touch(_ tensor: FrozenTensor??) {
        guard let tensor = tensor ?? nil else { return }
        _ = tensor.bytes.reduce(0) { $0 &+ Int($1) }
    }

    /// One to four changes: a byte, a bit, an extreme 64-bit number, a piece cut out or doubled.
    private func mutate(_ original: [UInt8], _ random: RandomStream, _ round: UInt32) -> [UInt8] {
        var bytes = original
        var draw: UInt64 = 0
        func pick(_ bound: Int) -> Int {
            draw += 1
            return random.integer(below: max(bound, 1), stream: round, index: draw)
        }
        for _ in 0...pick(4) where !bytes.isEmpty {
            // Half of the changes strike the header.
            let place = pick(pick(2) == 0 ? min(bytes.count, 400) : bytes.count)
            switch pick(5) {
            case 0: bytes[place] = UInt8(pick(256))
            case 1: bytes[place] ^= 1 << UInt8(pick(8))
            case 2:
                let extremes: [UInt64] = [0, 1, .max, 1 << 62, 1 << 31, 1 << 32, UInt64(bytes.count), (1 << 63) - 1]
                let value = extremes[pick(extremes.count)]
                for byte in 0..<8 where place + byte < bytes.count {
                    bytes[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
                }
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + pick(16)))
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + pick(16))], at: place)
            }
        }
        return bytes
    }

    private func tinySafetensors(_ folder: URL) throws -> [UInt8] {
        let url = folder.appendingPathComponent("tiny.safetensors")
        let writer = try SafetensorsWriter(
            url,
            entries: [
                .init(name: "a.weight", dtype: .f32, shape: [2, 3]), .init(name: "b", dtype: .bf16, shape: [5]),
                .init(name: "scalar", dtype: .f16, shape: []),
            ], metadata: [("format", "pt"), ("note", "é\"\n")])
        try writer.write([1, 2, 3, 4, 5, 6])
        try writer.write([Float](repeating: 0, count: 3))
        try writer.finish()
        return Array(try Data(contentsOf: url))
    }
}
