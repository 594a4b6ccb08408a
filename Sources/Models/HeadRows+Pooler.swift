// What an encoder's pooler makes of the first state of each text: `tanh(h·Wᵀ + b)`. Its adapter, where it has one, acts with it.

import Kernels
public import Tensors

extension HeadRows {
    /// Whether the model has a pooler.
    public var hasPooler: Bool { model.pooler != nil }

    /// What the pooler makes of the rows, `[M, C]`, fp32, into `pooled`.
    /// - Precondition: the model has a pooler, and the batch reads the first row of each text.
    public func applyPooler(into pooled: Matrix) {
        precondition(measures || batch.reads == .first, "the pooler reads the first state of each text")
        guard let pooler = model.pooler else { preconditionFailure("the model has no pooler") }
        context.workspace.scoped {
            let kept = context.adapterRows(pooler, rows: rows.count)
            let panels = LayerPanels([LayerPanels.Wanted(pooler)], .transposed, context)
            let pass = panels(pooler, kept)
            context.forEachBlock(of: rows.count) { block in
                let result = pooled.rows(block.rows)
                pass.forward(hidden.rows(block.rows), into: result, block)
                Elements.tanh(result)
            }
        }
    }
}
