// A model as one GGUF file, as llama.cpp reads it.

internal import Foundation
internal import Kernels
internal import Models
internal import Tensors
internal import Vocabulary
internal import WeightFiles

extension ModelFormat {
    /// One GGUF file. Of a base that is a GGUF file, metadata and what did not change are copied byte for byte.
    public static let gguf = ModelFormat(isFolder: false, arrange: arrange) { contents, place in
        try GGUFModel(contents, place)
    }

    /// Names and row orders as the base's family has them in GGUF. Vectors are fp32 there. Matrices get the type that was asked for;
    /// where none was, those that stay keep theirs, and those that change get the plan's.
    private static func arrange(_ plan: OutputPlan, for base: any WeightSource) throws -> OutputPlan {
        let base = try source(base)
        let hasHead = plan.tensors.contains { $0.path == "lm_head.weight" }
        let mix = TensorMix(
            plan.requested, for: .init(try ModelConfiguration(of: base), hasHead: hasHead),
            hasImportance: plan.importance != nil)
        var plan = plan
        plan.tensors = try plan.tensors.map { tensor in
            guard let name = base.names.ggufName(tensor.path) else {
                throw ModelExportError(tensor.path, "has no name in GGUF")
            }
            let stored = try base.tensor(at: tensor.source)
            var tensor = tensor
            tensor.name = name
            tensor.form = base.form(at: tensor.path)
            if tensor.shape.rank < 2 {
                tensor.dtype = Widening.supports(stored.dtype) ? .f32 : stored.dtype
            } else if let mix {
                tensor.dtype = mix.dtype(of: name, columns: tensor.shape.sizes.last ?? 1) ?? stored.dtype
                tensor.importance = try plan.importance?.counts(name, columns: tensor.shape.sizes.last ?? 1)
            } else if tensor.delta?.changesType != true, plan.requested == .auto {
                tensor.dtype = stored.dtype
            }
            return tensor
        }
        return plan
    }

    fileprivate static func source(_ base: any WeightSource) throws -> GGUFWeights {
        guard let gguf = base as? GGUFWeights else {
            throw ModelExportError(
                base.location, "GGUF is written of a base that is a GGUF file, and this is none",
                hint: "export safetensors, of which llama.cpp's convert_hf_to_gguf.py makes a GGUF file")
        }
        return gguf
    }
}

/// A GGUF file being written beside its place.
private final class GGUFModel: TensorSink {
    private let writer: GGUFWriter
    /// What stands in the file, in its order: planned tensors, and those of the base that are no weights of Hugging Face's, such as
    /// factors of rotary frequencies, which are copied.
    private var left: ArraySlice<Item>

    private enum Item {
        case planned(PlannedTensor)
        case copied(FrozenTensor)

        var entry: TensorEntry {
            switch self {
            case .planned(let tensor): .init(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape)
            case .copied(let tensor): .init(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape)
            }
        }
    }

    /// Keys that speak of one part of a split file; what is written is whole.
    private static let split = "split."

    init(_ contents: ModelContents, _ place: URL) throws {
        let base = try ModelFormat.source(contents.base), others = Set(base.otherNames)
        var next = contents.plan.tensors[...]
        var items: [Item] = []
        for tensor in base.gguf.tensors {
            if let first = next.first, tensor.name == first.name {
                items.append(.planned(next.removeFirst()))
            } else if others.contains(tensor.name), let copied = try base.gguf.tensor(tensor.name) {
                items.append(.copied(copied))
            }
        }
        items += next.map { .planned($0) }
        precondition(items.count == contents.plan.tensors.count + others.count, "a plan in another order than the base")
        left = items[...]
        writer = try GGUFWriter(
            place, metadata: try Self.metadata(base, contents.plan), entries: items.map(\.entry))
    }

    func write(_ tensor: PlannedTensor, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        try writeCopied()
        left.removeFirst()
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

    /// The base's own, with the type that most of the file has now.
    private static func metadata(_ base: GGUFWeights, _ plan: OutputPlan) throws -> [(key: String, value: GGUFValue)] {
        let fileType = "general.file_type"
        let kept = base.gguf.metadata.filter { !$0.key.hasPrefix(split) }
        guard let type = try plan.requested == .auto ? mostChanged(base, plan) : plan.requested,
            let number = type.ggufFileType
        else { return kept }
        let said = kept.replacing(fileType, with: .uint32(number))
        return type.isQuantised ? said.replacing("general.quantization_version", with: .uint32(2)) : said
    }

    /// The type of most numbers of the matrices, where these had another one in the base; nil where most are as they were.
    private static func mostChanged(_ base: GGUFWeights, _ plan: OutputPlan) throws -> WeightType? {
        var changed = 0, all = 0
        for tensor in plan.tensors where tensor.shape.rank > 1 {
            let count = tensor.shape.elementCount ?? 0
            all += count
            if try base.tensor(at: tensor.source).dtype != tensor.dtype { changed += count }
        }
        return 2 * changed > all ? plan.type : nil
    }
}

extension [(key: String, value: GGUFValue)] {
    /// The same with `value` under `key`, at its place or at the end.
    fileprivate func replacing(_ key: String, with value: GGUFValue) -> Self {
        guard contains(where: { $0.key == key }) else { return self + [(key, value)] }
        return map { ($0.key, $0.key == key ? value : $0.value) }
    }
}

extension WeightType {
    /// llama.cpp's number of files whose matrices are of this type; nil for `auto`.
    fileprivate var ggufFileType: UInt32? {
        switch self {
        case .auto: nil
        case .fp32: 0
        case .fp16: 1
        case .q4_0: 2
        case .q4_1: 3
        case .q8_0: 7
        case .q5_0: 8
        case .q5_1: 9
        case .q2_K: 10
        case .q3_K_S: 11
        case .q3_K_M: 12
        case .q3_K_L: 13
        case .q4_K_S: 14
        case .q4_K_M: 15
        case .q5_K_S: 16
        case .q5_K_M: 17
        case .q6_K: 18
        case .iq4_NL: 25
        case .iq4_XS: 30
        case .bf16: 32
        }
    }
}
