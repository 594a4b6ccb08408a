// The layers of a task's head in one pass, from the states to the answers and back. M rows, in and out of each layer:
//
//     z = x·Wᵀ + b,  a = f(z),  y = norm(a)
//
// A layer is trained whole, or it is the base's own, with the adapter that acts on it.

import Kernels
import Tensors

/// A head in the order of its layers.
struct HeadChain {
    let pooling: Pooling?
    private let links: [(spec: TaskHeadSpec.Layer, weights: HeadLink.Weights, norm: Norm?)]

    /// - Throws: `ModelError` where neither the head nor the base has a layer of it.
    init(_ head: TaskHead, on model: LanguageModel) throws {
        guard let spec = model.configuration.taskHeads[head.task] else { throw ModelError.noTaskHead }
        pooling = spec.pooling
        links = try spec.layers.map { layer in
            let norm = layer.norm.map {
                layer.normPath.flatMap { model.top.norms[$0] } ?? Norm(ones: $0, count: model.configuration.width)
            }
            if let own = head[layer.path] { return (layer, .trained(own), norm) }
            guard let frozen = model.top[layer.path] else { throw ModelError.noTaskHead }
            return (layer, .frozen(frozen), norm)
        }
    }

    /// Takes the buffers of a pass over `x` `[M, C]`, fp32; nothing is computed yet.
    func begin(_ x: Matrix, goesBack: Bool, _ context: PassContext) -> HeadPass {
        var passes: [HeadLink] = []
        for link in links {
            passes.append(
                HeadLink(
                    passes.last?.result ?? x, link.weights, link.spec.function, link.norm, goesBack: goesBack, context))
        }
        return HeadPass(links: passes, context: context)
    }
}

/// A head at work on some rows; valid until the end of the enclosing scope.
struct HeadPass {
    let links: [HeadLink]
    let context: PassContext

    /// `[M, L]`, fp32, once `forward` has run.
    var answers: Matrix { links[links.count - 1].result }

    func forward() {
        for link in links { context.workspace.scoped { link.forward() } }
    }

    /// Adds to the gradients of what is trained; leaves that of the states in `gradient` `[M, C]`, fp32.
    /// - Parameter slopes: of the loss by the answers `[M, L]`, fp32, which is used up.
    func backward(_ slopes: Matrix, into gradient: Matrix) {
        var dy = slopes
        for (place, link) in links.enumerated().reversed() {
            let dx = place == 0 ? gradient : context.residual(rows: gradient.rows, columns: link.x.columns)
            context.workspace.scoped { link.backward(dy, into: dx) }
            dy = dx
        }
    }
}

/// One layer of a head with what follows it, in one pass.
struct HeadLink {
    enum Weights {
        case trained(TaskHead.Layer)
        case frozen(LinearLayer)
    }

    /// `[M, in]`, fp32.
    let x: Matrix
    /// `[M, out]`, fp32: z, or tanh z in its place.
    private let z: Matrix
    /// f(z); z itself where there is no f, or it is tanh.
    private let activated: Matrix
    /// y.
    let result: Matrix
    private let weights: Weights
    private let function: TaskHeadSpec.Function?
    private let norm: (norm: Norm, statistics: Matrix)?
    /// x in the type of products, and what the adapter leaves, where the layer is the base's.
    private let input: Matrix?
    private let kept: AdapterRows?
    /// Room for the gradients of z, in the type of products, and of what the adapter left.
    private let back: (dy: Matrix, dz: Matrix?)?
    private let context: PassContext

    init(
        _ x: Matrix, _ weights: Weights, _ function: TaskHeadSpec.Function?, _ norm: Norm?, goesBack: Bool,
        _ context: PassContext
    ) {
        let rows = x.rows, outputs: Int
        switch weights {
        case .trained(let layer):
            outputs = layer.weight.values.rows
            (input, kept, back) = (nil, nil, nil)
        case .frozen(let layer):
            outputs = layer.outputSize
            input = context.activations(rows: rows, columns: layer.inputSize)
            kept = context.adapterRows(layer, rows: rows)
            back =
                goesBack
                ? (context.activations(rows: rows, columns: outputs), context.lowRankRows(layer, rows: rows)) : nil
        }
        (self.x, self.weights, self.function, self.context) = (x, weights, function, context)
        z = context.residual(rows: rows, columns: outputs)
        if case .activation = function {
            activated = context.residual(rows: rows, columns: outputs)
        } else {
            activated = z
        }
        self.norm = norm.map { ($0, $0.statistics(rows: rows, context)) }
        result = norm == nil ? activated : context.residual(rows: rows, columns: outputs)
    }

    func forward() {
        switch weights {
        case .trained(let layer): layer.forward(x, into: z, context)
        case .frozen(let layer):
            guard let input else { preconditionFailure("no room for the input of \(layer.path)") }
            let panels = LayerPanels([LayerPanels.Wanted(layer)], .transposed, context), pass = panels(layer, kept)
            context.compute { Conversion.convert(x, into: input) }
            context.forEachBlock(of: x.rows) { pass.forward(input.rows($0.rows), into: z.rows($0.rows), $0) }
        }
        context.compute {
            switch function {
            case .tanh: Elements.tanh(z)
            case .activation(let activation): activation.forward(z, into: activated)
            case nil: break
            }
            if let norm { norm.norm.forward(activated, into: result, statistics: norm.statistics) }
        }
    }

    /// - Parameters:
    ///   - dy: of `result`, which is used up.
    ///   - dx: `[M, in]`, fp32.
    func backward(_ dy: Matrix, into dx: Matrix) {
        context.compute {
            if let norm {
                norm.norm.backward(dy, x: activated, statistics: norm.statistics, into: dy, accumulate: false)
            }
            switch function {
            case .tanh: Elements.tanhBackward(z, dy)
            case .activation(let activation): activation.backward(dy, z, into: dy)
            case nil: break
            }
        }
        switch weights {
        case .trained(let layer): layer.backward(dy, x: x, into: dx, context)
        case .frozen(let layer):
            guard let input, let back else { preconditionFailure("no room for the gradients of \(layer.path)") }
            let panels = LayerPanels([LayerPanels.Wanted(layer)], .plain, context)
            let pass = panels(layer, kept, dz: back.dz)
            context.compute { Conversion.convert(dy, into: back.dy) }
            context.forEachBlock(of: x.rows) { block in
                LayerPass.inputGradient([(pass, back.dy.rows(block.rows))], into: dx.rows(block.rows), block)
            }
            AdapterSum.run([AdapterSum(layer: layer, x: input, dy: back.dy, kept: kept, dz: back.dz)], context)
        }
    }
}

extension Norm {
    /// A norm whose weight nobody has trained.
    init(ones spec: NormSpec, count: Int) {
        self.init(
            kind: spec.kind, weight: ConstantVector(Array(repeating: 1, count: count)), bias: nil,
            epsilon: spec.epsilon)
    }
}
