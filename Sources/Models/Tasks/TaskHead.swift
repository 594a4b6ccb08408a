// The head of a task that is no language: what of its layers is trained whole, in the place of the head over the vocabulary. How they
// follow each other stands in the family's `TaskHeadSpec`; layers that are not here are the base's own.

import Kernels
import Tensors
public import Vocabulary

/// What a task asks of the states that the final norm gives.
public final class TaskHead {
    /// A layer that is trained whole: `y = h·Wᵀ + b`.
    public struct Layer {
        /// `classifier.dense`.
        public let path: String
        /// `[out, in]`.
        public let weight: TrainedMatrix
        /// `[1, out]`.
        public let bias: TrainedMatrix?

        /// - Precondition: the bias has a number for each row of the weight.
        public init(path: String, weight: TrainedMatrix, bias: TrainedMatrix?) {
            precondition(bias.map { $0.values.count == weight.values.rows } ?? true, "a bias of another size")
            self.path = path
            self.weight = weight
            self.bias = bias
        }
    }

    /// Which of the family's heads it is.
    public let task: TaskKind
    /// The layers that are trained whole; none where it looks at nothing.
    let layers: [Layer]
    /// The same answers whatever the states are; nil where they count.
    let constant: ConstantVector?
    /// L.
    public let outputs: Int
    /// What each of the outputs stands for; empty for numbers.
    public let labels: [String]
    /// Whether each of the outputs is answered by itself.
    public let isMultiLabel: Bool
    /// How often each class is, or what else the training rows alone say; empty where nobody knows.
    public let shares: [Float]

    /// A head over numbers that are trained.
    /// - Parameters:
    ///   - layers: those that the base does not have, or that are trained in the place of its own.
    ///   - outputs: L.
    ///   - shares: how often each of the outputs is right in the training rows.
    public init(
        _ task: TaskKind, layers: [Layer], outputs: Int, labels: [String] = [], isMultiLabel: Bool = false,
        shares: [Float] = []
    ) {
        self.isMultiLabel = isMultiLabel
        self.labels = labels
        self.task = task
        self.layers = layers
        self.outputs = outputs
        self.shares = shares
        constant = nil
    }

    /// A head that looks at nothing: what is known without reading the text.
    public init(_ task: TaskKind, always answers: [Float], labels: [String] = [], shares: [Float] = []) {
        isMultiLabel = false
        self.labels = labels
        self.task = task
        layers = []
        constant = ConstantVector(answers)
        outputs = answers.count
        self.shares = shares
    }

    subscript(path: String) -> Layer? { layers.first { $0.path == path } }
}

extension TaskHead.Layer {
    /// - Parameters:
    ///   - x: `[M, in]`, fp32.
    ///   - y: `[M, out]`, fp32.
    func forward(_ x: Matrix, into y: Matrix, _ context: PassContext) {
        let source = PanelSource(RowLayout(weight.values), .transposed, type: .f32, in: context.workspace)
        context.compute {
            Panels.pack([source])
            Products.sum([Term(x, source.panels)], into: y, bias: bias?.values)
        }
    }

    /// Adds to the gradients of the layer; leaves that of its input.
    /// - Parameters:
    ///   - dy: of the loss by what it gave `[M, out]`, fp32.
    ///   - dx: `[M, in]`, fp32.
    func backward(_ dy: Matrix, x: Matrix, into dx: Matrix, _ context: PassContext) {
        let ones = context.residual(rows: dy.rows, columns: 1)
        let source = PanelSource(RowLayout(weight.values), .plain, type: .f32, in: context.workspace)
        context.compute {
            Elements.fill(ones, with: 1)
            let outputs = weight.values.rows
            var products = [GradientProduct(dy, count: outputs, x, addedTo: weight.gradients, .fewByMany)]
            if let bias {
                products.append(GradientProduct(ones, count: 1, dy, addedTo: bias.gradients, .fewByMany))
            }
            GradientProduct.run(products)
            Panels.pack([source])
            Products.sum([Term(dy, source.panels)], into: dx)
        }
    }
}
