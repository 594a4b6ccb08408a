// Merging: W' = round(dequant(W) + scale · B·A), tensor by tensor, into any format of models.

public import Files
public import Foundation
public import Models
public import Tensors
public import Vocabulary
public import WeightFiles

/// What to write and where.
public struct ModelOutputOptions: Sendable {
    /// The type of the weights; of a quantised base merged into floats, `auto` is bf16.
    public var type: WeightType
    /// How much columns count where tensors are rounded to blocks; nil: all the same.
    public var importance: ColumnImportance?
    /// The type of the matrices that an adapter changes, where it is finer than the one they would have; `auto`: no
    /// other.
    public var touchedType = WeightType.auto
    /// Types of single matrices by their Hugging Face names, where they are finer.
    public var tensorTypes: [String: DType] = [:]
    /// The chat templates by name that go with the model; nil: the base's own.
    public var chatTemplates: [String: String]?
    /// What the base's card says, for formats that have a place for it.
    public var card: CardFacts?
    /// What goes with a model that is one file.
    public var companions: [CompanionFile] = []
    /// The most bytes of one file, where a form cuts models into several: safetensors, and GGUF in parts.
    public var shardByteLimit = 5_000_000_000
    /// The run that writes, which replaces no other run's; nil where none does.
    public var run: String?

    public init(type: WeightType = .auto, of run: String? = nil) {
        self.type = type
        self.run = run
    }
}

/// What a merge did.
public struct MergeResult: Sendable, Equatable {
    /// Factor pairs of the adapter.
    public var tensorsExpected: Int
    /// Weights that a delta was added to.
    public var tensorsApplied: Int
    /// ‖ΔW‖ over all weights, in fp32 before rounding.
    public var deltaNorm: Double
    /// ‖ΔW‖ of each weight, in the order written.
    public var tensorDeltaNorms: [(path: String, norm: Double)]
    /// What the model was written in; never `auto`.
    public var type: WeightType
    /// The head was the embedding and is no longer.
    public var untiedHead: Bool
    public var bytesWritten: Int

    /// A result from its parts.
    public init(
        tensorsExpected: Int, tensorsApplied: Int, deltaNorm: Double, tensorDeltaNorms: [(path: String, norm: Double)],
        type: WeightType, untiedHead: Bool, bytesWritten: Int
    ) {
        self.tensorsExpected = tensorsExpected
        self.tensorsApplied = tensorsApplied
        self.deltaNorm = deltaNorm
        self.tensorDeltaNorms = tensorDeltaNorms
        self.type = type
        self.untiedHead = untiedHead
        self.bytesWritten = bytesWritten
    }

    public static func == (left: MergeResult, right: MergeResult) -> Bool {
        left.tensorsExpected == right.tensorsExpected && left.tensorsApplied == right.tensorsApplied
            && left.deltaNorm == right.deltaNorm && left.type == right.type && left.untiedHead == right.untiedHead
            && left.bytesWritten == right.bytesWritten
            && left.tensorDeltaNorms.elementsEqual(right.tensorDeltaNorms) { $0.path == $1.path && $0.norm == $1.norm }
    }
}

/// Merges adapters into their base, and writes whole models.
public struct ModelMerger {
    let base: any ModelSource
    private let configuration: ModelConfiguration
    private let description: BaseDescription

    /// For an opened model, which says itself what it is.
    public init(base: any ModelSource) throws {
        try self.init(base: base, configuration: ModelConfiguration(of: base))
    }

    /// For weights whose configuration is known.
    public init(base: any ModelSource, configuration: ModelConfiguration) throws {
        self.base = base
        self.configuration = configuration
        description = try BaseDescription(base, configuration)
    }

    /// Memory that a merge takes beside the factors: it streams, however large the model.
    public static var streamBytes: Int { TensorStream.bufferBytes }

    /// Memory that the files beside the weights take while they are made.
    public static func describingBytes(_ base: any ModelSource) throws -> Int {
        try BaseDescription.memoryBytes(base)
    }

    /// Bytes of the largest tensor that is written.
    /// - Parameter type: the type asked for.
    public static func largestTensorBytes(_ base: any WeightSource, type: WeightType) -> Int {
        let dtype = type.dtype ?? (try? OutputPlan.ownType(of: base).0)?.dtype ?? .bf16
        let elements = base.paths.map { base.shape(at: $0)?.elementCount ?? 0 }.max() ?? 0
        let blocks = (elements + dtype.blockElements - 1) / dtype.blockElements
        return blocks * dtype.blockBytes
    }

    /// Bytes of the weights' files that a merge has mapped at once.
    public static func mappedBytes(_ base: any WeightSource) -> Int {
        base.paths.map { (try? base.tensor(at: $0)).map(TensorStream.mappedBytes) ?? 0 }.max() ?? 0
    }

