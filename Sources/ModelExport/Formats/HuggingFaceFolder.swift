// A model as a folder that transformers loads: weights in safetensors, what they mean in JSON.

internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Tensors
internal import WeightFiles

extension ModelFormat {
    /// Hugging Face's folder: `model.safetensors`, or numbered shards with their index where the model is larger than one file
    /// should be, and beside them `config.json` and the tokenizer.
    public static let huggingFaceFolder = ModelFormat(isFolder: true, arrange: arrangedAsHuggingFace) {
        contents, folder in
        try describe(contents, in: folder)
        return ShardedSafetensors(folder: folder, contents)
    }

    /// Tensors as the base's family has them at Hugging Face; without the masks of older files, which follow from the configuration.
    static func arrangedAsHuggingFace(
        _ plan: OutputPlan, for base: any ModelSource, _ model: ModelConfiguration
    ) -> OutputPlan {
        guard let names = model.weightNames else { return plan }
        var plan = plan
        plan.tensors.removeAll { $0.shape.rank > 2 && names.isBuffer($0.path) }
        for index in plan.tensors.indices { plan.tensors[index].form = names.form(plan.tensors[index].path) }
        return plan
    }

    /// Writes all files but the weights', first: a vocabulary that cannot be written should not cost the weights' time, nor what it
    /// was made of memory beside them.
    private static func describe(_ contents: ModelContents, in folder: URL) throws {
        defer { FreedMemory.giveBack() }
        let description = contents.description, plan = contents.plan
        let files = try description.files(
            type: plan.type, isTied: description.isTied && !plan.untiesHead, templates: contents.chatTemplates)
        for (name, bytes) in files {
            let file = folder.appendingPathComponent(name)
            try Folder.make(file.deletingLastPathComponent())
            try AtomicFile.write(bytes, to: file)
        }
    }
}

/// Writes the tensors of a plan as safetensors.
private final class ShardedSafetensors: TensorSink {
    private let folder: URL
    private let tensors: [PlannedTensor]
    private let shards: [[PlannedTensor]]
    private var shard = -1
    private var left = 0
    private var writer: SafetensorsWriter?
    private var places: [(key: String, value: JSONValue)] = []

    init(folder: URL, _ contents: ModelContents) {
        self.folder = folder
        tensors = contents.plan.tensors
        shards = ShardedSafetensors.cut(tensors, contents.shardByteLimit)
    }

    func write(_ tensor: PlannedTensor, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        if left == 0 { try startShard() }
        guard let writer else { preconditionFailure("more tensors than planned") }
        try produce { try writer.write($0) }
        places.append((tensor.name, .string(shardName)))
        left -= 1
        if left == 0 { try writer.finish() }
    }

    /// Writes the index, where there are several shards.
    func finish() throws -> URL {
        precondition(left == 0 && places.count == tensors.count, "fewer tensors than planned")
        guard shards.count > 1 else { return folder }
        let index: JSONValue = [
            "metadata": ["total_size": .integer(tensors.reduce(0) { $0 + $1.byteCount })],
            "weight_map": .object(JSONObject(places.sorted { $0.key < $1.key })),
        ]
        try AtomicFile.write(
            Array((index.text(.pretty) + "\n").utf8), to: folder.appendingPathComponent("model.safetensors.index.json"))
        return folder
    }

    private var shardName: String {
        shards.count == 1 ? "model.safetensors" : ShardedSafetensors.name(shard + 1, of: shards.count)
    }

    private func startShard() throws {
        shard += 1
        left = shards[shard].count
        writer = try SafetensorsWriter(
            folder.appendingPathComponent(shardName),
            entries: shards[shard].map { .init(name: $0.name, dtype: $0.dtype, shape: $0.storedShape) })
    }

    /// Tensors in order, a new shard before the one that would pass the limit.
    private static func cut(_ tensors: [PlannedTensor], _ limit: Int) -> [[PlannedTensor]] {
        var shards: [[PlannedTensor]] = [[]]
        var bytes = 0
        for tensor in tensors {
            if bytes + tensor.byteCount > limit, !shards[shards.count - 1].isEmpty {
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
