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
                let own = context.adapters[layer].flatMap { $0.method.pass.input(x, $0, context) }
                if pass.readsStored(weight) {
                    terms.append(RowProducts.Term(weight, own.map(pass.input) ?? input, into: y))
                } else {
                    multiplyWidened(own ?? x, weight, into: y, pass)
                }
            }
            let adapted = outputs.compactMap { layer, y -> AdaptedOutput? in
                guard let adapter = context.adapters[layer], adapter.method.folding == nil,
                    let factors = context.factors(of: adapter)
                else { return nil }
                return AdaptedOutput(
                    factors: factors, scale: adapter.scale, z: pass.matrix(x.rows, adapter.rank), y: y)
            }
            if pass.isThin {
                terms += adapted.map { RowProducts.Term($0.factors.a, RowInput(exact: x), into: $0.z) }
                context.compute {
                    RowProducts.multiply(terms)
                    for output in adapted { Elements.scale(output.z, by: output.scale) }
                    RowProducts.multiply(
                        adapted.map {
                            RowProducts.Term($0.factors.b, RowInput(exact: $0.z), into: $0.y, accumulate: true)
                        })
                }
            } else {
                context.compute {
                    RowProducts.multiply(terms)
                    for output in adapted { output.add(x) }
                }
            }
            context.compute {
                for (layer, y) in outputs {
                    if let trained = context.adapters.parts?.bias(of: layer) {
                        // It goes with plain LoRA alone, which leaves nothing else to do.
                        Elements.addBias(trained.values, to: y)
                    } else if let adapter = context.adapters[layer] {
                        adapter.method.pass.finish(y, layer, adapter)
                    } else {
                        layer.bias.map { Elements.addBias($0, to: y) }
                    }
                }
            }
        }
    }

    /// An adapter's product with its z `[n, r]` and its layer's y.
    private struct AdaptedOutput {
        let factors: FactorPair
        let scale: Float
        let z: Matrix
        let y: Matrix

        /// y += s·(x·Aᵀ)·Bᵀ for many rows, in fp32.
        func add(_ x: Matrix) {
            Products.timesTransposed(x, factors.a, into: z)
            Elements.scale(z, by: scale)
            Products.timesTransposed(z, factors.b, into: y, accumulate: true)
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
