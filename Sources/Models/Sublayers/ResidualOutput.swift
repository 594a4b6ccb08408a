// How a sublayer's last product joins the residual stream: `x + y`, or `x + norm(y)`. N rows, C width.

import Kernels
import Tensors

/// The end of a sublayer in one pass, with what the norm saves where there is one.
struct ResidualOutput {
    private let norm: Norm?
    /// What is normed, `[N, C]`, in the type of activations, and with it `[N, 1]`, fp32.
    private let product: Matrix?
    private let inverseRMS: Matrix?
    private let context: PassContext

    init(_ norm: Norm?, rows: Int, columns: Int, _ context: PassContext) {
        self.norm = norm
        self.context = context
        product = norm.map { _ in context.activations(rows: rows, columns: columns) }
        inverseRMS = norm.map { _ in context.residual(rows: rows, columns: 1) }
    }

    /// Takes the room that the loop over rows needs.
    ///
    /// - Parameter layer: whose result joins the stream.
    /// - Returns: takes the layer's input and rows of the stream x, and gives the sum to `y`, which may be `x`. Without `y` only what
    ///   is saved is computed.
    func adding(_ layer: LayerPass) -> (_ input: Matrix, _ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        guard let norm, let product, let inverseRMS else {
            return { input, x, y, block in
                layer.forward(input, into: y, base: x, block)
            }
        }
        let normed = context.scratch(columns: product.columns, type: .f32)
        return { input, x, y, block in
            let product = product.rows(block.rows)
            layer.forward(input, into: product, block)
            norm.forward(product, into: normed[block], inverseRMS: inverseRMS.rows(block.rows))
            guard let y else { return }
            if y.pointer != x.pointer { Conversion.convert(x, into: y) }
            Elements.add(normed[block], into: y)
        }
    }

    /// The gradient of the layer's result for the rows of a block, from that of the stream.
    func backward(_ dx: Matrix, into dy: Matrix, _ block: RowBlock) {
        guard let norm, let product, let inverseRMS else { return Conversion.convert(dx, into: dy) }
        norm.backward(
            dx, x: product.rows(block.rows), inverseRMS: inverseRMS.rows(block.rows), into: dy, accumulate: false)
    }
}
