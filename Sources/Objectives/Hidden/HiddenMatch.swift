// How far a student's hidden states are from a teacher's, block by block.

import Foundation
import Kernels
public import Models
public import Tensors

/// A block of the student, and the block of the teacher after which the hidden states should be alike.
public struct BlockPair: Sendable, Hashable {
    public let student: Int
    public let teacher: Int

    public init(student: Int, teacher: Int) {
        self.student = student
        self.teacher = teacher
    }

    /// Blocks of both at the same shares of the depth, up to the last of each: `count`, or as many as the student has.
    public static func evenly(_ count: Int, student: Int, teacher: Int) -> [BlockPair] {
        let count = min(count, student)
        return (0..<count).map { number in
            func block(of blocks: Int) -> Int { max((number + 1) * blocks / count, 1) - 1 }
            return BlockPair(student: block(of: student), teacher: block(of: teacher))
        }
    }
}

/// The mean square of what a learnt map of the student's hidden states misses of the teacher's, in units of how much these vary: 0 where
/// they follow wholly, about 1 where they do not follow at all. The mean over the teacher's width and over the pairs of blocks.
///
/// Before the first step the maps have to be learnt, once. Until then they are maps to nothing, which take the same time and memory.
public final class HiddenMatch: @unchecked Sendable {
    /// A pair of blocks with its map.
    private struct Layer {
        let pair: BlockPair
        var projection: HiddenProjection

        /// Its rows in two passes, which were asked for its blocks.
        func rows(_ student: HeadRows, _ teacher: TeacherRows) -> (student: ResidualRows, teacher: ResidualRows) {
            guard let own = student.residuals.first(where: { $0.block == pair.student }),
                let other = teacher.residuals.first(where: { $0.block == pair.teacher })
            else { preconditionFailure("the passes were not asked for these blocks") }
            return (own, other)
        }
    }

    private let teacher: OnlineTeacher
    private var layers: [Layer]

    /// - Parameter student: whose residual stream is held against the teacher's.
    public init(_ pairs: [BlockPair], student: LanguageModel, teacher: OnlineTeacher) {
        precondition(!pairs.isEmpty)
        let blank = HiddenProjection(from: student.configuration.width, to: teacher.width)
        layers = pairs.map { Layer(pair: $0, projection: blank) }
        self.teacher = teacher.handingOver(residualsAfter: Set(pairs.map(\.teacher)).sorted())
    }

    /// Bytes of the maps, and of what they are learnt from.
    public var byteCount: Int {
        layers.reduce(0) { sum, layer in
            let (to, from) = (layer.projection.weight.shape[0], layer.projection.weight.shape[1])
            return sum + 4 * from * to + 8 * from * (2 * from + 2 * to)
        }
    }

    /// Learns the maps from what both say of `batches`, the student being as it is now.
    /// - Throws: `ModelError` for a token that one of them does not have.
    public func learn(from batches: some Sequence<TokenBatch>, student: LanguageModel, workspace: Workspace) throws {
        var sums = layers.map { _ in ProjectionSums(from: student.configuration.width, to: teacher.width) }
        for batch in batches {
            let pass = try student.pass(batch, workspace: workspace)
            try teacher.withRows(pass) { rows in
                try pass.run(residualsAfter: studentBlocks) { own in
                    for (index, layer) in layers.enumerated() {
                        let (student, teacher) = layer.rows(own, rows)
                        sums[index].add(student.states, teacher.states)
                    }
                }
            }
        }
        for index in layers.indices where sums[index].rows > 0 {
            layers[index].projection = sums[index].projection()
        }
    }

    /// The blocks of the student after which a pass is looked at, each once.
    var studentBlocks: [Int] { Set(layers.map(\.pair.student)).sorted() }
    /// The teacher, which hands over what is looked at.
    var source: OnlineTeacher { teacher }

    /// What is missed in each row; its gradient, times `weight`, is added to those of the student's residual rows.
    ///
    /// - Parameter weight: what a row's counts in the gradient; nil where nothing goes back.
    func losses(_ student: HeadRows, _ teacher: TeacherRows, weight: Double?) -> [Double] {
        var losses = [Double](repeating: 0, count: student.rows.count)
        for layer in layers {
            let (own, other) = layer.rows(student, teacher)
            student.withWorkspace { workspace in
                add(layer.projection, own, other, to: &losses, weight: weight, workspace)
            }
        }
        return losses
    }

    private func add(
        _ projection: HiddenProjection, _ student: ResidualRows, _ teacher: ResidualRows, to losses: inout [Double],
        weight: Double?, _ workspace: Workspace
    ) {
        let weights = RowLayout(projection.weight), rows = losses.count
        let forward = PanelSource(weights, .transposed, type: .f32, in: workspace)
        let missed = workspace.matrix(rows: rows, columns: projection.width)
        let back = weight.map { _ in PanelSource(weights, .plain, type: .f32, in: workspace) }
        guard !workspace.measures, rows > 0 else { return }
        let share = 1 / Double(projection.width * layers.count)
        Products.sum([Term(student.states, Panels.pack([forward])[0])], into: missed)
        let (errors, targets) = (missed.floats, teacher.states.floats)
        for row in 0..<rows {
            var sum = 0.0
            for column in 0..<projection.width {
                let place = row * projection.width + column
                let error = errors[place] + projection.bias[column] - targets[place] * projection.inverseSpread[column]
                sum += Double(error) * Double(error)
                errors[place] = error
            }
            losses[row] += sum * share
        }
        guard let weight, let back, let gradient = student.gradient else { return }
        Products.sum(
            [Term(missed, Panels.pack([back])[0])], into: gradient, alpha: Float(2 * share * weight), base: gradient)
    }
}
