// How numbers become blocks of small whole numbers, as recipes and `--rounding` say it.

/// A rule of rounding.
public enum Rounding: String, Sendable, CaseIterable {
    /// Each number to the nearest that its block has.
    case nearest
    /// What one column's rounding loses, the columns after it make up for, as far as rows of inputs tell.
    case feedback
}
