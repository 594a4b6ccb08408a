// A model as one GGUF file, as llama.cpp reads it.

internal import Foundation
internal import Kernels
internal import Models
internal import Tensors
internal import Vocabulary
internal import WeightFiles

extension ModelFormat {
    /// One GGUF file. Of a base that is a GGUF file, metadata and what did not change are copied byte for byte; of any other base they
    /// are what llama.cpp's converter writes.
    public static let gguf = ModelFormat(isFolder: false, arrange: arrange, require: require) { contents, place in
        try GGUFModel(contents) { metadata, entries in
            try GGUFWriter(place, metadata: metadata, entries: entries)
        }
    }

    /// The same in a folder of files `model-00001-of-00003.gguf` and so on, none of more tensor bytes than one file may have.
    public static let splitGGUF = ModelFormat(isFolder: true, arrange: arrange, require: require) { contents, folder in
        try GGUFModel(contents) { metadata, entries in
            try GGUFSplitWriter(
                folder, name: "model", metadata: metadata, entries: entries, byteLimit: contents.shardByteLimit)
        }
    }

    private static func require(_ base: any ModelSource, _ model: ModelConfiguration) throws {
        guard !(base is GGUFWeights) else { return }
        let plan = try OutputPlan(base: base, deltas: [], type: .auto, isTied: model.isTied)
        _ = try GGUFContents(base, model, plan, templates: nil)
    }

    /// Names and row orders as the base's family has them in GGUF. Vectors are fp32 there. Matrices get the type that was asked for;
    /// where none was, those that stay keep theirs, and those that change get the plan's.
    /// Ends of names: norms, what chooses experts, tables of positions.
    private static let areAlwaysFloats = ["_norm.weight", "ffn_gate_inp.weight", "position_embd.weight"]

    private static func arrange(
        _ plan: OutputPlan, for base: any ModelSource, _ model: ModelConfiguration
    ) throws -> OutputPlan {
        let names = try GGUFNames(model)
        let hasHead = plan.tensors.contains { $0.path == headWeight(model) && !isLeftOut($0, model) }
        let mix = TensorMix(
            plan.requested, for: .init(model, hasHead: hasHead), hasImportance: plan.importance != nil)
        var plan = plan
        plan.tensors = try plan.tensors.compactMap { tensor in
            guard !isLeftOut(tensor, model) else { return nil }
            guard let name = names.name(tensor.path) else {
                throw ModelExportError(tensor.path, "has no name in GGUF")
            }
            let stored = try base.tensor(at: tensor.source)
            var tensor = tensor
            tensor.name = name
            tensor.form = names.form(tensor.path)
            tensor.part = names.part(tensor.path)
            // llama.cpp has these in fp32, norms too that have a row for each head.
            if tensor.shape.rank < 2 || Self.areAlwaysFloats.contains(where: name.hasSuffix) {
                tensor.dtype = Widening.supports(stored.dtype) ? .f32 : stored.dtype
            } else if let mix {
                tensor.dtype = mix.dtype(of: name, columns: tensor.shape.sizes.last ?? 1) ?? stored.dtype
                tensor.importance = try plan.importance?.counts(
                    name, part: tensor.part, columns: tensor.shape.sizes.last ?? 1)
            } else if tensor.delta?.changesType != true, plan.requested == .auto {
                tensor.dtype = stored.dtype
            }
            return tensor
        }
        plan.tensors = try stacked(plan.tensors, model)
        return plan
    }

    /// The tensors with the parts of each stack one after the other, where the first of them stands.
    private static func stacked(_ tensors: [PlannedTensor], _ model: ModelConfiguration) throws -> [PlannedTensor] {
        var stacks: [String: [PlannedTensor]] = [:]
        for tensor in tensors where tensor.part != nil { stacks[tensor.name, default: []].append(tensor) }
        return try tensors.flatMap { tensor -> [PlannedTensor] in
            guard tensor.part != nil else { return [tensor] }
            guard let parts = stacks.removeValue(forKey: tensor.name) else { return [] }
            let ordered = parts.sorted { ($0.part ?? 0) < ($1.part ?? 0) }
            let count = model.stackedParts(tensor.path)
            guard ordered.map(\.part) == (0..<count).map({ $0 }) else {
                throw ModelExportError(
                    tensor.name, "a stack is not whole", expected: "\(count)", found: "\(parts.count)")
            }
            return ordered
        }
    }

    /// Frequencies, masks and positions that follow from the configuration, a copy of the embedding that is the head, and what is on top of
    /// an encoder: llama.cpp has none of these.
    private static func isLeftOut(_ tensor: PlannedTensor, _ model: ModelConfiguration) -> Bool {
        [model.weightNames?.isBuffer(tensor.path), model.weightNames?.isOnTop(tensor.path)].contains(true)
            || model.isTied && tensor.delta == nil && tensor.source == headWeight(model)
    }

