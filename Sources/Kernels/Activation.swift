import CKernels
public import Tensors

/// The activation of a feed-forward network, element by element: plain, `y = act(x)`, or gated, `y = act(gate) · up`.
public enum Activation: Sendable, Equatable, CaseIterable {
    /// `x · σ(x)`; gated: SwiGLU.
    case silu
    /// `x · Φ(x)`, with the normal distribution's own Φ.
    case gelu
    /// The tanh form of GELU; gated: GeGLU.
    case geluTanh
    /// `x · σ(1.702 · x)`.
    case quickGelu
    case relu
    /// The square of ReLU.
    case squaredReLU

    private static let grain = 1 << 14

    /// y = act(x), all of one size; `y` may be `x`.
    public func forward(_ x: Matrix, into y: Matrix) {
        precondition(x.count == y.count)
        let kernel = kernels.forward
        parallelRanges(x.count, grain: Self.grain) { range in
            let i = range.lowerBound
            kernel(x.element(i), x.type.c, y.element(i), y.type.c, range.count)
        }
    }

    /// The gradient of `x`, which `dx` may be; so may `dy`.
    public func backward(_ dy: Matrix, _ x: Matrix, into dx: Matrix) {
        precondition(x.count == dy.count && x.count == dx.count)
        let kernel = kernels.backward
        parallelRanges(x.count, grain: Self.grain) { range in
            let i = range.lowerBound
            kernel(dy.element(i), dy.type.c, x.element(i), x.type.c, dx.element(i), dx.type.c, range.count)
        }
    }

    /// y = act(gate) · up. All `[N, F]`; `y` may be `gate` or `up`.
    public func forward(gate: Matrix, up: Matrix, into y: Matrix) {
        precondition(gate.count == up.count && gate.count == y.count && gate.type == up.type)
        let kernel = kernels.gatedForward
        parallelRanges(gate.count, grain: Self.grain) { range in
            let i = range.lowerBound
            kernel(gate.element(i), up.element(i), y.element(i), gate.type.c, y.type.c, range.count)
        }
    }

    /// Gradients of `gate` and `up`; in place allowed (`dgate` = `gate`, `dup` = `up`, either may be `dy`).
    public func backward(_ dy: Matrix, gate: Matrix, up: Matrix, into dgate: Matrix, dup: Matrix) {
        precondition(gate.count == up.count && gate.count == dy.count && gate.type == up.type)
        precondition(dgate.count == gate.count && dup.count == gate.count && dgate.type == dup.type)
        let kernel = kernels.gatedBackward
        parallelRanges(gate.count, grain: Self.grain) { range in
            let i = range.lowerBound
            kernel(
                dy.element(i), dy.type.c, gate.element(i), up.element(i), gate.type.c, dgate.element(i), dup.element(i),
                dgate.type.c, range.count)
        }
    }

    private typealias Forward = (
        UnsafeRawPointer?, lathe_type, UnsafeMutableRawPointer?, lathe_type, Int
    ) -> Void
    private typealias Backward = (
        UnsafeRawPointer?, lathe_type, UnsafeRawPointer?, lathe_type, UnsafeMutableRawPointer?, lathe_type, Int
    ) -> Void
    private typealias GatedForward = (
        UnsafeRawPointer?, UnsafeRawPointer?, UnsafeMutableRawPointer?, lathe_type, lathe_type, Int
    ) -> Void
    private typealias GatedBackward = (
        UnsafeRawPointer?, lathe_type, UnsafeRawPointer?, UnsafeRawPointer?, lathe_type, UnsafeMutableRawPointer?,
        UnsafeMutableRawPointer?, lathe_type, Int
    ) -> Void

    private typealias Kernels = (
        forward: Forward, backward: Backward, gatedForward: GatedForward, gatedBackward: GatedBackward
    )

    private var kernels: Kernels {
        switch self {
        case .silu: (lathe_silu_forward, lathe_silu_backward, lathe_silu_gated_forward, lathe_silu_gated_backward)
        case .gelu: (lathe_gelu_forward, lathe_gelu_backward, lathe_gelu_gated_forward, lathe_gelu_gated_backward)
        case .geluTanh:
            (
                lathe_gelu_tanh_forward, lathe_gelu_tanh_backward, lathe_gelu_tanh_gated_forward,
                lathe_gelu_tanh_gated_backward
            )
        case .quickGelu:
            (
                lathe_quick_gelu_forward, lathe_quick_gelu_backward, lathe_quick_gelu_gated_forward,
                lathe_quick_gelu_gated_backward
            )
        case .relu: (lathe_relu_forward, lathe_relu_backward, lathe_relu_gated_forward, lathe_relu_gated_backward)
        case .squaredReLU:
            (
                lathe_squared_relu_forward, lathe_squared_relu_backward, lathe_squared_relu_gated_forward,
                lathe_squared_relu_gated_backward
            )
        }
    }
}
