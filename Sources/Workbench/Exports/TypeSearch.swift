// The types of a written model's matrices, searched so that its size or its loss on held-out rows meets a wish.
//
// First each group of matrices is rounded alone, the rest as it was, and the divergence measured: so much harm it
// does. From these follows an order of raises. A size is met by the last step that fits, a loss by the first that is
// low enough, which is found by halving: each try is written, read back, scored and thrown away.

internal import Datasets
internal import Evaluation
internal import Foundation
internal import Kernels
internal import ModelExport
internal import Models
internal import Spelling
internal import Tensors
internal import Vocabulary

/// Searches types of single matrices.
struct TypeSearch {
    /// What is wished.
    enum Goal {
        case size(SizeWish)
        /// The mean over target tokens of the rows that are scored.
        case loss(Double)
    }

    let goal: Goal
    let merger: ModelMerger
    let check: ExportCheck
    let output: URL

    /// Rows that a group is measured on, and their tokens, at most.
    private static let probeRows = 16
    private static let probeTokens = 1024

    /// Ends a writing whose file was only to be looked at.
    private struct Seen: ClassifiedError {
        var kind: FailureKind { .internal }
        var description: String { "looked at" }
    }

    private var options: ModelOutputOptions { check.options }
    private var deltas: [LowRankDelta] { check.deltas }

    /// Types that meet the goal; empty where the plain ones do.
    ///
    /// - Throws: `Failure` where none do.
    func types() throws -> [String: DType] {
        let planned = try merger.plannedMatrices(deltas, as: check.format, options: options)
        let groups = MatrixGroup.groups(of: planned.matrices, layers: check.base.configuration.layers)
        var harms: [Double] = [], loss = 0.0, overhead = 0
        try trying([:]) { staged in
            overhead = try staged.byteCount - planned.bytes
            if case .loss = goal { loss = try check.scores(of: staged).writtenLoss }
            harms = try self.harms(of: groups, in: staged)
        }
        let path = RaisePath(groups, harms: harms)
        switch goal {
        case .size(let size): return try largest(path, within: size, plain: planned.bytes + overhead, overhead)
        case .loss(let wanted): return try loss <= wanted ? [:] : smallest(path, wanted, plain: loss)
        }
    }

    // MARK: Goals

    private func largest(
        _ path: RaisePath, within size: SizeWish, plain: Int, _ overhead: Int
    ) throws -> [String: DType] {
        let limit = size.bytes(plain: plain)
        func bytes(_ types: [String: DType]) throws -> Int {
            try merger.plannedMatrices(deltas, as: check.format, options: with(types)).bytes + overhead
        }
        guard let found = try path.types.last(where: { try bytes($0) <= limit }) else {
            throw Failure(
                .badInput,
                "the target size \(ByteCount.text(limit)) is less than the \(ByteCount.text(plain)) that "
                    + "\(options.type.rawValue) takes",
                hint: "name a coarser type, or more bytes")
        }
        tell(
            "\(Count.text(found.count, "matrix", plural: "matrices")) in finer types: "
                + ByteCount.text(try bytes(found)))
        return found
    }

    private func smallest(_ path: RaisePath, _ wanted: Double, plain: Double) throws -> [String: DType] {
        var losses = [0: plain]
        func loss(_ step: Int) throws -> Double {
            if let known = losses[step] { return known }
            var loss = 0.0
            try trying(path.types[step]) { loss = try check.scores(of: $0).writtenLoss }
            tell(String(format: "step %d of %d: loss %.4f, wanted %.4f", step, path.types.count - 1, loss, wanted))
            losses[step] = loss
            return loss
        }
        var low = 0, high = path.types.count - 1
        guard try loss(high) <= wanted else {
            throw Failure(
                .badInput,
                "the target loss \(wanted) is not reached by any types: "
                    + String(
                        format: "it is %.4f in %@ and %.4f in the finest", plain, options.type.rawValue,
                        losses[high] ?? .nan),
                hint: "the loss before rounding is the least that can be had")
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if try loss(middle) <= wanted { high = middle } else { low = middle }
        }
        return path.types[high]
    }

    // MARK: Measuring

    /// Writes the model with some types, hands it to `body`, and throws it away.
    private func trying(_ types: [String: DType], _ body: (StagedExport) throws -> Void) throws {
        do {
            let look = { (result: MergeResult, place: URL) in
                try body(StagedExport(place, check.format, result, of: check.base))
                throw Seen()
            }
            if deltas.isEmpty {
                try merger.export(as: check.format, into: output, options: with(types), prove: look)
            } else {
                _ = try merger.merge(deltas, as: check.format, into: output, options: with(types), prove: look)
            }
        } catch is Seen {}
    }

    private func with(_ types: [String: DType]) -> ModelOutputOptions {
        var options = options
        options.tensorTypes = types
        return options
    }

    /// The divergence where one group alone is as `staged` has it.
    private func harms(of groups: [MatrixGroup], in staged: StagedExport) throws -> [Double] {
        let rows = check.rows.probe(rows: Self.probeRows, tokens: Self.probeTokens)
        return try check.withReference { reference in
            try groups.enumerated().map { index, group in
                defer { tellProgress(index + 1, of: groups.count) }
                let paths = Set(group.matrices.map(\.path)).intersection(check.base.weights.paths)
                guard !paths.isEmpty else { return 0 }
                let weights = OverlaidWeights(base: check.base.weights, written: staged.weights, overlaid: paths)
                let model = try LanguageModel(
                    configuration: check.base.configuration, weights: weights, precision: .f32)
                model.streamsWeights = true
                model.adapters = reference.binding(leavingOut: paths, on: model)
                return try ModelDivergence(
                    of: ModelLogits(model), from: ModelLogits(reference), on: rows,
                    vocabularySize: check.base.configuration.vocabularySize, rowLimit: Self.probeTokens,
                    workspace: Workspace()
                ).other.total.mean(ModelDivergence.divergence) ?? 0
            }
        }
    }

    private func tell(_ words: String) { check.observer.receive(.note("types: " + words)) }

    private func tellProgress(_ done: Int, of total: Int) {
        check.observer.receive(.progress(done: done, total: total, unit: "groups of matrices measured"))
    }
}

extension LanguageModel {
    /// The model's adapters as `other` is to have them, without those whose weights hold their change already.
    fileprivate func binding(leavingOut paths: Set<String>, on other: LanguageModel) -> AdapterBinding {
        var kept: [String: LowRankAdapter] = [:]
        for layer in linearLayers where !paths.contains(layer.path + ".weight") { kept[layer.path] = adapters[layer] }
        if !paths.contains(Self.headPath + ".weight") { kept[Self.headPath] = adapters.head }
        return other.binding(kept)
    }
}
