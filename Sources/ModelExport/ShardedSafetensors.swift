// model.safetensors, or numbered shards with their index where the model is larger than one file should be.

internal import Foundation
internal import JSON
internal import WeightFiles

/// Writes the tensors of a plan in order.
struct ShardedSafetensors {
    let folder: URL
    let shardByteLimit: Int

    /// - Parameter produce: hands the bytes of a tensor to its sink.
    func write(
        _ tensors: [PlannedTensor], _ produce: (PlannedTensor, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let shards = cut(tensors)
        var map: [(key: String, value: JSONValue)] = []
        for (number, shard) in shards.enumerated() {
            let name = shards.count == 1 ? "model.safetensors" : ShardedSafetensors.name(number + 1, of: shards.count)
            let writer = try SafetensorsWriter(
                folder.appendingPathComponent(name),
                entries: shard.map { .init(name: $0.name, dtype: $0.dtype, shape: $0.shape) })
            for tensor in shard {
                try produce(tensor) { try writer.write($0) }
                map.append((tensor.name, .string(name)))
            }
            try writer.finish()
        }
        guard shards.count > 1 else { return }
        map.sort { $0.key < $1.key }
        let index: JSONValue = [
            "metadata": ["total_size": .integer(tensors.reduce(0) { $0 + $1.byteCount })],
            "weight_map": .object(JSONObject(map)),
        ]
        try AtomicFile.write(
            Array((index.text(.pretty) + "\n").utf8), to: folder.appendingPathComponent("model.safetensors.index.json"))
    }

    /// Tensors in order, a new shard before the one that would pass the limit.
    private func cut(_ tensors: [PlannedTensor]) -> [[PlannedTensor]] {
        var shards: [[PlannedTensor]] = [[]]
        var bytes = 0
        for tensor in tensors {
            if bytes + tensor.byteCount > shardByteLimit, !shards[shards.count - 1].isEmpty {
                shards.append([])
                bytes = 0
            }
            shards[shards.count - 1].append(tensor)
            bytes += tensor.byteCount
        }
        return shards
    }

    private static func name(_ number: Int, of count: Int) -> String {
        func digits(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, 5 - text.count)) + text
        }
        return "model-\(digits(number))-of-\(digits(count)).safetensors"
    }
}
