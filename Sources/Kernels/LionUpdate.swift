import CKernels

/// One step of Lion on the numbers of a matrix (Chen et al. 2023, algorithm 2).
public enum LionUpdate {
    /// - Parameters:
    ///   - momentum: the running mean of the gradient.
    ///   - gradientScale: multiplies each gradient first: the clipping factor.
    ///   - beta1: the share of the momentum in the direction whose sign is followed.
    ///   - beta2: the share of the momentum that stays.
    public static func apply(
        values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        momentum: UnsafeMutableBufferPointer<Float>, gradientScale: Float, learningRate: Double, beta1: Double,
        beta2: Double, weightDecay: Double
    ) {
        precondition(gradients.count == values.count && momentum.count == values.count)
        guard let w = values.baseAddress, let g = gradients.baseAddress, let m = momentum.baseAddress else { return }
        var settings = lathe_lion(
            gradient_scale: gradientScale, decay: Float(1 - learningRate * weightDecay),
            learning_rate: Float(learningRate), beta1: Float(beta1), rest1: Float(1 - beta1), beta2: Float(beta2),
            rest2: Float(1 - beta2))
        withUnsafePointer(to: &settings) { settings in
            parallelRanges(values.count, grain: 1 << 15) { range in
                let i = range.lowerBound
                lathe_lion_step(settings, w + i, g + i, m + i, range.count)
            }
        }
    }
}
