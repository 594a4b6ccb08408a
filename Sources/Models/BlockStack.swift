// Blocks one above the other: how a pass goes up through them, what it keeps on the way, and how it comes back.

import Kernels
import Tensors

/// The blocks of a decoder or of an encoder, from the lowest up.
struct BlockStack {
    let blocks: [DecoderBlock]

    init(_ blocks: [DecoderBlock]) { self.blocks = blocks }

    /// The lowest block of which something is trained, or below which something is; the number of blocks where there is none.
    func lowestTrained(_ adapters: AdapterBinding) -> Int {
        if adapters.parts?.trainsInput ?? false { return 0 }
        return blocks.firstIndex { block in
            block.linearLayers.contains { adapters[$0] != nil } || adapters.parts?.trains(block) ?? false
        } ?? blocks.count
    }

    /// Whether the way back through block `index` gives the gradient of what it reads.
    fileprivate func goesBelow(_ index: Int, lowest: Int, _ adapters: AdapterBinding) -> Bool {
        index > lowest || (adapters.parts.map { $0.trainsInput || $0.trainsNorms(of: blocks[index]) } ?? false)
    }

    /// Runs the stream `x` `[N, C]` up through all blocks, in place, and keeps nothing.
    func forward(
        _ x: Matrix, _ span: AttentionSpan, _ context: PassContext, afterEach: (Int, Matrix) -> Void = { _, _ in }
    ) {
        for (index, block) in blocks.enumerated() {
            context.workspace.scoped { block.begin(rows: x.rows, span, context).forward(x, into: x) }
            afterEach(index, x)
        }
    }

    /// Runs the stream `x` `[N, C]` up through all blocks, and keeps what the way back needs.
    ///
    /// - Parameters:
    ///   - x: used up.
    ///   - lowest: the lowest block that the way back goes through; nothing below it is kept.
    ///   - recomputedBlocks: how many blocks, from `lowest` up, keep their input only and are run again on the way back.
    func forwardSaving(
        _ x: Matrix, _ span: AttentionSpan, lowest: Int, recomputedBlocks: Int, _ context: PassContext,
        afterEach: (Int, Matrix) -> Void = { _, _ in }
    ) -> StackPass {
        var x = x
        var kept: [StackPass.Kept] = []
        for (index, block) in blocks.enumerated() {
            if index >= lowest + recomputedBlocks {
                let pass = block.begin(rows: x.rows, span, context)
                pass.forward(x, into: x)
                afterEach(index, x)
                kept.append(.saved(pass))
                continue
            }
            let y = index < lowest ? x : context.residual(rows: x.rows, columns: x.columns)
            context.workspace.scoped { block.begin(rows: x.rows, span, context).forward(x, into: y) }
            if index >= lowest { kept.append(.input(x)) }
            x = y
            afterEach(index, x)
        }
        return StackPass(stack: self, lowest: lowest, output: x, kept: kept, span: span, context: context)
    }
}

/// What the way up through a stack leaves for the way back.
struct StackPass {
    /// What a block leaves.
    fileprivate enum Kept {
        case saved(BlockPass)
        /// Its input `[N, C]`, fp32.
        case input(Matrix)
    }

    private let stack: BlockStack
    private let lowest: Int
    /// The last block's output, `[N, C]`.
    let output: Matrix
    /// Of each block, from `lowest` up.
    private let kept: [Kept]
    private let span: AttentionSpan
    private let context: PassContext

    fileprivate init(
        stack: BlockStack, lowest: Int, output: Matrix, kept: [Kept], span: AttentionSpan, context: PassContext
    ) {
        self.stack = stack
        self.lowest = lowest
        self.output = output
        self.kept = kept
        self.span = span
        self.context = context
    }

    /// Takes the gradient of the output, `dx` `[N, C]`, down through the blocks, into the adapters' gradients. Uses up what was kept.
    /// - Parameter beforeEach: may add to `dx`, then the gradient at a block's output.
    func backward(_ dx: Matrix, beforeEach: (Int, Matrix) -> Void = { _, _ in }) {
        for (index, kept) in zip(stack.blocks.indices.dropFirst(lowest), kept).reversed() {
            beforeEach(index, dx)
            backward(stack.blocks[index], dx, kept, isLowest: !stack.goesBelow(index, lowest: lowest, context.adapters))
        }
    }

    private func backward(_ block: DecoderBlock, _ dx: Matrix, _ kept: Kept, isLowest: Bool) {
        switch kept {
        case .saved(let pass): pass.backward(dx, isLowest: isLowest)
        case .input(let x):
            context.workspace.scoped {
                let pass = block.begin(rows: x.rows, span, context)
                pass.forward(x, into: nil)
                pass.backward(dx, isLowest: isLowest)
            }
        }
    }
}
