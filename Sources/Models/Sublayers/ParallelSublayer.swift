// Sublayers side by side: all read the residual stream as it comes, and each adds to it, `x + a(x) + b(x)`.

import Kernels
import Tensors

/// Sublayers that read the same stream. They may share the weights of a norm; none may norm the sum.
final class ParallelSublayer: Sublayer {
    let parts: [any Sublayer]

    init(_ parts: [any Sublayer]) { self.parts = parts }

    var headLayers: [LinearLayer] { parts.flatMap(\.headLayers) }
    var tailLayers: [LinearLayer] { parts.flatMap(\.tailLayers) }
    var innerLayers: [LinearLayer] { parts.flatMap(\.innerLayers) }
    var linearLayers: [LinearLayer] { parts.flatMap(\.linearLayers) }
    var norms: [Norm] { parts.flatMap(\.norms) }
    var inputGroups: [[LinearLayer]] { parts.flatMap(\.inputGroups) }
    var mixesRows: Bool { parts.contains(where: \.mixesRows) }

    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass {
        ParallelPass(sublayer: self, parts: parts.map { $0.begin(rows: rows, span, context) })
    }

    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            // What all parts read, while they add to the stream.
            let stream = pass.matrix(x.rows, x.columns)
            pass.context.compute { Elements.copy(x, into: stream) }
            for part in parts { part.generate(stream, to: y, pass) }
        }
    }
}

private struct ParallelPass: SublayerPass {
    let sublayer: any Sublayer
    let parts: [any SublayerPass]

    var normGradients: [NormGradient] { parts.flatMap(\.normGradients) }

    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void {
        let heads = parts.map { $0.head(panels) }
        return { x, block in for head in heads { head(x, block) } }
    }

    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        let tails = parts.map { $0.tail(panels) }
        return { x, y, block in
            // The first adds to what came in, each other one to what the one before gave.
            for (index, tail) in tails.enumerated() { tail(index == 0 ? x : y ?? x, y, block) }
        }
    }

    func backward() -> any SublayerBackward { ParallelBackward(parts: parts.map { $0.backward() }) }
}

/// The gradient of the stream is each part's as it comes; what each part's head adds to it none of the others sees.
private struct ParallelBackward: SublayerBackward {
    let parts: [any SublayerBackward]

    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let tails = parts.map { $0.tail(panels) }
        return { dx, block in for tail in tails { tail(dx, block) } }
    }

    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let heads = parts.map { $0.head(panels, needsInput: needsInput) }
        return { dx, block in for head in heads { head(dx, block) } }
    }

    var sums: [AdapterSum] { parts.flatMap(\.sums) }
}
