import Foundation
public import Tensors

/// One step of AdamW on a matrix whose moments are codes of 8 bits, as `bitsandbytes.optim.AdamW8bit` takes it.
public enum BlockwiseAdamWUpdate {
    /// A moment: a code for each number, a scale for each block of them.
    public struct Moment {
        let codes: UnsafeMutableRawBufferPointer
        let scales: UnsafeMutableBufferPointer<Float>

        public init(codes: UnsafeMutableRawBufferPointer, scales: UnsafeMutableBufferPointer<Float>) {
            self.codes = codes
            self.scales = scales
        }
    }

    public static func apply(
        values: Matrix, gradients: Matrix, first: Moment, second: Moment, _ settings: AdamStep
    ) {
        let blocks = (values.count + DynamicCodes.blockSize - 1) / DynamicCodes.blockSize
        precondition(settings.step >= 1 && gradients.count == values.count)
        precondition(first.codes.count >= values.count && second.codes.count >= values.count)
        precondition(first.scales.count == blocks && second.scales.count == blocks)
        let w = values.floats, g = gradients.floats
        parallelRanges(blocks, grain: 128) { range in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * DynamicCodes.blockSize) { scratch in
                for block in range {
                    let start = block * DynamicCodes.blockSize
                    let numbers = start..<min(start + DynamicCodes.blockSize, w.count)
                    step(block, numbers, w, g, first, second, scratch, settings)
                }
            }
        }
    }

    /// One block: moments as numbers, the step, and codes again.
    private static func step(
        _ block: Int, _ range: Range<Int>, _ w: UnsafeMutableBufferPointer<Float>,
        _ g: UnsafeMutableBufferPointer<Float>, _ first: Moment, _ second: Moment,
        _ scratch: UnsafeMutableBufferPointer<Float>, _ s: AdamStep
    ) {
        let m = UnsafeMutableBufferPointer(rebasing: scratch[..<range.count])
        let v = UnsafeMutableBufferPointer(
            rebasing: scratch[DynamicCodes.blockSize..<DynamicCodes.blockSize + range.count])
        let correction1 = 1 - pow(s.beta1, Double(s.step))
        let root = Float((1 - pow(s.beta2, Double(s.step))).squareRoot())
        let (kept1, added1) = (Float(s.beta1), Float(1 - s.beta1))
        let (kept2, added2) = (Float(s.beta2), Float(1 - s.beta2))
        let rate = Float(s.learningRate / correction1), decay = Float(1 - s.learningRate * s.weightDecay)
        let epsilon = Float(s.epsilon), scale1 = first.scales[block], scale2 = second.scales[block]
        for (place, index) in range.enumerated() {
            let gradient = g[index] * s.gradientScale
            let mean = DynamicCodes.signed.table[Int(first.codes[index])] * scale1 * kept1 + gradient * added1
            let square =
                DynamicCodes.unsigned.table[Int(second.codes[index])] * scale2 * kept2
                + gradient * gradient * added2
            (m[place], v[place]) = (mean, square)
            w[index] = w[index] * decay - rate * (mean / (square.squareRoot() / root + epsilon))
        }
        first.scales[block] = DynamicCodes.signed.encode(m, into: .init(rebasing: first.codes[range]))
        second.scales[block] = DynamicCodes.unsigned.encode(v, into: .init(rebasing: second.codes[range]))
    }
}
