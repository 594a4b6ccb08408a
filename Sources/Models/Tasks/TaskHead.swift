// The head of a task that is no language: a linear layer of its own, trained whole, in the place of the head over the vocabulary.
// M rows that it reads, C width, L outputs:
//
//     y = h·Wᵀ + b  [M, L]      dW += dyᵀ·h      db += Σ dy      dh = dy·W

import Kernels
import Tensors

/// What a task asks of the states that the final norm gives.
public final class TaskHead {
    private enum Layer {
        case linear(weight: TrainedMatrix, bias: TrainedMatrix?)
        /// The same answers whatever the states are.
        case constant(ConstantVector)
    }

    private let layer: Layer
    /// L.
    public let outputs: Int
    /// How often each class is, or what else the training rows alone say; empty where nobody knows.
    public let shares: [Float]

    /// A head over numbers that are trained.
    /// - Parameters:
    ///   - weight: `[L, C]`.
    ///   - bias: `[1, L]`.
    ///   - shares: how often each of the outputs is right in the training rows.
    public init(weight: TrainedMatrix, bias: TrainedMatrix?, shares: [Float] = []) {
        precondition(bias.map { $0.values.count == weight.values.rows } ?? true, "a bias of another size")
        layer = .linear(weight: weight, bias: bias)
        outputs = weight.values.rows
        self.shares = shares
    }

    /// A head that looks at nothing: what is known without reading the text.
    public init(always answers: [Float], shares: [Float] = []) {
        layer = .constant(ConstantVector(answers))
        outputs = answers.count
        self.shares = shares
    }

    /// - Parameters:
    ///   - states: `[M, C]`, fp32.
    ///   - answers: `[M, L]`, fp32.
    func forward(_ states: Matrix, into answers: Matrix, _ context: PassContext) {
        switch layer {
        case .constant(let vector):
            context.compute {
                Elements.fill(answers)
                Elements.addBias(vector.matrix, to: answers)
            }
        case .linear(let weight, let bias):
            let source = PanelSource(RowLayout(weight.values), .transposed, type: .f32, in: context.workspace)
            context.compute {
                Panels.pack([source])
                Products.sum([Term(states, source.panels)], into: answers, bias: bias?.values)
            }
        }
    }

    /// Adds to the gradients of the layer; leaves that of the states.
    /// - Parameters:
    ///   - slopes: of the loss by the answers `[M, L]`, fp32.
    ///   - gradient: `[M, C]`, fp32.
    func backward(_ slopes: Matrix, states: Matrix, into gradient: Matrix, _ context: PassContext) {
        guard case .linear(let weight, let bias) = layer else {
            return context.compute { Elements.fill(gradient) }
        }
        let ones = context.residual(rows: slopes.rows, columns: 1)
        let source = PanelSource(RowLayout(weight.values), .plain, type: .f32, in: context.workspace)
        context.compute {
            Elements.fill(ones, with: 1)
            var products = [
                GradientProduct(slopes, count: outputs, states, addedTo: weight.gradients, .fewByMany)
            ]
            if let bias {
                products.append(GradientProduct(ones, count: 1, slopes, addedTo: bias.gradients, .fewByMany))
            }
            GradientProduct.run(products)
            Panels.pack([source])
            Products.sum([Term(slopes, source.panels)], into: gradient)
        }
    }
}
