// One block of a decoder: its sublayers, and the schedule by which rows go through them.
//
// Rows walk in blocks of rows, each in the hands of one thread, through everything that is a row's own affair while they are in
// cache: from where rows last saw each other through one sublayer's tail and the next one's head to where they see each other
// again. What is computed stands in the sublayers; when, and how often weights are laid out, only here.

import Kernels
import Tensors

/// A list of sublayers, each of which adds to the residual stream.
final class DecoderBlock {
    let sublayers: [any Sublayer]
    /// In network order.
    let linearLayers: [LinearLayer]
    /// Norms of the stream, in the order of the way up.
    let norms: [Norm]

    init(_ sublayers: [any Sublayer]) {
        self.sublayers = sublayers
        linearLayers = sublayers.flatMap(\.linearLayers)
        norms = sublayers.flatMap(\.norms)
    }

    /// Takes room for what `rows` rows leave for the way back.
    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> BlockPass {
        BlockPass(block: self, rows: rows, passes: sublayers.map { $0.begin(rows: rows, span, context) }, context)
    }

    /// Runs the block on the residual stream `[n, C]` in generation, in place.
    func generate(_ x: Matrix, _ pass: GenerationPass) {
        for sublayer in sublayers { sublayer.generate(x, to: x, pass) }
    }
}

/// A block in one pass, with what its sublayers save.
struct BlockPass {
    private let block: DecoderBlock
    private let rows: Int
    private let passes: [any SublayerPass]
    private let context: PassContext

    fileprivate init(block: DecoderBlock, rows: Int, passes: [any SublayerPass], _ context: PassContext) {
        self.block = block
        self.rows = rows
        self.passes = passes
        self.context = context
    }

    /// Runs the block.
    ///
    /// - Parameters:
    ///   - x: the residual stream `[N, C]`, fp32.
    ///   - y: where the block's output goes, `[N, C]`, fp32; may be `x`. Nil stops before the last product, whose result
    ///     backward does not need.
    func forward(_ x: Matrix, into y: Matrix?) {
        context.streamsWeights ? forwardLayerByLayer(x, into: y) : forwardTogether(x, into: y)
    }

    /// Each layer of a head, and each tail, in a loop of its own over all rows, with the weights of no other in memory.
    private func forwardLayerByLayer(_ x: Matrix, into y: Matrix?) {
        func run(_ layers: [LinearLayer], _ step: (LayerPanels) -> (RowBlock) -> Void) {
            context.workspace.scoped {
                let body = step(LayerPanels(layers.map { LayerPanels.Wanted($0) }, .transposed, context))
                context.forEachBlock(of: rows, body)
            }
        }
        context.workspace.scoped {
            let between = y ?? context.residual(rows: rows, columns: x.columns)
            for (index, pass) in passes.enumerated() {
                let input = index == 0 ? x : between, output = index < passes.count - 1 ? between : y
                for layer in pass.sublayer.headLayers {
                    run([layer]) { panels in
                        let head = pass.head(panels)
                        return { head(input.rows($0.rows), $0) }
                    }
                }
                run(pass.sublayer.tailLayers) { panels in
                    let tail = pass.tail(panels)
                    return { tail(input.rows($0.rows), output?.rows($0.rows), $0) }
                }
            }
        }
    }

    /// All weights laid out at once, and rows walking on while they are in cache.
    private func forwardTogether(_ x: Matrix, into y: Matrix?) {
        context.workspace.scoped {
            let layers = block.sublayers.flatMap { $0.headLayers + $0.tailLayers }
            let panels = LayerPanels(layers.map { LayerPanels.Wanted($0) }, .transposed, context)
            var loop: [(RowBlock) -> Void] = []
            func run() {
                let steps = loop
                loop = []
                context.forEachBlock(of: rows) { block in for step in steps { step(block) } }
            }
            var stream = Stream.whole(x)
            for (index, pass) in passes.enumerated() {
                let input = stream
                let head = pass.head(panels)
                loop.append { block in head(input[block], block) }
                if pass.sublayer.mixesRows { run() }
                let tail = pass.tail(panels)
                guard index < passes.count - 1 else {
                    loop.append { block in tail(input[block], y?.rows(block.rows), block) }
                    break
                }
                stream = output(beforeMixing: passes[index + 1].sublayer.mixesRows, columns: x.columns)
                loop.append { [stream] block in tail(input[block], stream[block], block) }
            }
            run()
        }
    }

    /// The residual stream between two sublayers: whole where rows are about to see each other, else only what is in cache.
    private func output(beforeMixing: Bool, columns: Int) -> Stream {
        beforeMixing
            ? .whole(context.residual(rows: rows, columns: columns))
            : .scratch(context.scratch(columns: columns, type: .f32))
    }

    /// Turns ∂loss/∂output into ∂loss/∂input, in place, adding to the adapters' gradients on the way. Uses up what was saved.
    ///
    /// - Parameters:
    ///   - dx: `[N, C]`, fp32.
    ///   - isLowest: nothing below is trained, so `dx` is left undefined and what only it needs is not computed.
    func backward(_ dx: Matrix, isLowest: Bool) {
        context.workspace.scoped {
            let backwards = passes.map { $0.backward() }
            for loop in loops(backwards, isLowest: isLowest) {
                context.workspace.scoped {
                    let panels = LayerPanels(loop.flatMap(\.layers), .plain, context)
                    let steps = loop.map { $0.step(panels) }
                    context.forEachBlock(of: rows) { block in
                        for step in steps { step(dx.rows(block.rows), block) }
                    }
                }
            }
            AdapterSum.run(backwards.flatMap(\.sums), context)
            for pass in passes { for gradient in pass.normGradients { gradient.add() } }
        }
    }

    /// A head or a tail on the way back.
    private struct Part {
        let layers: [LayerPanels.Wanted]
        let step: (LayerPanels) -> (Matrix, RowBlock) -> Void
    }

    /// What each loop over rows does, from the last sublayer's tail to the first one's head.
    private func loops(_ backwards: [any SublayerBackward], isLowest: Bool) -> [[Part]] {
        var loops: [[Part]] = [[]]
        for (index, (pass, backward)) in zip(passes, backwards).enumerated().reversed() {
            let sublayer = pass.sublayer, needsInput = index > 0 || !isLowest
            let tail = sublayer.tailLayers.map { LayerPanels.Wanted($0) }
            let head = sublayer.headLayers.map { LayerPanels.Wanted($0, weight: needsInput) }
            loops[loops.count - 1].append(Part(layers: tail) { backward.tail($0) })
            if sublayer.mixesRows { loops.append([]) }
            loops[loops.count - 1].append(Part(layers: head) { backward.head($0, needsInput: needsInput) })
        }
        return loops
    }
}

/// The residual stream at one place of a block.
private enum Stream {
    case whole(Matrix)
    case scratch(RowScratch)

    /// The rows of `block`.
    subscript(block: RowBlock) -> Matrix {
        switch self {
        case .whole(let matrix): matrix.rows(block.rows)
        case .scratch(let scratch): scratch[block]
        }
    }
}
