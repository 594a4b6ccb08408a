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
                let weight = context.weight(of: layer), own = pass.adaptedInput(x, of: layer)
                if pass.readsStored(weight) {
                    terms.append(RowProducts.Term(weight, own.map(pass.input) ?? input, into: y))
                } else {
                    multiplyWidened(own ?? x, weight, into: y, pass)
                }
            }
            let adapted = pass.groups.flatMap { addedProducts(outputs, x, $0, pass) }
            if pass.isThin {
                terms += adapted.map { RowProducts.Term($0.factors.a, RowInput(exact: $0.x), into: $0.z) }
                context.compute {
                    RowProducts.multiply(terms)
                    for output in adapted { Elements.scale(output.z, by: output.scale) }
                    RowProducts.multiply(
                        adapted.map {
                            RowProducts.Term($0.factors.b, RowInput(exact: $0.z), into: $0.y, accumulate: true)
                        })
                }
            } else {
                context.compute { RowProducts.multiply(terms) }
                for output in adapted { output.add(context) }
            }
            context.compute {
                for group in pass.groups {
                    for (layer, y) in outputs { finish(y.rows(group.rows), layer, group.adapters) }
                }
            }
        }
    }

    /// What is left to do for rows y `[n, out]` of `layer` when all products are in them.
    private static func finish(_ y: Matrix, _ layer: LinearLayer, _ adapters: AdapterBinding) {
        if let trained = adapters.parts?.bias(of: layer) {
            // It goes with plain LoRA alone, which leaves nothing else to do.
            Elements.addBias(trained.values, to: y)
        } else if let adapter = adapters[layer] {
            adapter.method.pass.finish(y, layer, adapter)
        } else {
            layer.bias.map { Elements.addBias($0, to: y) }
        }
    }

    /// The products that the adapters of `group` add to its rows.
    private static func addedProducts(
        _ outputs: [(layer: LinearLayer, y: Matrix)], _ x: Matrix, _ group: AdaptedRows, _ pass: GenerationPass
    ) -> [AdaptedOutput] {
        outputs.compactMap { layer, y in
            guard let adapter = group.adapters[layer], adapter.method.folding == nil,
                let factors = pass.context.factors(of: adapter)
            else { return nil }
            return AdaptedOutput(
                factors: factors, scale: adapter.scale, x: x.rows(group.rows),
                z: pass.matrix(group.rows.count, adapter.rank), y: y.rows(group.rows))
        }
    }

    /// An adapter's product with its rows x, z `[n, r]` and y.
    private struct AdaptedOutput {
        let factors: FactorPair
        let scale: Float
        let x: Matrix
        let z: Matrix
        let y: Matrix

        /// y += s·(x·Aᵀ)·Bᵀ for many rows, in fp32. A row's numbers hang on that row alone.
        func add(_ context: PassContext) {
            context.workspace.scoped {
                let sources = [factors.a, factors.b].map {
                    PanelSource(RowLayout($0), .transposed, type: .f32, in: context.workspace)
                }
                context.compute {
                    Panels.pack(sources)
                    Products.sum([Term(x, sources[0].panels)], into: z, alpha: scale)
                    Products.sum([Term(z, sources[1].panels)], into: y, base: y)
                }
            }
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
