// Linear layers in generation: weights as they are stored, adapters beside them, unmerged.

import Kernels
import Tensors

extension LinearLayer {
    /// y = x·Wᵀ + b + s·(x·Aᵀ)·Bᵀ, or what an adapter's method makes of it, for layers that share an input.
    ///
    /// - Parameters:
    ///   - outputs: a layer and its y `[n, out]`, fp32, each.
    ///   - x: `[n, in]`, fp32.
    static func generate(_ outputs: [(layer: LinearLayer, y: Matrix)], _ x: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            let input = pass.input(x)
            var terms: [RowProducts.Term] = [], lows: [Low] = []
            for (layer, y) in outputs {
                if pass.readsStored(layer.weight, rows: x.rows) {
                    terms.append(RowProducts.Term(layer.weight, input, into: y))
                } else {
                    layer.multiplyWidened(x, into: y, pass)
                }
                guard let adapter = pass.context.adapters[layer] else { continue }
                let z = pass.matrix(x.rows, adapter.rank)
                lows.append(Low(layer: layer, adapter: adapter, z: z, y: y))
                if pass.isThin(x) {
                    terms.append(RowProducts.Term(adapter.a, RowInput(exact: x), into: z))
                } else {
                    Products.timesTransposed(x, adapter.a, into: z)
                }
            }
            RowProducts.multiply(terms)
            for low in lows { Elements.scale(low.z, by: low.adapter.scale) }
            if pass.isThin(x) {
                RowProducts.multiply(
                    lows.map { RowProducts.Term($0.adapter.b, RowInput(exact: $0.z), into: $0.y, accumulate: true) })
            } else {
                for low in lows { Products.timesTransposed(low.z, low.adapter.b, into: low.y, accumulate: true) }
            }
            for low in lows { low.adapter.method.pass.finish(low.y, low.layer, low.adapter) }
        }
        for (layer, y) in outputs { layer.bias.map { Elements.addBias($0, to: y) } }
    }

    /// An adapter with its z `[n, r]` and its layer's y.
    private struct Low {
        let layer: LinearLayer
        let adapter: LowRankAdapter
        let z: Matrix
        let y: Matrix
    }

    /// y += what the layer gives for x, normed where there is a norm.
    func generate(adding x: Matrix, to y: Matrix, norm: Norm?, _ pass: GenerationPass) {
        pass.workspace.scoped {
            let sum = pass.matrix(y.rows, y.columns)
            Self.generate([(self, sum)], x, pass)
            norm?.generate(sum, into: sum, pass)
            Elements.add(sum, into: y)
        }
    }

    /// Many rows through the products of training.
    private func multiplyWidened(_ x: Matrix, into y: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            guard pass.context.precision != x.type else {
                return Products.timesTransposed(x, RowLayout(weight), into: y)
            }
            let typed = pass.context.activations(rows: x.rows, columns: x.columns)
            Conversion.convert(x, into: typed)
            Products.timesTransposed(typed, RowLayout(weight), into: y)
        }
    }
}

extension GenerationPass {
    /// Whether adapters take `x` row by row; else as one product.
    func isThin(_ x: Matrix) -> Bool {
        if case .step = rows { return true }
        return x.rows <= 8
    }
}
