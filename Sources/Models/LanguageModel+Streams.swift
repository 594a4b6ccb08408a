// The residual stream from outside: for who runs some of a model's blocks and leaves others out.

import Kernels
public import Tensors

extension LanguageModel {
    /// Runs the residual stream `x` `[N, C]` of `batch`, which `embed` began, through block `index`, in place.
    public func run(block index: Int, _ batch: TokenBatch, _ x: Matrix, workspace: Workspace) {
        let context = context(workspace)
        workspace.scoped {
            withSpan(batch, context) { blocks[index].begin(rows: batch.rowCount, $0, context).forward(x, into: x) }
        }
    }

    /// The losses of the targets of `batch` where `x` `[N, C]` is the residual stream after the last block.
    /// - Throws: `ModelError` for a loss that is not finite.
    public func tokenLosses(_ batch: TokenBatch, after x: Matrix, workspace: Workspace) throws -> TokenLosses {
        try withHeadRows(batch, of: batch, x, [], gradient: nil, context(workspace)) { try $0.tokenLosses() }
    }
}