    private static func headWeight(_ model: ModelConfiguration) -> String? {
        model.weightNames?.head.map { $0 + ".weight" }
    }
}

/// A GGUF file being written beside its place.
private final class GGUFModel: TensorSink {
    private let writer: any GGUFTensorWriter
    /// What stands in the file, in its order: planned tensors, and those of the base that are no weights of Hugging Face's, such as
    /// factors of rotary frequencies, which are copied.
    private var left: ArraySlice<Item>
    /// Of the stack that is being written.
    private var partsLeft = 0

    private enum Item {
        /// - parts: how many tensors of the plan it is made of, where it is a stack.
        case planned(PlannedTensor, parts: Int)
        case copied(FrozenTensor)

        var entry: TensorEntry {
            switch self {
            case .planned(let tensor, let parts):
                .init(
                    name: tensor.name, dtype: tensor.dtype,
                    shape: tensor.part == nil ? tensor.shape : Shape([parts] + tensor.shape.sizes))
            case .copied(let tensor): .init(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape)
            }
        }
    }

    /// - Parameter start: the writer for metadata and a directory.
    init(
        _ contents: ModelContents,
        _ start: ([(key: String, value: GGUFValue)], [TensorEntry]) throws -> any GGUFTensorWriter
    ) throws {
        let plan = contents.plan
        var file: GGUFContents
        let items: [Item]
        if let base = contents.base as? GGUFWeights {
            file = GGUFContents(base.gguf, templates: contents.chatTemplates)
            items = try Self.items(of: base, plan)
        } else {
            file = try GGUFContents(
                contents.base, contents.configuration, plan, templates: contents.chatTemplates)
            items = file.vectors.map { .copied($0) } + Self.items(of: plan)
        }
        if let type = try Self.type(contents.base, plan) { file.setType(type) }
        if plan.requested != .auto { file.setImportance(plan.importance) }
        if let card = contents.card, !(contents.base is GGUFWeights) { file.add(card) }
        left = items[...]
        writer = try start(file.metadata, items.map(\.entry))
    }

    /// What the planned tensors are in a file: stacks are one.
    private static func items(of plan: OutputPlan) -> [Item] {
        var items: [Item] = []
        for tensor in plan.tensors {
            if tensor.part != nil, case .planned(let first, let parts)? = items.last, first.name == tensor.name {
                items[items.count - 1] = .planned(first, parts: parts + 1)
            } else {
                items.append(.planned(tensor, parts: 1))
            }
        }
        return items
    }

    /// The tensors of a base that is a GGUF file, in its order.
    private static func items(of base: GGUFWeights, _ plan: OutputPlan) throws -> [Item] {
        let others = Set(base.otherNames), planned = items(of: plan)
        var next = planned[...]
        var items: [Item] = []
        for tensor in base.gguf.tensors {
            if let first = next.first, tensor.name == first.entry.name {
                items.append(next.removeFirst())
            } else if others.contains(tensor.name), let copied = try base.gguf.tensor(tensor.name) {
                items.append(.copied(copied))
            }
        }
        items += next
        precondition(items.count == planned.count + others.count, "a plan in another order than the base")
        return items
    }

    func write(_ tensor: PlannedTensor, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        if partsLeft == 0 {
            try writeCopied()
            guard case .planned(_, let parts) = left.removeFirst() else { preconditionFailure("more than was planned") }
            partsLeft = parts
        }
        partsLeft -= 1
        try produce { try writer.write($0) }
    }

    func finish() throws -> URL {
        try writeCopied()
        return try writer.finish()
    }

    /// The tensors that are copied before the next planned one.
    private func writeCopied() throws {
        while case .copied(let tensor)? = left.first {
            try writer.write(tensor.bytes)
            left.removeFirst()
        }
    }

    /// The type that the file is said to be of; nil where it stays as the base has it.
    private static func type(_ base: any ModelSource, _ plan: OutputPlan) throws -> WeightType? {
        guard base is GGUFWeights else { return plan.type }
        return plan.requested == .auto ? try mostChanged(base, plan) : plan.requested
    }

    /// The type of most numbers of the matrices, where these had another one in the base; nil where most are as they were.
    private static func mostChanged(_ base: any ModelSource, _ plan: OutputPlan) throws -> WeightType? {
        var changed = 0, all = 0
        for tensor in plan.tensors where tensor.shape.rank > 1 {
            let count = tensor.shape.elementCount ?? 0
            all += count
            if try base.tensor(at: tensor.source).dtype != tensor.dtype { changed += count }
        }
        return 2 * changed > all ? plan.type : nil
    }
}
