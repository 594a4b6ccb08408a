// Many gated feed-forward networks in the place of one. A router says which few of them a row goes to, and what each counts:
//
//     x + Σ over the row's experts e: share_e · D_e·(act(G_e·norm(x)) ⊙ U_e·norm(x))
//
// N rows, C width, E experts, K of a row, F inner width. Rows of an expert are gathered without gaps, none is left out, and experts
// are added in the order of their numbers, so a row's numbers do not depend on what is computed beside it. The two directions of
// training stand in `ExpertsPass`.

import Kernels
import Tensors

/// One of the networks.
struct Expert {
    let gate: LinearLayer
    let up: LinearLayer
    let down: LinearLayer

    var layers: [LinearLayer] { [gate, up, down] }
}

/// The experts of a block with their router and their frozen weights.
final class ExpertsSublayer: Sublayer {
    let spec: ExpertsSpec
    /// Of what it reads of the stream, where the family norms there.
    let norm: Norm?
    let join: ResidualJoin
    let router: LinearLayer
    let experts: [Expert]
    let activation: Activation

    init(
        _ spec: ExpertsSpec, norm: Norm?, join: ResidualJoin, router: LinearLayer, experts: [Expert],
        activation: Activation
    ) {
        precondition(experts.count == spec.count)
        self.spec = spec
        self.norm = norm
        self.join = join
        self.router = router
        self.experts = experts
        self.activation = activation
    }

    /// F.
    var innerWidth: Int { experts[0].gate.outputSize }
    var headLayers: [LinearLayer] { [router] }
    var innerLayers: [LinearLayer] { experts.flatMap(\.layers) }
    var norms: [Norm] { [norm].compactMap { $0 } + join.norms }
    var tailLayers: [LinearLayer] { [] }
    var inputGroups: [[LinearLayer]] { [[router]] + experts.flatMap { [[$0.gate, $0.up], [$0.down]] } }
    var mixesRows: Bool { true }

    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass {
        ExpertsPass(self, rows: rows, context)
    }

    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass) {
        let (workspace, context) = (pass.workspace, pass.context)
        workspace.scoped {
            let normed = norm?.generate(x, pass) ?? x, logits = pass.matrix(x.rows, spec.count)
            let shares = pass.matrix(x.rows, spec.used), sum = pass.matrix(x.rows, x.columns)
            LinearLayer.generate([(router, logits)], normed, pass)
            let routed = RoutedRows(spec, logits, into: shares, context)
            context.compute { Elements.fill(sum) }
            for (expert, part) in routed.parts {
                workspace.scoped {
                    let given = pass.matrix(part.count, x.columns)
                    context.compute { routed.rows?.gather(part, of: normed, into: given) }
                    let own = pass.gathering(routed.rows?.rows[part], count: part.count)
                    let result = generate(experts[expert], given, own)
                    context.compute {
                        routed.rows?.weigh(part, result, by: shares)
                        routed.rows?.scatterAdd(part, result, into: sum)
                    }
                }
            }
            join.generate(sum, to: y, pass)
        }
    }

    /// What an expert gives for its rows, `[n, C]`, fp32, valid until the end of the enclosing scope.
    private func generate(_ expert: Expert, _ given: Matrix, _ pass: GenerationPass) -> Matrix {
        let result = pass.matrix(given.rows, given.columns)
        pass.workspace.scoped {
            let gated = pass.matrix(given.rows, innerWidth), raised = pass.matrix(given.rows, innerWidth)
            LinearLayer.generate([(expert.gate, gated), (expert.up, raised)], given, pass)
            pass.context.compute { activation.forward(gate: gated, up: raised, into: gated) }
            LinearLayer.generate([(expert.down, result)], gated, pass)
        }
        return result
    }
}

/// Rows with the experts that they go to.
struct RoutedRows {
    /// `[N, K]`, row by row.
    let chosen: [Int32]
    /// Nil where only memory is counted: then no row has gone anywhere.
    let rows: ExpertRows?
    /// The experts that rows go to, ascending, with their part of the rows of all experts; where only memory is counted, every
    /// expert with as many rows as any can have.
    let parts: [(expert: Int, part: Range<Int>)]

    /// Turns the router's logits `[N, E]` into probabilities, in place, and chooses.
    /// - Parameter shares: `[N, K]`, what each choice counts.
    init(_ spec: ExpertsSpec, _ logits: Matrix, into shares: Matrix, _ context: PassContext) {
        guard !context.measures else {
            (chosen, rows) = ([], nil)
            // A row goes to an expert once.
            parts = (0..<spec.count).map { ($0, 0..<logits.rows) }
            return
        }
        chosen = ExpertRouting.choose(logits, normalises: spec.normalisesShares, into: shares)
        let rows = ExpertRows(chosen, used: spec.used, experts: spec.count)
        self.rows = rows
        parts = (0..<spec.count).map { ($0, rows.range(of: $0)) }.filter { !$1.isEmpty }
    }
}
