// What a GGUF file of a base is made of beside the planned tensors: names, forms and metadata. Of a base that is such a file they are
// its own; of any other they are what llama.cpp's converter writes.

internal import Models
internal import Tensors
internal import Tokenizers
internal import Vocabulary
internal import WeightFiles

/// How a base's weights stand in a GGUF file.
struct GGUFNames {
    private let names: WeightNames
    private let heads: Int
    private let keyValueHeads: Int

    init(_ model: ModelConfiguration) throws {
        guard let names = model.weightNames, let shape = model.blocks.first?.attention.shape else {
            throw ModelConfigurationError.unsupportedArchitecture(
                found: model.family, supported: ModelConfiguration.supportedFamilies)
        }
        self.names = names
        heads = shape.heads
        keyValueHeads = shape.groups
    }

    /// The name of the weight called `path`; nil where GGUF has none.
    func name(_ path: String) -> String? { names.ggufName(path) }

    /// The place of the weight called `path` in a stack; nil where it is a tensor of its own.
    func part(_ path: String) -> Int? { names.expert(of: path) }

    /// How the weight called `path` is stored.
    func form(_ path: String) -> StoredForm { names.storedForm(path, heads: heads, keyValueHeads: keyValueHeads) }
}

/// The metadata of a GGUF file, and what stands in it beside a model's weights.
struct GGUFContents {
    /// In the file's order.
    var metadata: [(key: String, value: GGUFValue)]
    /// Tensors before the weights.
    let vectors: [FrozenTensor]

    private static let fileType = "general.file_type"
    private static let quantisation = "general.quantization_version"
    /// Keys that speak of one part of a split file; what is written is whole.
    private static let split = "split."
    /// ggml's number of today's layout of quantised blocks.
    private static let quantisationVersion: UInt32 = 2

    /// Those of `file`, which are kept.
    ///
    /// - Parameter templates: the chat templates, where they are others than the file's.
    init(_ file: GGUFFile, templates: [String: String]?) {
        metadata = file.metadata.filter { key, _ in
            !key.hasPrefix(Self.split) && (templates == nil || !GGUFVocabulary.isTemplate(key))
        }
        metadata += templates.map(GGUFVocabulary.keys) ?? []
        vectors = []
    }

    /// Those of a model in another form.
    init(
        _ base: any ModelSource, _ model: ModelConfiguration, _ plan: OutputPlan, templates: [String: String]?
    ) throws {
        // What the vocabulary is made from is larger than it.
        defer { FreedMemory.giveBack() }
        let description = try GGUFDescription(model), vocabulary = try GGUFVocabulary(of: base, templates: templates)
        let count = plan.tensors.reduce(0) { $0 + ($1.shape.elementCount ?? 0) }
        metadata =
            [
                ("general.architecture", .text(description.architecture)), ("general.type", .text("model")),
                ("general.name", .text(ModelName.title(of: base.location))),
                ("general.size_label", .text(ModelName.sizeLabel(count))),
            ]
            + description.keys
            + [(Self.quantisation, .uint32(Self.quantisationVersion))]
            + vocabulary.keys
        vectors = description.vectors.map { name, values in
            let storage = Storage(byteCount: values.count * 4) { bytes in
                values.withUnsafeBytes { bytes.copyMemory(from: $0) }
            }
            return FrozenTensor(name: name, dtype: .f32, shape: Shape([values.count]), storage: storage, byteOffset: 0)
        }
    }

    /// Says that most of the file's numbers are of `type`.
    mutating func setType(_ type: WeightType) {
        guard let number = type.ggufFileType else { return }
        set(Self.fileType, number)
        if type.isQuantised { set(Self.quantisation, Self.quantisationVersion) }
    }

    /// Says by which importance matrix the file was rounded, and no longer by which its base was.
    mutating func setImportance(_ importance: ColumnImportance?) {
        metadata.removeAll { $0.key.hasPrefix(ColumnImportance.notePrefix) }
        metadata += importance?.notes ?? []
    }

    /// Says what the base says of itself elsewhere than in its weights' file, as llama.cpp's converter takes it from a card.
    mutating func add(_ card: CardFacts) {
        let known = Set(metadata.map(\.key))
        let place = metadata.lastIndex { $0.key == "general.size_label" }
        metadata.insert(
            contentsOf: card.keys.filter { !known.contains($0.key) }, at: place.map { $0 + 1 } ?? metadata.endIndex)
    }

    /// Puts `number` under `key`, at its place or at the end.
    private mutating func set(_ key: String, _ number: UInt32) {
        if let index = metadata.firstIndex(where: { $0.key == key }) {
            metadata[index].value = .uint32(number)
        } else {
            metadata.append((key, .uint32(number)))
        }
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
