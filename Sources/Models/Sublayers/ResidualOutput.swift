// How a sublayer's last product y joins the residual stream x: `x + y`, or with norms and a scale what of `norm(x + s · norm(y))` the
// family has. N rows, C width.

import Kernels
import Tensors

/// What a family does where a sublayer joins the stream.
struct ResidualJoin {
    /// Of what is added.
    var outputNorm: Norm?
    /// What is added is multiplied with it.
    var scale: Float = 1
    /// Of the sum.
    var streamNorm: Norm?

    /// In the order of the way up.
    var norms: [Norm] { [outputNorm, streamNorm].compactMap { $0 } }

    /// Whether the product is added as it is.
    var isPlain: Bool { outputNorm == nil && scale == 1 && streamNorm == nil }

    /// Joins to `x`, in generation, what `layer` gives for `input`.
    func generate(_ layer: LinearLayer, _ input: Matrix, to x: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            let product = pass.matrix(x.rows, x.columns)
            LinearLayer.generate([(layer, product)], input, pass)
            generate(product, to: x, pass)
        }
    }

    /// Joins `product` `[n, C]`, fp32, which is used up, to `x` in generation.
    func generate(_ product: Matrix, to x: Matrix, _ pass: GenerationPass) {
        outputNorm?.generate(product, into: product, pass)
        pass.context.compute {
            if scale != 1 { Elements.scale(product, by: scale) }
            Elements.add(product, into: x)
        }
        streamNorm?.generate(x, into: x, pass)
    }
}

/// The end of a sublayer in one pass, with what the norms save where there are some.
struct ResidualOutput {
    private let join: ResidualJoin
    private let columns: Int
    private let product: Normed?
    private let sum: Normed?
    private let context: PassContext

    /// What is normed, `[N, C]`, in the type of activations, and what its norm leaves, fp32.
    private struct Normed {
        let norm: Norm
        let input: Matrix
        let statistics: Matrix
        let gradient: NormGradient?

        init(_ norm: Norm, rows: Int, columns: Int, _ context: PassContext) {
            let norm = context.norm(norm)
            self.norm = norm
            input = context.activations(rows: rows, columns: columns)
            statistics = norm.statistics(rows: rows, context)
            gradient = NormGradient(norm, x: input, statistics: statistics, context)
        }

        func backward(_ dy: Matrix, into dx: Matrix, _ rows: Range<Int>) {
            gradient?.keep(dy, rows)
            norm.backward(
                dy, x: input.rows(rows), statistics: statistics.rows(rows), into: dx, accumulate: false)
        }
    }

    init(_ join: ResidualJoin, rows: Int, columns: Int, _ context: PassContext) {
        self.join = join
        self.columns = columns
        self.context = context
        product = join.outputNorm.map { Normed($0, rows: rows, columns: columns, context) }
        sum = join.streamNorm.map { Normed($0, rows: rows, columns: columns, context) }
    }

    /// Where the gradients of what trained norms gave are kept.
    var normGradients: [NormGradient] { [product?.gradient, sum?.gradient].compactMap { $0 } }

    /// Takes the room that the loop over rows needs.
    ///
    /// - Parameter layer: whose result joins the stream.
    /// - Returns: takes the layer's input and rows of the stream x, and gives what comes of them to `y`, which may be `x`. Without `y`
    ///   only what is saved is computed.
    func adding(_ layer: LayerPass) -> (_ input: Matrix, _ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        guard !join.isPlain else {
            return { input, x, y, block in
                layer.forward(input, into: y, base: x, block)
            }
        }
        let added = context.scratch(columns: columns, type: .f32)
        return { input, x, y, block in
            let (added, rows) = (added[block], block.rows)
            if let product {
                layer.forward(input, into: product.input.rows(rows), block)
                product.norm.forward(
                    product.input.rows(rows), into: added, statistics: product.statistics.rows(rows))
            } else {
                layer.forward(input, into: y == nil && sum == nil ? nil : added, block)
            }
            joinRows(added, x, y, rows)
        }
    }

    /// The same of a result that is known.
    /// - Parameters:
    ///   - added: the result's rows, fp32, used up.
    ///   - x: rows of the stream.
    ///   - y: takes what comes of them; may be `x`.
    func add(_ added: Matrix, to x: Matrix, into y: Matrix?, _ block: RowBlock) {
        let rows = block.rows
        if let product {
            Conversion.convert(added, into: product.input.rows(rows))
            product.norm.forward(product.input.rows(rows), into: added, statistics: product.statistics.rows(rows))
        }
        joinRows(added, x, y, rows)
    }

    /// - Parameter added: of rows `rows`; used up.
    private func joinRows(_ added: Matrix, _ x: Matrix, _ y: Matrix?, _ rows: Range<Int>) {
        guard y != nil || sum != nil else { return }
        if join.scale != 1 { Elements.scale(added, by: join.scale) }
        guard let sum else {
            guard let y else { return }
            if y.pointer != x.pointer { Conversion.convert(x, into: y) }
            return Elements.add(added, into: y)
        }
        Elements.add(x, into: added)
        Conversion.convert(added, into: sum.input.rows(rows))
        sum.norm.forward(added, into: y ?? added, statistics: sum.statistics.rows(rows))
    }

    /// The gradient of the layer's result for the rows of a block, from that of the stream, which becomes that of x.
    func backward(_ dx: Matrix, into dy: Matrix, _ block: RowBlock) {
        sum?.backward(dx, into: dx, block.rows)
        if let product { product.backward(dx, into: dy, block.rows) } else { Conversion.convert(dx, into: dy) }
        if join.scale != 1 { Elements.scale(dy, by: join.scale) }
    }
}
