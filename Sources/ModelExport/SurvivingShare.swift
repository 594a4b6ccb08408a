// What of an adapter's change is in the weights that were written, once they are rounded.
//
// Legend: Δ = scale · B·A, what the adapter adds to a weight W; E = the written weight less what W itself becomes by
// the same rounding; P, the projection onto the adapter's own subspace: columns of B, rows of A.

/// How much of a change survived: ⟨E, Δ⟩ / max(‖Δ‖², ‖P E‖²), and 0 where that is less.
///
/// 1 where E is Δ; 0 where rounding gives the base's weights back; s where E is s·Δ. Rounding also leaves noise. Most
/// of it lies outside the adapter's subspace, where it is the noise that any rounding of the model has. What of it
/// lies inside drowns the change there, and lowers the share: where noise of the same strength is added to the whole
/// change, a half is said to survive.
public struct SurvivingShare: Sendable, Equatable {
    /// ‖Δ‖²
    public internal(set) var change = 0.0
    /// ⟨E, Δ⟩
    public internal(set) var kept = 0.0
    /// ‖P E‖²
    public internal(set) var found = 0.0

    /// Of nothing.
    public init() {}

    /// In 0...1; nil where nothing was to change.
    public var value: Double? {
        guard change > 0 else { return nil }
        return min(1, max(0, kept / max(change, found)))
    }

    public static func += (left: inout SurvivingShare, right: SurvivingShare) {
        left.change += right.change
        left.kept += right.kept
        left.found += right.found
    }
}

/// What survived in one tensor.
public struct TensorShare: Sendable, Equatable {
    /// Hugging Face's name.
    public let path: String
    /// The type it was written in, as its file names it.
    public let type: String
    public let share: SurvivingShare
}