    /// Adds `deltas` to the base and writes the model to `output`: all of it, or nothing.
    ///
    /// - Parameters:
    ///   - expectedPaths: the modules the adapter's configuration names; a module without factors is an error.
    ///   - format: what is written: a folder or a file.
    ///   - prove: looks at what is about to take its place, and may add to a folder. Where it throws, nothing has changed.
    /// - Throws: `ModelExportError` for factors or weights that do not fit, `PlaceError` where something else stands at `output`.
    public func merge(
        _ deltas: [LowRankDelta], expectedPaths: [String]? = nil, as format: ModelFormat, into output: URL,
        options: ModelOutputOptions = ModelOutputOptions(), prove: (MergeResult, URL) throws -> Void = { _, _ in }
    ) throws -> MergeResult {
        guard !deltas.isEmpty else {
            throw ModelExportError(output.path, "the adapter holds no factors: nothing to merge")
        }
        let paths = Set(deltas.map(\.path))
        if let absent = expectedPaths?.first(where: { !paths.contains($0) }) {
            throw ModelExportError(absent, "the adapter holds no factors for the module")
        }
        return try write(deltas, format, output, options, prove: prove)
    }

    /// Writes the base itself to `output`.
    ///
    /// - Parameter prove: as in `merge`.
    @discardableResult
    public func export(
        as format: ModelFormat, into output: URL, options: ModelOutputOptions = ModelOutputOptions(),
        prove: (MergeResult, URL) throws -> Void = { _, _ in }
    ) throws -> MergeResult {
        try write([], format, output, options, prove: prove)
    }

    /// What is written of the base with `deltas`.
    func plan(_ deltas: [LowRankDelta], _ format: ModelFormat, _ options: ModelOutputOptions) throws -> OutputPlan {
        let names = configuration.weightNames
        let modules = names.map { ($0.embedding, $0.head ?? LanguageModel.headPath) } ?? OutputPlan.usualModules
        var plan = try format.arrange(
            OutputPlan(
                base: base, deltas: deltas, type: options.type, isTied: description.isTied,
                importance: options.importance, modules: modules), base, configuration)
        plan.refine(options)
        return plan
    }

    private func write(
        _ deltas: [LowRankDelta], _ format: ModelFormat, _ output: URL, _ options: ModelOutputOptions,
        prove: (MergeResult, URL) throws -> Void
    ) throws -> MergeResult {
        let plan = try self.plan(deltas, format, options)
        let staged = try StagedOutput(output, isFolder: format.isFolder, .model, of: options.run)
        let contents = ModelContents(
            base: base, configuration: configuration, description: description, plan: plan,
            chatTemplates: options.chatTemplates, card: options.card, shardByteLimit: options.shardByteLimit)
        let sink = try format.sink(contents, staged.place)
        let result = try stream(plan, into: sink, expected: deltas.count)
        try check(result, output)
        try staged.commit(sink.finish(), with: options.companions) { try prove(result, $0) }
        return result
    }

    /// Streams every tensor of `plan` into `sink`.
    private func stream(_ plan: OutputPlan, into sink: any TensorSink, expected: Int) throws -> MergeResult {
        let stream = TensorStream(base: base, plan: plan)
        var norms: [(path: String, norm: Double)] = []
        for tensor in plan.tensors {
            var sumOfSquares = 0.0
            plan.importance?.written?.begin(tensor.path)
            try sink.write(tensor) { write in
                sumOfSquares = try stream.stream(tensor) { bytes in
                    plan.importance?.written?.add(bytes, to: tensor.path)
                    try write(bytes)
                }
            }
            if let delta = tensor.delta { norms.append((delta.path, sumOfSquares.squareRoot())) }
        }
        return MergeResult(
            tensorsExpected: expected, tensorsApplied: norms.count,
            deltaNorm: norms.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot(), tensorDeltaNorms: norms,
            type: plan.type,
            untiedHead: plan.untiesHead, bytesWritten: plan.tensors.reduce(0) { $0 + $1.byteCount })
    }

    private func check(_ result: MergeResult, _ output: URL) throws {
        guard result.tensorsApplied == result.tensorsExpected else {
            throw ModelExportError(
                output.path, "not every factor pair was applied", expected: "\(result.tensorsExpected)",
                found: "\(result.tensorsApplied)")
        }
        guard result.tensorsExpected == 0 || result.deltaNorm > 0 else {
            throw ModelExportError(
                output.path, "the adapter changes nothing: every B·A is zero", found: "‖ΔW‖ = 0",
                hint: "was the adapter trained?")
        }
    }
}
