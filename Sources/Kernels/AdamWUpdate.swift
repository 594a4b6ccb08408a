import CKernels
import Foundation

/// One step of AdamW on the numbers of a matrix, as `torch.optim.AdamW` takes it.
public enum AdamWUpdate {
    /// - Parameters:
    ///   - gradientScale: multiplies each gradient first: one over the target tokens, the clipping factor.
    ///   - step: 1 for the first.
    public static func apply(
        values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        firstMoments: UnsafeMutableBufferPointer<Float>, secondMoments: UnsafeMutableBufferPointer<Float>,
        gradientScale: Float, learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float,
        step: Int
    ) {
        precondition(step >= 1 && gradients.count == values.count)
        precondition(firstMoments.count == values.count && secondMoments.count == values.count)
        guard let w = values.baseAddress, let g = gradients.baseAddress, let m = firstMoments.baseAddress,
            let v = secondMoments.baseAddress
        else { return }
        let firstCorrection = 1 - pow(Double(beta1), Double(step))
        let secondCorrection = 1 - pow(Double(beta2), Double(step))
        var settings = lathe_adamw(
            gradient_scale: gradientScale, decay: Float(1 - Double(learningRate) * Double(weightDecay)), beta1: beta1,
            beta2: beta2, epsilon: epsilon, step_size: Float(Double(learningRate) / firstCorrection),
            root_correction: Float(secondCorrection.squareRoot()))
        withUnsafePointer(to: &settings) { settings in
            parallelRanges(values.count, grain: 1 << 15) { range in
                let i = range.lowerBound
                lathe_adamw_step(settings, w + i, g + i, m + i, v + i, range.count)
            }
        }
    }
}
