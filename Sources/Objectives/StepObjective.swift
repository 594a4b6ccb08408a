// Objectives that see all rows of a step together. Where a step is cut into batches, all of them are read first; then the losses say what
// each should have been, and each batch goes forward once more and back from there (Gao et al., "Scaling Deep Contrastive Learning Batch
// Size under Memory Limited Setup", 2021). So a step may be larger than the memory for its way back.

public import Datasets
public import Models
public import Tensors

/// An objective whose loss of a row depends on the other rows of its step.
public protocol StepObjective: Objective {
    /// What is read of a batch.
    associatedtype Reading
    /// What a batch is taken back from.
    associatedtype WayBack

    /// How many held-out rows are scored together, in their order.
    var heldOutRows: Int { get }
    /// Reads a batch of whole rows.
    /// - Throws: `ModelError` for a number that is not finite.
    func read(_ pass: ObjectivePass) throws -> Reading
    /// What the rows of all batches count together.
    /// - Parameter gradientScale: what each loss counts in the gradients; nil where nothing goes back.
    func losses(_ readings: [Reading], gradientScale: Float?) -> StepLosses<WayBack>
    /// Takes a batch back, into the adapters' gradients.
    func goBack(_ pass: ObjectivePass, from wayBack: WayBack) throws
    /// Bytes beside the buffers of passes that a step of so many sequences takes, of a model of that width.
    func stepBytes(rows: Int, texts: Int, width: Int) -> Int
}

/// What an objective counts of a whole step.
public struct StepLosses<WayBack> {
    public let sums: LossSums
    /// Of each batch; none where nothing goes back.
    public let waysBack: [WayBack]

    public init(sums: LossSums, waysBack: [WayBack]) {
        self.sums = sums
        self.waysBack = waysBack
    }
}

extension StepLosses {
    /// - Parameters:
    ///   - counts: how much of what stands for the whole step each batch has, one after the other.
    ///   - part: a batch's way back, by where its part stands.
    init(sums: LossSums, counts: [Int], part: (Range<Int>) -> WayBack) {
        var start = 0
        self.init(
            sums: sums,
            waysBack: counts.map { count in
                defer { start += count }
                return part(start..<start + count)
            })
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

extension Learner {
    /// Bytes beside the buffers of passes that the largest step of `rows` units takes, where losses are of whole steps.
    public func stepBytes(of units: ExampleUnits, _ rows: Int) -> Int {
        guard let objective = objective as? any StepObjective else { return 0 }
        let texts = (0..<units.count).map(units.targetCount).sorted(by: >).prefix(rows).reduce(0, +)
        return objective.stepBytes(rows: rows, texts: texts, width: model.configuration.width)
    }

    /// Adds the gradients of all batches of a step whose losses are of all its batches together: all of them are read before the first
    /// goes back.
    /// - Parameter failing: what is thrown for a loss of a batch that is not finite, by the number of the batch.
    public func accumulateTogether(
        _ batches: [StepBatch], gradientScale: Float, recomputedBlocks: Int, workspace: Workspace,
        failing: (Int, ModelError) -> any Error
    ) throws -> LossSums {
        guard let objective = objective as? any StepObjective else {
            preconditionFailure("each batch stands by itself")
        }
        let batches = batches.map { StepBatch(read($0.batch, $0.dropout), dropout: $0.dropout) }
        func accumulate<Whole: StepObjective>(_ objective: Whole) throws -> LossSums {
            var readings: [Whole.Reading] = []
            try batches.each(failing) { _, part in
                let pass = try model.pass(part.batch, workspace: workspace, dropout: part.dropout)
                readings.append(try objective.read(pass))
            }
            let losses = objective.losses(readings, gradientScale: gradientScale)
            try batches.each(failing) { number, part in
                let pass = try model.trainingPass(
                    part.batch, gradientScale: gradientScale, recomputedBlocks: recomputedBlocks,
                    workspace: workspace, dropout: part.dropout)
                try objective.goBack(pass, from: losses.waysBack[number])
            }
            return losses.sums
        }
        return try accumulate(objective)
    }
}

extension [StepBatch] {
    /// Runs `body` for each, with its number.
    public func each(
        _ failing: (Int, ModelError) -> any Error, _ body: (Int, StepBatch) throws -> Void
    ) throws {
        for (number, part) in enumerated() {
            do { try body(number, part) } catch let error as ModelError { throw failing(number, error) }
        }
    }
}
