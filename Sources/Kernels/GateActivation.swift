import CKernels
public import Tensors

/// The gated activation of a feed-forward network: `y = act(gate) · up`, element by element.
public enum GateActivation: Sendable, Equatable {
    /// `g · σ(g)`: SwiGLU.
    case silu
    /// The tanh form of GELU: GeGLU.
    case gelu

    /// All `[N, F]`; `y` may be `gate` or `up`.
    public func forward(gate: Matrix, up: Matrix, into y: Matrix) {
        precondition(gate.count == up.count && gate.count == y.count && gate.type == up.type)
        let kernel = self == .silu ? lathe_swiglu_forward : lathe_geglu_forward
        parallelRanges(gate.count, grain: 1 << 14) { range in
            let i = range.lowerBound
            kernel(gate.element(i), up.element(i), y.element(i), gate.type.c, y.type.c, range.count)
        }
    }

    /// Gradients of `gate` and `up`; in place allowed (`dgate` = `gate`, `dup` = `up`, either may be `dy`).
    public func backward(_ dy: Matrix, gate: Matrix, up: Matrix, into dgate: Matrix, dup: Matrix) {
        precondition(gate.count == up.count && gate.count == dy.count && gate.type == up.type)
        precondition(dgate.count == gate.count && dup.count == gate.count && dgate.type == dup.type)
        let kernel = self == .silu ? lathe_swiglu_backward : lathe_geglu_backward
        parallelRanges(gate.count, grain: 1 << 14) { range in
            let i = range.lowerBound
            kernel(
                dy.element(i), dy.type.c, gate.element(i), up.element(i), gate.type.c, dgate.element(i), dup.element(i),
                dgate.type.c, range.count)
        }
    }
}
