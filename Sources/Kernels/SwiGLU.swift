import CKernels
public import Tensors

/// The gated activation of a Llama block: `y = gate · σ(gate) · up`, element by element.
public enum SwiGLU {
    /// All `[N, F]`; `y` may be `gate` or `up`.
    public static func forward(gate: Matrix, up: Matrix, into y: Matrix) {
        precondition(gate.count == up.count && gate.count == y.count && gate.type == up.type)
        parallelRanges(gate.count, grain: 1 << 14) { range in
            let i = range.lowerBound
            lathe_swiglu_forward(gate.element(i), up.element(i), y.element(i), gate.type.c, y.type.c, range.count)
        }
    }

    /// Gradients of `gate` and `up`; in place allowed (`dgate` = `gate`, `dup` = `up`, either may be `dy`).
    public static func backward(_ dy: Matrix, gate: Matrix, up: Matrix, into dgate: Matrix, dup: Matrix) {
        precondition(gate.count == up.count && gate.count == dy.count && gate.type == up.type)
        precondition(dgate.count == gate.count && dup.count == gate.count && dgate.type == dup.type)
        parallelRanges(gate.count, grain: 1 << 14) { range in
            let i = range.lowerBound
            lathe_swiglu_backward(
                dy.element(i), dy.type.c, gate.element(i), up.element(i), gate.type.c, dgate.element(i), dup.element(i),
                dgate.type.c, range.count)
        }
    }
}
