// The two directions of a linear layer with an adapter. N rows, r rank:
//
//     z = x·Aᵀ  [N, r]        y = x·Wᵀ + b + s·z·Bᵀ
//     dB += s·dyᵀ·z           dz = s·dy·B            dA += dzᵀ·x            dx = dy·W + dz·A
//
// W is widened just before its product and given up right after it. With dropout the adapter sees x masked, W sees x whole.

import Kernels
import Tensors

extension LinearLayer {
    /// `y = …` or, with `accumulate`, `y += …` (y fp32 then).
    ///
    /// - Parameters:
    ///   - x: `[N, in]`, in the type of activations.
    ///   - y: `[N, out]`.
    ///   - low: `[N, r]`, where z is kept for the way back; nil to forget it.
    func forward(_ x: Matrix, into y: Matrix, accumulate: Bool = false, low: Matrix? = nil, _ context: PassContext) {
        precondition(x.columns == inputSize && y.columns == outputSize && x.rows == y.rows)
        context.workspace.scoped {
            guard let adapter else {
                multiply(x, into: y, accumulate: accumulate, context)
                return
            }
            // An adapter's small addition would be rounded twice in bf16: sum in fp32, round once.
            let sum = y.type == .f32 ? y : context.residual(rows: y.rows, columns: y.columns)
            multiply(x, into: sum, accumulate: accumulate, context)
            let z = low ?? context.activations(rows: x.rows, columns: adapter.rank)
            forwardLow(x, into: z, context)
            context.workspace.scoped {
                Products.timesTransposed(
                    z, converted(adapter.b, context), into: sum, alpha: adapter.scale, accumulate: true)
            }
            if sum.type != y.type { Conversion.convert(sum, into: y) }
        }
    }

    /// Only z of `forward`: what a block run again for its backward needs of its last product.
    func forwardLow(_ x: Matrix, into low: Matrix?, _ context: PassContext) {
        guard let adapter, let low else { return }
        context.workspace.scoped {
            Products.timesTransposed(adapterInput(x, adapter, context), converted(adapter.a, context), into: low)
        }
    }

    /// Adds to the adapter's gradients and, where `dx` is asked for, gives the gradient of the input.
    ///
    /// - Parameters:
    ///   - dy: `[N, out]`, in the type of activations.
    ///   - x: `[N, in]`, what `forward` was given.
    ///   - low: z of `forward`; nil where there is no adapter.
    ///   - dx: `[N, in]`, fp32; nil where nothing below is trained.
    func backward(
        _ dy: Matrix, x: Matrix, low: Matrix?, into dx: Matrix?, accumulate: Bool = false, _ context: PassContext
    ) {
        precondition(dy.columns == outputSize && x.columns == inputSize && dy.rows == x.rows)
        if let dx {
            context.workspace.scoped {
                Products.times(dy, widened(context), into: dx, accumulate: accumulate)
            }
        }
        guard let adapter, let z = low else { return }
        context.workspace.scoped {
            Products.transposedTimes(dy, z, into: adapter.gradientB, alpha: adapter.scale, accumulate: true)
            let dz = context.activations(rows: x.rows, columns: adapter.rank)
            Products.times(dy, converted(adapter.b, context), into: dz, alpha: adapter.scale)
            context.workspace.scoped {
                Products.transposedTimes(
                    dz, adapterInput(x, adapter, context), into: adapter.gradientA, accumulate: true)
            }
            guard let dx else { return }
            let a = converted(adapter.a, context)
            guard let key = context.dropout, adapter.dropout > 0 else {
                Products.times(dz, a, into: dx, accumulate: true)
                return
            }
            let dMasked = context.residual(rows: dx.rows, columns: dx.columns)
            Products.times(dz, a, into: dMasked)
            Dropout.apply(
                dMasked, into: dMasked, probability: adapter.dropout, seed: key.seed(layer: adapter.index),
                stream: key.stream)
            Elements.add(dMasked, into: dx)
        }
    }

    /// `y (+)= x·Wᵀ + b`.
    private func multiply(_ x: Matrix, into y: Matrix, accumulate: Bool, _ context: PassContext) {
        context.workspace.scoped {
            // Summed by itself, then added: a product that accumulates rounds once a block of its depth, and residual
            // streams carry numbers of 10⁴ that cancel in the last layers (seen in SmolLM2).
            let product = accumulate ? context.residual(rows: y.rows, columns: y.columns) : y
            context.workspace.scoped { Products.timesTransposed(x, widened(context), into: product) }
            if accumulate { Elements.add(product, into: y) }
        }
        if let bias { Elements.addBias(bias, to: y) }
    }

    /// W `[out, in]` in the type of activations, until the end of the enclosing scope.
    private func widened(_ context: PassContext) -> Matrix { weight.widened(context) }

    private func converted(_ values: Matrix, _ context: PassContext) -> Matrix {
        guard values.type != context.precision else { return values }
        let result = context.activations(rows: values.rows, columns: values.columns)
        Conversion.convert(values, into: result)
        return result
    }

    /// What the adapter sees of `x`; the same numbers on the way back, since a mask depends on its key alone.
    private func adapterInput(_ x: Matrix, _ adapter: LowRankAdapter, _ context: PassContext) -> Matrix {
        guard let key = context.dropout, adapter.dropout > 0 else { return x }
        let masked = context.activations(rows: x.rows, columns: x.columns)
        Dropout.apply(
            x, into: masked, probability: adapter.dropout, seed: key.seed(layer: adapter.index), stream: key.stream)
        return masked
    }
}

extension FrozenTensor {
    /// The matrix in the type of activations, until the end of the enclosing scope; the mapped file itself where it
    /// already holds that type.
    func widened(_ context: PassContext) -> Matrix {
        if isUsableAs(context.precision) {
            return Matrix(
                pointer: UnsafeMutableRawPointer(mutating: bytes.baseAddress.unsafelyUnwrapped),
                rows: shape[0], columns: shape[1], type: context.precision)
        }
        let result = context.activations(rows: shape[0], columns: shape[1])
        Widening.widen(self, into: result)
        return result
    }

    /// Whether the stored bytes are already what products take.
    func isUsableAs(_ type: ElementType) -> Bool {
        rowOrder == .asStored && dtype == (type == .f32 ? .f32 : .bf16) && elementCount > 0
            && UInt(bitPattern: bytes.baseAddress) % UInt(type.byteCount) == 0
    }
}
