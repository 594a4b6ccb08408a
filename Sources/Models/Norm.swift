// The norm of rows, with its frozen weight.

import Kernels
import Tensors

/// A root-mean-square norm: `y = x · r · w`, `r = 1 / √(mean(x²) + ε)`, row by row.
struct Norm {
    /// w `[1, C]`, whatever the file stores of it.
    let weight: ConstantVector
    /// ε.
    let epsilon: Float

    /// - Parameter inverseRMS: r `[N, 1]`, fp32, which the way back needs.
    func forward(_ x: Matrix, into y: Matrix, inverseRMS: Matrix) {
        RMSNorm.forward(x, weight: weight.matrix, epsilon: epsilon, into: y, inverseRMS: inverseRMS)
    }

    /// `forward`, with r known from before.
    func apply(_ x: Matrix, inverseRMS: Matrix, into y: Matrix) {
        RMSNorm.apply(x, weight: weight.matrix, inverseRMS: inverseRMS, into: y)
    }

    /// The gradient of x, added to `dx` or put there.
    func backward(_ dy: Matrix, x: Matrix, inverseRMS: Matrix, into dx: Matrix, accumulate: Bool) {
        RMSNorm.backward(
            dy, x: x, weight: weight.matrix, inverseRMS: inverseRMS, into: dx, accumulate: accumulate)
    }

    /// `forward` in generation, which keeps nothing.
    func generate(_ x: Matrix, into y: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            let inverseRMS = pass.matrix(x.rows, 1)
            pass.context.compute { forward(x, into: y, inverseRMS: inverseRMS) }
        }
    }
}
