// Infused adapters by inhibiting and amplifying activations (Liu et al., 2022): one factor for each output of a layer, or, where it
// ends a feed-forward part, for each input.
//
//     outputs:  u = x·Wᵀ + b     y = l∘u               dl += Σ dy∘u      dx = (l∘dy)·W
//     inputs:   y = (l∘x)·Wᵀ + b                g = dy·W      dl += Σ x∘g       dx = l∘g

import Kernels
import Tensors

extension AdapterMethod {
    /// IA3: l `[out, 1]`, or `[1, in]` on feed-forward modules.
    public static let ia3 = AdapterMethod(
        .ia3,
        words: PEFTWords(
            type: "IA3", hasBlocks: false, members: [.names("feedforward_modules", \.feedforwardModules)],
            fixed: [("init_ia3_weights", true)], harmless: ["init_ia3_weights"]),
        factors: .none,
        scaling: { layout in
            layout.isFeedForward ? .inputs { own in own[0] } : .outputs { own in own[0] }
        },
        scale: { _, _ in 1 }, pass: ScalingPass.self,
        usualTargets: { $0.scaledModules?.all },
        resolve: { settings, modules, family in
            var settings = settings
            let ends = family?.scaledModules?.inputs ?? StateLayout.usualEnds
            settings.feedforwardModules =
                settings.feedforwardModules ?? ends.filter { end in modules.contains { $0.hasSuffix(end) } }
            return settings
        }
    ) { layout in
        [
            layout.isFeedForward
                ? AdapterState("ia3_l", rows: 1, columns: layout.inputSize, start: .constant(1))
                : AdapterState("ia3_l", rows: layout.outputSize, columns: 1, start: .constant(1))
        ]
    }
}

/// Modules of a family of models that IA3 scales, by the ends of their names.
public struct ScaledModules: Sendable, Equatable {
    /// Whose outputs are scaled.
    let outputs: [String]
    /// Whose inputs are.
    let inputs: [String]

    /// All of them, as a target of an adapter.
    var all: [String] { outputs + inputs }
}

extension StateLayout {
    /// What PEFT takes for the end of a feed-forward part in one or other of its families: for those that it does not know.
    fileprivate static let usualEnds = [
        "down_proj", "mlp.c_proj", "output.dense", "fc2", "fc_out", "dense_4h_to_h", "DenseReluDense.wo", "ffn.lin2",
    ]

    /// Whether IA3 scales its inputs: as in PEFT, where its path ends in one of the names.
    fileprivate var isFeedForward: Bool {
        (settings.feedforwardModules ?? Self.usualEnds).contains { path.hasSuffix($0) }
    }
}

/// An IA3 adapter in one direction of a pass.
struct ScalingPass: AdapterPass {
    private let site: AdapterSite
    private let scalesInputs: Bool
    /// l as a row.
    private let factors: Matrix
    /// As many ones.
    private let ones: Matrix
    /// Of outputs on the way up: u in fp32; of inputs: l∘x, and g on the way back.
    private let scaled: RowScratch?

    static func readsWeightBackward(_ adapter: LowRankAdapter) -> Bool { adapter.layout.isFeedForward }

    static func keeping(_ layer: LinearLayer, _ adapter: LowRankAdapter, rows: Int, _ context: PassContext) -> [Matrix]
    {
        // u, or room for g; in the end dy∘u, or x∘g.
        let isFeedForward = adapter.layout.isFeedForward
        return [context.activations(rows: rows, columns: isFeedForward ? layer.inputSize : layer.outputSize)]
    }

    init(_ site: AdapterSite) {
        let context = site.context, isForward = site.dz == nil
        self.site = site
        scalesInputs = site.adapter.layout.isFeedForward
        factors = Self.row(site.adapter)
        ones = Self.ones(factors.columns, context)
        let needsScratch = isForward || scalesInputs
        scaled =
            needsScratch
            ? context.scratch(columns: factors.columns, type: isForward && scalesInputs ? nil : .f32) : nil
    }

    private static func row(_ adapter: LowRankAdapter) -> Matrix {
        let values = adapter.states[0].values
        return Matrix(pointer: values.pointer, rows: 1, columns: values.count, type: .f32)
    }

    private static func ones(_ count: Int, _ context: PassContext) -> Matrix {
        let ones = context.residual(rows: 1, columns: count)
        context.compute { Elements.fill(ones, with: 1) }
        return ones
    }

    private func kept(_ block: RowBlock) -> Matrix { site.kept.own[0].rows(block.rows) }

    private func room(_ block: RowBlock) -> Matrix {
        guard let scaled else { preconditionFailure("the layer was not laid out for this way") }
        return scaled[block]
    }

    // MARK: Forward

    func forward(_ x: Matrix, into y: Matrix?, base: Matrix?, _ block: RowBlock) {
        guard let weight = site.weight else { preconditionFailure("no weight was laid out") }
        let room = room(block)
        if scalesInputs {
            guard let y else { return }
            ColumnFactors.scale(x, by: factors, into: room)
            return Products.sum([Term(room, weight)], into: y, bias: site.layer.bias, base: base)
        }
        Products.sum([Term(x, weight)], into: room, bias: site.layer.bias)
        Conversion.convert(room, into: kept(block))
        if let y { ColumnFactors.scale(room, by: factors, base: base, into: y) }
    }

    static func input(_ x: Matrix, _ adapter: LowRankAdapter, _ context: PassContext) -> Matrix? {
        guard adapter.layout.isFeedForward else { return nil }
        let scaled = context.residual(rows: x.rows, columns: x.columns)
        context.compute { ColumnFactors.scale(x, by: row(adapter), into: scaled) }
        return scaled
    }

    static func finish(_ y: Matrix, _ layer: LinearLayer, _ adapter: LowRankAdapter) {
        layer.bias.map { Elements.addBias($0, to: y) }
        if !adapter.layout.isFeedForward { ColumnFactors.scale(y, by: row(adapter), into: y) }
    }

    // MARK: Backward

    func backward(_ dy: Matrix, _ block: RowBlock) -> [Term] {
        guard scalesInputs else {
            ColumnFactors.multiply(kept(block), by: dy, ones)
            ColumnFactors.scale(dy, by: factors, into: dy)
            return site.weight.map { [Term(dy, $0)] } ?? []
        }
        guard let weight = site.weight else { preconditionFailure("no weight was laid out") }
        Products.sum([Term(dy, weight)], into: room(block))
        Conversion.convert(room(block), into: kept(block))
        return []
    }

    func addRest(into dx: Matrix, _ block: RowBlock) {
        guard scalesInputs else { return }
        ColumnFactors.scale(room(block), by: factors, into: room(block))
        Elements.add(room(block), into: dx)
    }

    static func gradients(
        _ sum: AdapterSum, x: Matrix, _ adapter: LowRankAdapter, _ factors: FactorPair?, _ context: PassContext
    ) -> [GradientProduct] {
        guard let shares = sum.kept?.own.first else { return [] }
        let isFeedForward = adapter.layout.isFeedForward
        let rows = context.activations(rows: shares.rows, columns: 1), ones = ones(shares.columns, context)
        context.compute {
            Elements.fill(rows, with: 1)
            if isFeedForward { ColumnFactors.multiply(shares, by: x, ones) }
        }
        return [
            GradientProduct(
                rows, count: 1, shares, addedTo: adapter.states[0].gradients, isFeedForward ? .fewByMany : .manyByFew)
        ]
    }
}
