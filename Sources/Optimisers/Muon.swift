internal import Kernels
public import Recipes
public import Tensors

/// Muon (Jordan et al. 2024) as `torch.optim.Muon` computes it, for the factors of an adapter: their momentum is made orthogonal. What
/// has one row or one column, as magnitudes, biases and factors of rank 1, is AdamW's, at the same rate.
public struct Muon: OptimiserRule {
    private let settings: MuonUpdate.Settings
    private let ofVectors: AdamW

    public init(_ train: TrainSection) {
        var settings = MuonUpdate.Settings()
        settings.momentum = train.muonMomentum
        settings.isNesterov = train.muonNesterov
        settings.steps = train.muonSteps
        settings.isOriginalRate = train.muonAdjustment == .original
        self.settings = settings
        ofVectors = AdamW(train)
    }

    /// The momentum; of a vector what AdamW keeps.
    public static func states(rows: Int, columns: Int) -> [OptimiserState] {
        min(rows, columns) > 1
            ? [OptimiserState("momentum", rows: rows, columns: columns)]
            : AdamW.states(rows: rows, columns: columns)
    }

    public static func scratchBytes(rows: Int, columns: Int) -> Int {
        min(rows, columns) > 1 ? MuonUpdate.workspaceBytes(rows: rows, columns: columns) : 0
    }

    public func update(
        _ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace
    ) {
        guard states.count == 1 else {
            return ofVectors.update(values, gradients: gradients, states: states, in: step, scratch: scratch)
        }
        MuonUpdate.apply(
            values: values, gradients: gradients, momentum: states[0], gradientScale: step.gradientScale,
            learningRate: step.learningRate, weightDecay: step.weightDecay, settings,
            workspace: scratch)
    }
}
