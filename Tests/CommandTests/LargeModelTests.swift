// A model that is larger than what a merge and an export may hold of it: they stream, and give back what they have read.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct LargeModels {
        @Test func mergingAndExportingHoldLittleOfTheModel() throws {
            try LatheCommand.inFolder { lathe in
                try LargeModel.write(to: lathe.url("large"))
                try LargeModel.writeAdapter(to: lathe.url("adapter"))
                try lathe.write("few.jsonl", LatheCommand.rows(2, "found"))
                let model = ["--model", "large", "--adapter", "adapter"]
                let calls = [
                    ["merge"] + model + ["--out", "merged"],
                    ["export"] + model + [
                        "--format", "gguf", "--type", "Q8_0", "--data", "few.jsonl", "--out", "large.gguf",
                        "--allow-near-no-op",
                    ],
                ]
                for call in calls {
                    let running = try lathe.start(call)
                    let peak = Self.peakBytes(running)
                    let outcome = try running.wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(peak > 10_000_000 && peak < LargeModel.bound, "\(call[0]): \(peak)")
                }
            }
        }

        /// The most that the process ever held, pages of mapped files included, as the system counts while it runs.
        private static func peakBytes(_ running: RunningCommand) -> Int {
            let status = "/proc/\(running.process.processIdentifier)/status"
            var peak = 0
            while running.process.isRunning {
                let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
                let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
                peak = max(peak, (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024)
                usleep(5_000)
            }
            return peak
        }
    }
}

/// Random bf16 weights: 294 MB of them, no tensor above 5 MB.
private enum LargeModel {
    private static let width = 1024, inner = 2048, layers = 14
    /// Twice the largest tensor and 200 MB, which is less than the model.
    static let bound = 2 * (inner * width * 2) + 200_000_000

    static func write(to folder: URL) throws {
        try FileManager.default.copyItem(at: TinyModel.base, to: folder)
        let configuration = folder.appendingPathComponent("config.json")
        var json = try #require(JSONValue(parsing: String(contentsOf: configuration, encoding: .utf8)).object)
        (json["hidden_size"], json["intermediate_size"]) = (.integer(width), .integer(inner))
        (json["num_hidden_layers"], json["num_key_value_heads"]) = (.integer(layers), .integer(8))
        try Data(JSONValue.object(json).text().utf8).write(to: configuration)
        let file = folder.appendingPathComponent("model.safetensors")
        try FileManager.default.removeItem(at: file)
        try write(matrices(), to: file, deviation: 0.02)
    }

    static func writeAdapter(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let configuration = """
            {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"]}
            """
        try Data(configuration.utf8).write(to: folder.appendingPathComponent("adapter_config.json"))
        let factors = (0..<layers).flatMap { layer in
            let name = "base_model.model.model.layers.\(layer).self_attn.q_proj.lora_"
            return [(name + "A.weight", [2, width]), (name + "B.weight", [width, 2])]
        }
        try write(factors, to: folder.appendingPathComponent("adapter_model.safetensors"), deviation: 0.05)
    }

    private static func matrices() -> [(name: String, shape: [Int])] {
        var found = [("model.embed_tokens.weight", [TinyModel.vocabularySize, width]), ("model.norm.weight", [width])]
        for layer in 0..<layers {
            let name = "model.layers.\(layer)."
            found += ["input_layernorm", "post_attention_layernorm"].map { (name + $0 + ".weight", [width]) }
            found += ["q", "k", "v", "o"].map { (name + "self_attn.\($0)_proj.weight", [width, width]) }
            found += ["gate", "up"].map { (name + "mlp.\($0)_proj.weight", [inner, width]) }
            found.append((name + "mlp.down_proj.weight", [width, inner]))
        }
        return found
    }

    /// A safetensors file in which each row of a matrix is one and the same run of random numbers, begun elsewhere.
    private static func write(_ tensors: [(name: String, shape: [Int])], to file: URL, deviation: Float) throws {
        var seed: UInt32 = 1
        let random: [UInt16] = (0..<1 << 16).map { _ in
            seed = seed &* 1_664_525 &+ 1_013_904_223
            let number = (Float(seed >> 8) / Float(1 << 24) - 0.5) * deviation * 3.5
            return UInt16(truncatingIfNeeded: number.bitPattern >> 16)
        }
        var header = "{", end = 0
        for (name, shape) in tensors {
            let bytes = 2 * shape.reduce(1, *)
            header += end == 0 ? "" : ","
            header += "\"\(name)\":{\"dtype\":\"BF16\",\"shape\":\(shape),\"data_offsets\":[\(end),\(end + bytes)]}"
            end += bytes
        }
        header += "}"
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }.write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(header.utf8))
        var place = 0
        for (_, shape) in tensors {
            let rows = shape.count == 2 ? shape[0] : 1, columns = shape[shape.count - 1]
            var numbers = [UInt16](repeating: 0x3F80, count: rows * columns)
            for row in 0..<(shape.count == 2 ? rows : 0) {
                place = (place &* 31 &+ 12_347) % (random.count - columns)
                numbers.replaceSubrange(row * columns..<(row + 1) * columns, with: random[place..<place + columns])
            }
            try handle.write(contentsOf: numbers.withUnsafeBytes { Data($0) })
        }
    }
}
