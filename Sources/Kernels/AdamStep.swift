/// What a step of a rule with Adam's moments is for one matrix.
public struct AdamStep: Sendable {
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    public var learningRate: Double
    /// Multiplies each gradient first: the clipping factor.
    public var gradientScale: Float
    /// 1 for the first.
    public var step: Int

    public init(
        beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, learningRate: Double,
        gradientScale: Float, step: Int
    ) {
        (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
        (self.weightDecay, self.learningRate) = (weightDecay, learningRate)
        (self.gradientScale, self.step) = (gradientScale, step)
    }
}
