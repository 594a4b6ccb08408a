// How near a row's gradient is to those of target rows (Xia et al., "LESS: Selecting Influential Data for Targeted Instruction Tuning",
// 2024, sections 3 and 4).

/// The directions of groups of target rows.
public struct TargetLikeness: Sendable {
    /// Of each group the mean of its rows' sketches, each at length 1: its product with a row's sketch is the mean of the cosines.
    private var groups: [[Float]] = []

    public init() {}

    /// Bytes that it holds, with the sketch that is compared and the one that is made.
    public static func bytes(groups: Int, projection: Int) -> Int { (groups + 2) * projection * 4 }

    /// Adds a group.
    /// - Precondition: at least one sketch, all of one size and of length 1.
    public mutating func addGroup(_ sketches: [[Float]]) {
        precondition(!sketches.isEmpty)
        var mean = [Double](repeating: 0, count: sketches[0].count)
        for sketch in sketches { for index in sketch.indices { mean[index] += Double(sketch[index]) } }
        groups.append(mean.map { Float($0 / Double(sketches.count)) })
    }

    /// The mean cosine of a row's sketch, of length 1, with the rows of each group, in the groups' order.
    public func cosines(of sketch: [Float]) -> [Double] { groups.map { SketchMath.product($0, sketch) } }
}
