// Merging: W' = round(dequant(W) + scale · B·A), tensor by tensor, into a Hugging Face folder.

public import Foundation
internal import JSON
public import Models
internal import Tokenizers
public import WeightFiles

/// What to write and where.
public struct ModelOutputOptions: Sendable {
    /// The float type; nil: the base's own, bf16 where the base is quantised.
    public var type: ExportType?
    /// The most bytes of one safetensors file; larger models are cut into shards.
    public var shardByteLimit = 5_000_000_000
    /// Whether an output that is there already may be replaced.
    public var replacesOutput = false

    public init(type: ExportType? = nil) { self.type = type }
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
    public var type: ExportType
    /// The head was the embedding and is no longer.
    public var untiedHead: Bool
    public var bytesWritten: Int

    public static func == (left: MergeResult, right: MergeResult) -> Bool {
        left.tensorsExpected == right.tensorsExpected && left.tensorsApplied == right.tensorsApplied
            && left.deltaNorm == right.deltaNorm && left.type == right.type && left.untiedHead == right.untiedHead
            && left.bytesWritten == right.bytesWritten
            && left.tensorDeltaNorms.elementsEqual(right.tensorDeltaNorms) { $0.path == $1.path && $0.norm == $1.norm }
    }
}

/// Merges adapters into their base, and writes whole models.
public struct ModelMerger {
    private let base: any WeightSource
    private let description: BaseDescription

    /// - Parameter base: an opened GGUF file or Hugging Face folder.
    public init(base: any WeightSource, configuration: ModelConfiguration) throws {
        self.base = base
        description = try BaseDescription(base, configuration)
    }

    /// Adds `deltas` to the base and writes the folder `output`: all of it, or nothing.
    ///
    /// - Parameter expectedPaths: the modules the adapter's configuration names; a module without factors is an error.
    public func merge(
        _ deltas: [LowRankDelta], expectedPaths: [String]? = nil, into output: URL,
        options: ModelOutputOptions = ModelOutputOptions()
    ) throws -> MergeResult {
        guard !deltas.isEmpty else { throw ModelExportError(output.path, "the adapter holds no factors: nothing to merge") }
        let paths = Set(deltas.map(\.path))
        if let absent = expectedPaths?.first(where: { !paths.contains($0) }) {
            throw ModelExportError(absent, "the adapter holds no factors for the module")
        }
        let result = try write(deltas, into: output, options: options)
        return result
    }

    /// Writes the base itself as the Hugging Face folder `output`.
    @discardableResult
    public func export(into output: URL, options: ModelOutputOptions = ModelOutputOptions()) throws -> MergeResult {
        try write([], into: output, options: options)
    }

    private func write(_ deltas: [LowRankDelta], into output: URL, options: ModelOutputOptions) throws -> MergeResult {
        let plan = try OutputPlan(base: base, deltas: deltas, type: options.type, isTied: description.isTied)
        let folder = try AtomicDirectory(output, replaces: options.replacesOutput)
        let stream = TensorStream(base: base, plan: plan)
        var norms: [(path: String, norm: Double)] = []
        try ShardedSafetensors(folder: folder.url, shardByteLimit: options.shardByteLimit).write(plan.tensors) { tensor, sink in
            let sumOfSquares = try stream.stream(tensor, to: sink)
            if let delta = tensor.delta { norms.append((delta.path, sumOfSquares.squareRoot())) }
        }
        let result = MergeResult(
            tensorsExpected: deltas.count, tensorsApplied: norms.count,
            deltaNorm: norms.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot(), tensorDeltaNorms: norms, type: plan.type,
            untiedHead: plan.untiesHead, bytesWritten: plan.tensors.reduce(0) { $0 + $1.byteCount })
        try check(result, output)
        try description.writeFiles(into: folder.url, type: plan.type, isTied: description.isTied && !plan.untiesHead)
        try folder.commit()
        return result
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
