// From what a person wishes to which parts stay: by the person's own list, by rows, or by weights.

internal import JSON
internal import Models
internal import Pruning
internal import Spelling
internal import Tensors

/// A plan, and how it came about.
struct PruneChoice {
    let plan: PruningPlan
    /// For programs.
    private(set) var members: [JSONObject.Member] = []
    /// For people, a line each.
    private(set) var lines: [String] = []

    /// Memory that the streams of one batch take, unless one row is longer.
    private static let streamBytes = 128 << 20

    /// - Parameters:
    ///   - base: of which parts stay.
    ///   - model: the same, ready to compute.
    ///   - rows: what choices look at, where there are any of the person's.
    init(
        _ wishes: PruneWishes, _ base: any ModelSource, _ model: LanguageModel, _ rows: PruneRows,
        _ observer: any RunObserver
    ) throws {
        var maker = Maker(wishes: wishes, model: model, rows: rows, observer: observer)
        let blocks = try maker.blocks()
        var plan = try maker.plan(blocks)
        if wishes.keepsUsedTokens { plan.tokens = try KeptTokens(of: base, using: rows.usedTokens()).numbers }
        self.plan = plan
        (members, lines) = (maker.members, maker.lines)
    }

    private struct Maker {
        let wishes: PruneWishes
        let model: LanguageModel
        let rows: PruneRows
        let observer: any RunObserver
        var members: [JSONObject.Member] = []
        var lines: [String] = []
        private let workspace = Workspace()

        init(wishes: PruneWishes, model: LanguageModel, rows: PruneRows, observer: any RunObserver) {
            (self.wishes, self.model, self.rows, self.observer) = (wishes, model, rows, observer)
        }

        // MARK: Blocks

        mutating func blocks() throws -> [Int] {
            let all = Array(0..<model.configuration.layers)
            if let layers = wishes.layers { return try BlockList(layers).numbers(of: all.count) }
            guard let count = wishes.layerCount else { return all }
            let gone =
                try wishes.criterion == .loss ? blocksByLoss(all.count - count) : blocksByAngle(all.count - count)
            return all.filter { !gone.contains($0) }
        }

        private mutating func blocksByAngle(_ count: Int) throws -> Set<Int> {
            let row = BlockAngles.streamBytes(model.configuration, rows: 1)
            let looked = try looked(atMost: max(1, PruneChoice.streamBytes / max(row, 1)))
            observer.receive(
                .stage("choose", detail: "the \(Count.text(count, "block")) that turn least, on \(looked.text)"))
            let found = try BlockAngles(model, over: looked.batches, run: count, workspace: workspace) { done in
                observer.receive(.progress(done: done, total: looked.batches.count, unit: "batches"))
            }
            members.append(
                (
                    "choice",
                    [
                        "by": "angle", "rows": .integer(looked.rows.taken), "tokens": .integer(looked.tokens),
                        "angles": .array(found.angles.map { .double($0) }),
                    ]
                ))
            let angle = String(format: "%.4f", found.angles[found.least.lowerBound])
            lines.append(
                "blocks chosen by angle on \(looked.text): this run turns the stream by \(angle) of a half turn")
            return Set(found.least)
        }

        private mutating func blocksByLoss(_ count: Int) throws -> Set<Int> {
            let looked = try looked(atMost: Calibration.batchRows(of: model))
            observer.receive(
                .stage("choose", detail: "the \(Count.text(count, "block")) that cost least, on \(looked.text)"))
            let found = try BlockLosses(model, over: looked.batches, removing: count, workspace: workspace) {
                observer.receive(.progress(done: $0, total: $1, unit: "trials"))
            }
            members.append(
                (
                    "choice",
                    [
                        "by": "loss", "rows": .integer(looked.rows.taken), "tokens": .integer(looked.tokens),
                        "removals": .array(
                            found.removals.map {
                                ["layer": .integer($0.block), "loss": $0.loss.isFinite ? .double($0.loss) : .null]
                            }),
                    ]
                ))
            lines.append(
                "blocks chosen by loss on \(looked.text), in the order in which they went: "
                    + found.removals.map { "\($0.block)" }.joined(separator: " "))
            return Set(found.removals.map(\.block))
        }

        // MARK: Widths

        mutating func plan(_ blocks: [Int]) throws -> PruningPlan {
            var plan = PruningPlan(blocks: blocks)
            guard wishes.mlpWidth != nil || wishes.heads != nil else { return plan }
            let importance = try importance(blocks), shape = model.configuration.blocks[0].attention.shape
            if let width = wishes.mlpWidth { plan.keepChannels(width, by: importance) }
            if let heads = wishes.heads {
                let together = shape.heads / shape.groups
                plan.keepGroups(heads / together, of: together, by: importance)
            }
            return plan
        }

        private mutating func importance(_ blocks: [Int]) throws -> PartImportance {
            guard rows.areNamed else {
                members.append(("importance", "weights"))
                lines.append("channels and heads chosen by their weights, since no rows are named")
                return try PartImportance(weightsOf: model, blocks: blocks, workspace: workspace)
            }
            let looked = try looked(atMost: Calibration.batchRows(of: model))
            observer.receive(.stage("choose", detail: "channels and heads that say most, on \(looked.text)"))
            members.append(("importance", "rows"))
            lines.append("channels and heads chosen by what they say on \(looked.text)")
            return try PartImportance(model, blocks: blocks, over: looked.batches, workspace: workspace) { done in
                observer.receive(.progress(done: done, total: looked.batches.count, unit: "batches"))
            }
        }

        private func looked(atMost batchRows: Int) throws -> CalibrationRows {
            try CalibrationRows(
                rows.examples, from: [], tokenLimit: wishes.tokenLimit ?? PruneWishes.usualTokenLimit,
                batchRows: batchRows)
        }
    }
}
