// Which rows and columns of a weight stay.

internal import Models

/// The rows and columns that a plan leaves of each weight, by its name in the base.
struct PrunedAxes {
    private let plan: PruningPlan
    private let names: WeightNames
    private let base: ModelConfiguration
    private let places: [Int: Int]

    init(_ plan: PruningPlan, of base: ModelConfiguration, _ names: WeightNames) {
        self.plan = plan
        self.names = names
        self.base = base
        places = Dictionary(uniqueKeysWithValues: plan.blocks.enumerated().map { ($1, $0) })
    }

    /// What stays of the base's `name`; nil where all does.
    func kept(of name: String) -> (rows: [Int]?, columns: [Int]?) {
        let axes = names.axes(of: name), block = names.block(of: name).flatMap { places[$0.number] }
        return (kept(axes.rows, block), kept(axes.columns, block))
    }

    private func kept(_ axis: WeightAxis?, _ block: Int?) -> [Int]? {
        switch axis {
        case nil: nil
        case .tokens: plan.tokens
        case .innerChannels: block.flatMap { plan.channels?[$0] }
        case .keyHeads: block.flatMap { plan.groups?[$0] }.map { features($0) }
        case .queryHeads:
            block.flatMap { plan.groups?[$0] }.map { groups in
                features(groups.flatMap { group in (0..<together).map { group * together + $0 } })
            }
        }
    }

    private var shape: AttentionShape { base.blocks[0].attention.shape }
    /// Query heads that share a key head.
    private var together: Int { shape.heads / shape.groups }

    private func features(_ heads: [Int]) -> [Int] {
        heads.flatMap { Array($0 * shape.headWidth..<($0 + 1) * shape.headWidth) }
    }
}
