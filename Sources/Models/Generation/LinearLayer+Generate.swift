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
        let context = pass.context
        context.workspace.scoped {
            let input = pass.input(x)
            var terms: [RowProducts.Term] = []
            for (layer, y) in outputs {
                let weight = context.weight(of: layer)
                if pass.readsStored(weight) {
                    terms.append(RowProducts.Term(weight, input, into: y))
                } else {
                    multiplyWidened(x, weight, into: y, pass)
                }
            }
            let adapted = outputs.compactMap { layer, y -> AdaptedOutput? in
                guard let adapter = context.adapters[layer], adapter.method.folding == nil else { return nil }
                return AdaptedOutput(layer: layer, adapter: adapter, z: pass.matrix(x.rows, adapter.rank), y: y)
            }
            if pass.isThin {
                terms += adapted.map { RowProducts.Term($0.adapter.a, RowInput(exact: x), into: $0.z) }
                context.compute {
                    RowProducts.multiply(terms)
                    for output in adapted { Elements.scale(output.z, by: output.adapter.scale) }
                    RowProducts.multiply(
                        adapted.map {
                            RowProducts.Term($0.adapter.b, RowInput(exact: $0.z), into: $0.y, accumulate: true)
                        })
                }
            } else {
                context.compute {
                    RowProducts.multiply(terms)
                    for output in adapted { output.add(x) }
                }
            }
            context.compute {
                for output in adapted { output.adapter.method.pass.finish(output.y, output.layer, output.adapter) }
                for (layer, y) in outputs { layer.bias.map { Elements.addBias($0, to: y) } }
            }
        }
    }

    /// An adapter with its z `[n, r]` and its layer's y.
    private struct AdaptedOutput {
        let layer: LinearLayer
        let adapter: LowRankAdapter
        let z: Matrix
        let y: Matrix

        /// y += s·(x·Aᵀ)·Bᵀ for many rows, in fp32.
        func add(_ x: Matrix) {
            Products.timesTransposed(x, adapter.a, into: z)
            Elements.scale(z, by: adapter.scale)
            Products.timesTransposed(z, adapter.b, into: y, accumulate: true)
        }
    }

    /// Many rows through the products of training.
    private static func multiplyWidened(
        _ x: Matrix, _ weight: FrozenTensor, into y: Matrix, _ pass: GenerationPass
    ) {
        let context = pass.context
        context.workspace.scoped {
            let isTyped = context.precision == x.type
            let typed = isTyped ? x : context.activations(rows: x.rows, columns: x.columns)
            let source = PanelSource(RowLayout(weight), .transposed, type: context.precision, in: context.workspace)
            context.compute {
                if !isTyped { Conversion.convert(x, into: typed) }
                Panels.pack([source])
                Products.sum([Term(typed, source.panels)], into: y)
            }
        }
    }
}
