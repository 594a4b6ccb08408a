// How exactly generation computes.

import Kernels
public import Tensors

/// How generation multiplies.
public enum GenerationArithmetic: Sendable {
    /// Activations in fp32, whatever the weights are.
    case exact
    /// Where weights are stored as small integers, activations are rounded to whole numbers of 16 bits, 32 with a scale
    /// of their own, and integers are multiplied; keys and values are kept in bf16. Many times faster than `exact`.
    case rounded

    /// What goes with a model's precision: exact in fp32, rounded in bf16.
    public init(_ precision: ElementType) { self = precision == .f32 ? .exact : .rounded }

    /// In which keys and values are kept.
    var cacheType: ElementType { self == .exact ? .f32 : .bf16 }
}
