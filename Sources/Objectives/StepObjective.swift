// Objectives that see all rows of a step together. Where a step is cut into batches, all of them are read first; then the losses say what
// each vector should have been, and each batch goes forward once more and back from there (Gao et al., "Scaling Deep Contrastive Learning
// Batch Size under Memory Limited Setup", 2021). So a step may be larger than the memory for its way back.

public import Datasets
public import Models
public import Tensors

/// An objective whose loss of a row depends on the other rows of its step.
public protocol StepObjective: Objective {
    /// How many held-out rows are scored together, in their order.
    var heldOutRows: Int { get }
    /// Reads the texts of a batch of whole rows.
    /// - Throws: `ModelError` for a vector that is not finite.
    func vectors(_ pass: ObjectivePass) throws -> TextVectors
    /// What the rows count together.
    /// - Parameter gradientScale: what each loss counts in the gradients at the vectors; nil where nothing goes back.
    func losses(_ vectors: TextVectors, gradientScale: Float?) -> StepLosses
    /// Takes a batch back from the gradients at its vectors, `[T, d]`, into the adapters' gradients.
    func goBack(_ pass: ObjectivePass, from gradients: [Float]) throws
    /// Bytes beside the buffers of passes that a step of so many texts takes, of `width` numbers each.
    func stepBytes(rows: Int, texts: Int, width: Int) -> Int
}

/// What an objective counts of a whole step.
public struct StepLosses: Sendable {
    public let sums: LossSums
    /// At the vectors `[T, d]`; nil where nothing goes back.
    public let gradients: [Float]?

    public init(sums: LossSums, gradients: [Float]?) {
        self.sums = sums
        self.gradients = gradients
    }
}

/// One batch of a step.
public struct StepBatch {
    public let batch: TokenBatch
    /// Where the adapters' masks come from: the same rows of the step are masked alike each time that they are read.
    public let dropout: DropoutKey

    public init(_ batch: TokenBatch, dropout: DropoutKey) {
        self.batch = batch
        self.dropout = dropout
    }
}

/// What all batches of a step come to together.
public struct StepReading: Sendable {
    public let losses: StepLosses
    /// Texts of each batch before the first, and of all.
    private let bounds: [Int]
    private let width: Int

    init(_ losses: StepLosses, textCounts: [Int], width: Int) {
        self.losses = losses
        bounds = textCounts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        self.width = width
    }

    /// The gradients at the vectors of the batch `number`.
    func gradients(ofBatch number: Int) -> [Float] {
        Array((losses.gradients ?? [])[bounds[number] * width..<bounds[number + 1] * width])
    }
}

extension Learner {
    /// Bytes beside the buffers of passes that the largest step of `rows` units takes, where losses are of whole steps.
    public func stepBytes(of units: ExampleUnits, _ rows: Int) -> Int {
        guard let objective = objective as? any StepObjective else { return 0 }
        let texts = (0..<units.count).map(units.targetCount).sorted(by: >).prefix(rows).reduce(0, +)
        return objective.stepBytes(rows: rows, texts: texts, width: model.configuration.width)
    }

    /// Reads the batch `number` of a step, whose vectors join `vectors`.
    public func read(_ part: StepBatch, into vectors: inout TextVectors?, workspace: Workspace) throws {
        guard let objective = objective as? any StepObjective else {
            preconditionFailure("each batch stands by itself")
        }
        let own = try objective.vectors(model.pass(part.batch, workspace: workspace, dropout: part.dropout))
        if vectors == nil { vectors = own } else { vectors?.append(own) }
    }

    /// What the vectors of all `batches` come to.
    public func reading(_ vectors: TextVectors, of batches: [StepBatch], gradientScale: Float) -> StepReading {
        guard let objective = objective as? any StepObjective else {
            preconditionFailure("each batch stands by itself")
        }
        return StepReading(
            objective.losses(vectors, gradientScale: gradientScale), textCounts: batches.map(\.batch.exampleCount),
            width: vectors.width)
    }

    /// Takes the batch `number` back from what all batches came to, into the adapters' gradients.
    public func goBack(
        _ batches: [StepBatch], _ number: Int, from reading: StepReading, recomputedBlocks: Int, workspace: Workspace
    ) throws {
        guard let objective = objective as? any StepObjective else {
            preconditionFailure("each batch stands by itself")
        }
        let part = batches[number]
        try objective.goBack(
            model.trainingPass(
                part.batch, gradientScale: 1, recomputedBlocks: recomputedBlocks, workspace: workspace,
                dropout: part.dropout), from: reading.gradients(ofBatch: number))
    }
}
