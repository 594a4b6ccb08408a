// Texts that come one after the other, of which those that say nearly what an earlier one said are not wanted.

/// Texts that are no near-duplicates of each other, by the measure of `deduplicate` with `by: near`.
///
/// Each is held against all before it: for some thousands of short texts. Rows of files have `NearDuplicates`.
public struct NearTexts: Sendable {
    private let threshold: Double
    private var shingler = Shingler(wordCount: 1, characterCount: 2)
    private var kept: [[UInt64]] = []

    /// - Parameter threshold: the similarity from which on two texts say the same.
    public init(threshold: Double) { self.threshold = threshold }

    /// Takes a text in, unless it says nearly what one before it said.
    ///
    /// - Returns: whether it was taken in.
    public mutating func insert(_ text: String) -> Bool {
        let pieces = Array(text.utf8).withUnsafeBufferPointer { shingler.sortedPieces(of: $0) }
        guard !kept.contains(where: { NearMeasure.similarity($0, pieces) >= threshold }) else { return false }
        kept.append(pieces)
        return true
    }
}
