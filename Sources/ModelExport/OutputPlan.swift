// Which tensors will be written, from what and in which type. Everything that can go wrong with names, shapes and factors goes
// wrong here, before a byte is written.

internal import Models
internal import Tensors
internal import Vocabulary
internal import WeightFiles

/// One tensor of the output.
struct PlannedTensor {
    /// Hugging Face's name in the output.
    let path: String
    /// The name in the output's file.
    var name: String
    /// The base's weight that it comes from.
    let source: String
    let shape: Shape
    var dtype: DType
    /// Its place in a stack that is one tensor of the output's file; nil where it is a tensor of its own.
    var part: Int?
    /// How the output's file stores it.
    var form = StoredForm.asStored
    /// What is added.
    let delta: LowRankDelta?
    /// By what the numbers of a bias are multiplied; nil: by nothing.
    var biasFactors: [Float]?
    /// How much each column counts where the tensor is rounded to blocks; nil: all the same.
    var importance: [Float]?

    /// Multiplies `block`, the rows `range` of a bias, a row or a column, by its factors.
    func scaleBias(_ block: Matrix, rows range: Range<Int>) {
        guard let biasFactors else { return }
        if block.columns == biasFactors.count {
            ScalingFactors.ofColumns(biasFactors).apply(to: block)
        } else {
            ScalingFactors.ofRows(Array(biasFactors[range])).apply(to: block)
        }
    }

    /// As the output's file has it.
    var storedShape: Shape { form.meaning(shape) }
    var byteCount: Int { shape.elementCount.flatMap { dtype.byteCount(elements: $0) } ?? 0 }
}

/// All tensors of the output, in the base's order.
struct OutputPlan {
    var tensors: [PlannedTensor]
    /// The type that was asked for.
    let requested: WeightType
    /// The type of the model as a whole; never `auto`.
    let type: WeightType
    /// How much columns count where tensors are rounded to blocks.
    let importance: ColumnImportance?
    /// The head has a delta of its own, so that it can no longer be the embedding.
    let untiesHead: Bool

    /// What most families call the modules of their embedding and of their head.
    static let usualModules = (embedding: "model.embed_tokens", head: LanguageModel.headPath)

    /// - Parameters:
    ///   - modules: the embedding and the head, as the base calls them.
    ///   - type: the type asked for; `auto`: the base's own, bf16 where the base is quantised.
    ///   - isTied: the base's head is its embedding.
    init(
        base: any WeightSource, deltas: [LowRankDelta], type requested: WeightType, isTied: Bool,
        importance: ColumnImportance? = nil, modules: (embedding: String, head: String) = usualModules
    ) throws {
        var byPath: [String: LowRankDelta] = [:]
        for delta in deltas {
            // An adapter on the head is called so whatever the file calls the head.
            let path = delta.path == LanguageModel.headPath ? modules.head : delta.path
            guard byPath.updateValue(delta, forKey: path) == nil else {
                throw ModelExportError(delta.path, "the adapter holds the module twice")
            }
        }
        if isTied, byPath[modules.embedding] != nil {
            throw ModelExportError(modules.embedding, "an adapter on the embedding cannot be merged")
        }
        var biases = Dictionary(
            byPath.compactMap { path, delta in delta.biasFactors.map { (path + ".bias", $0) } }
        ) { first, _ in first }
        var untiesHead = isTied && byPath[modules.head] != nil
        let (ownType, isQuantised) = try OutputPlan.ownType(of: base)
        var tensors: [PlannedTensor] = []
        for path in base.paths {
            // With a tied head some files repeat the embedding as lm_head.weight; kept as it is.
            let stored = try base.tensor(at: path)
            let module = path.hasSuffix(".weight") ? String(path.dropLast(7)) : path
            let delta = path.hasSuffix(".weight") ? byPath.removeValue(forKey: module) : nil
            try delta?.check(against: stored)
            tensors.append(
                PlannedTensor(
                    path: path, name: path, source: path, shape: stored.shape,
                    dtype: OutputPlan.type(of: stored, path, in: base, requested, isQuantised: isQuantised),
                    delta: delta, biasFactors: biases.removeValue(forKey: path)))
        }
        if isTied, let delta = byPath.removeValue(forKey: modules.head) {
            let head = modules.head + ".weight", source = modules.embedding + ".weight"
            let stored = try base.tensor(at: source)
            try delta.check(against: stored)
            tensors.append(
                PlannedTensor(
                    path: head, name: head, source: source, shape: stored.shape,
                    dtype: OutputPlan.type(of: stored, source, in: base, requested, isQuantised: isQuantised),
                    delta: delta))
            untiesHead = true
        }
        if let path = byPath.keys.sorted().first {
            throw ModelExportError(
                path, "the base has no such module; \(byPath.count) of \(deltas.count) factor pairs match nothing",
                hint: closestName(to: path + ".weight", among: base.paths).map { "the closest weight is \($0)" })
        }
        self.tensors = tensors
        self.requested = requested
        self.importance = importance
        type = requested == .auto ? ownType : requested
        self.untiesHead = untiesHead
    }

    /// The type in the output: the one asked for; else bf16 in a quantised base, and as stored in any other.
    private static func type(
        of stored: FrozenTensor, _ path: String, in base: any WeightSource, _ requested: WeightType, isQuantised: Bool
    ) -> DType {
        switch stored.dtype {
        case .f64, .i8, .i16, .i32, .i64, .u8, .bool: stored.dtype  // Buffers that some files carry, not weights.
        default: requested.dtype ?? (isQuantised ? .bf16 : ownType(of: stored, path, in: base))
        }
    }

    /// As the base has it, or, of what was trained in the place of its own, as it had that.
    private static func ownType(of stored: FrozenTensor, _ path: String, in base: any WeightSource) -> DType {
        (base as? any ModelOverBase)?.writtenType(at: path) ?? stored.dtype
    }

    /// The float type that most of the base's numbers have; bf16 if any are quantised.
    static func ownType(of base: any WeightSource) throws -> (WeightType, isQuantised: Bool) {
        var elements: [DType: Int] = [:]
        for path in base.paths {
            let stored = try base.tensor(at: path)
            if stored.dtype.isQuantised { return (.bf16, true) }
            elements[ownType(of: stored, path, in: base), default: 0] += stored.elementCount
        }
        let most = elements.filter { WeightType(floats: $0.key) != nil }.max {
            ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue)
        }
        return (most.flatMap { WeightType(floats: $0.key) } ?? .fp32, false)
    }
}
