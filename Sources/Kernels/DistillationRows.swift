import CKernels
import Foundation
public import Tensors

/// The vocabulary projections of a student and of a teacher, and how far their predictions are apart: logits of both live for a chunk
/// of rows, where the student's become their gradient. Never for all `[M, V]`.
///
/// Predictions are those of the tokens that both have: a vocabulary that is padded to a round number agrees with one that is not.
///
/// Legend: M rows that carry loss, C width, V vocabulary.
public enum DistillationRows {
    /// A head, and what it gets.
    public struct Predictions {
        let hidden: Matrix
        let head: LogitHead

        /// - Parameters:
        ///   - hidden: `[M, C]`, in the type of products.
        ///   - head: of V tokens.
        public init(_ hidden: Matrix, head: LogitHead) {
            precondition(hidden.columns == head.columns && head.rows > 0)
            self.hidden = hidden
            self.head = head
        }
    }

    /// x · KL(teacher ‖ mixture) + y · KL(student ‖ mixture), the mixture being w · teacher + (1 − w) · student.
    public struct Formula: Sendable {
        let teacherShare: Float
        let teacherWeight: Float
        let studentWeight: Float
        /// What the logits of both are multiplied by: 1 / the temperature.
        let scale: Float

        public init(teacherShare: Double, teacherWeight: Double, studentWeight: Double, temperature: Double) {
            self.teacherShare = Float(teacherShare)
            self.teacherWeight = Float(teacherWeight)
            self.studentWeight = Float(studentWeight)
            scale = Float(1 / temperature)
        }
    }

    /// What a row's losses count in the gradient.
    public struct Weights: Sendable {
        let divergence: Float
        let crossEntropy: Float

        public init(divergence: Double, crossEntropy: Double) {
            self.divergence = Float(divergence)
            self.crossEntropy = Float(crossEntropy)
        }
    }

    /// Where the losses of the rows go: numbers for all of them.
    public struct Losses {
        let divergences: UnsafeMutableBufferPointer<Double>
        /// −log softmax(logits)[target] of the student, at temperature 1.
        let crossEntropies: UnsafeMutableBufferPointer<Double>

        public init(
            divergences: UnsafeMutableBufferPointer<Double>, crossEntropies: UnsafeMutableBufferPointer<Double>
        ) {
            self.divergences = divergences
            self.crossEntropies = crossEntropies
        }
    }

    /// Rows in one chunk: its bytes are those of `TokenOutcomes`.
    static func chunkRows(_ student: LogitHead, _ teacher: LogitHead) -> Int {
        let numbers = student.rows * (student.softcap == nil ? 1 : 2) + min(student.rows, teacher.rows)
        let rows = TokenOutcomes.chunkBytes / (4 * max(numbers, 1))
        return max(RowBlock.height, rows / RowBlock.height * RowBlock.height)
    }

    /// Bytes taken from the workspace by what is handed to `run`.
    public static func workspaceBytes(student: Predictions, teacher: Predictions) -> Int {
        let vocabulary = student.head.rows, common = min(vocabulary, teacher.head.rows)
        let chunk = min(student.hidden.rows, chunkRows(student.head, teacher.head))
        let tile = min(vocabulary, TokenOutcomes.tileWidth)
        let panels = [student.hidden, teacher.hidden].flatMap {
            [
                Panels.byteCount(depth: $0.columns, columns: tile, type: $0.type),
                Panels.byteCount(depth: tile, columns: $0.columns, type: $0.type),
            ]
        }
        let (gradient, type, width) = (student.head.gradient, student.hidden.type, student.hidden.columns)
        let sums =
            gradient.isEmpty
            ? 0
            : HeadSums.workspaceBytes(gradient, rows: chunk, width: width, tile: tile, type: type)
                + Workspace.byteCount(rows: chunk, columns: tile + 1, type: type)
        return sums + Workspace.byteCount(rows: chunk, columns: vocabulary) * (student.head.softcap == nil ? 1 : 2)
            + Workspace.byteCount(rows: chunk, columns: common) + (panels.max() ?? 0)
            + RowScratch.byteCount(columns: tile + 1, type: .f32)
    }

    /// The losses of all rows and, with `weights`, the gradient of Σ weights · losses at the student's `hidden`.
    ///
    /// - Parameters:
    ///   - targets: the label of each row.
    ///   - dHidden: `[M, C]` fp32, for the gradient; not touched without weights.
    public static func run(
        student: Predictions, teacher: Predictions, _ formula: Formula, targets: [Int32], losses: Losses,
        weights: Weights?, into dHidden: Matrix?, workspace: Workspace
    ) {
        let count = student.hidden.rows
        precondition(teacher.hidden.rows == count && targets.count == count)
        precondition(losses.divergences.count == count && losses.crossEntropies.count == count)
        precondition(targets.allSatisfy { $0 >= 0 && Int($0) < student.head.rows })
        let height = chunkRows(student.head, teacher.head)
        for start in stride(from: 0, to: count, by: height) {
            let rows = start..<min(start + height, count)
            workspace.scoped {
                let chunk = DistillationChunk(student, teacher, rows: rows, workspace)
                RowBlock.forEach(of: rows.count) { block in
                    for row in block.rows { chunk.compute(row, formula, targets[start + row], losses, weights) }
                }
                if weights != nil, let dHidden { chunk.backward(into: dHidden.rows(rows), workspace) }
            }
        }
    }
}

/// Logits of some rows, whole: of the student over its vocabulary, of the teacher over what of it the student has.
private struct DistillationChunk {
    /// Of the chunk's first row.
    let first: Int
    let student: DistillationRows.Predictions
    /// `[rows, V]`; the gradient, once a row is computed.
    let logits: Matrix
    let teacherLogits: Matrix
    /// The logits once more, where the slope of a cap is to be taken at them.
    let capped: Matrix?

    init(
        _ student: DistillationRows.Predictions, _ teacher: DistillationRows.Predictions, rows: Range<Int>,
        _ workspace: Workspace
    ) {
        first = rows.lowerBound
        self.student = .init(student.hidden.rows(rows), head: student.head)
        let common = min(student.head.rows, teacher.head.rows)
        logits = workspace.matrix(rows: rows.count, columns: student.head.rows)
        teacherLogits = workspace.matrix(rows: rows.count, columns: common)
        capped =
            student.head.softcap == nil ? nil : workspace.matrix(rows: rows.count, columns: student.head.rows)
        Self.multiply(self.student, into: logits, workspace)
        Self.multiply(.init(teacher.hidden.rows(rows), head: teacher.head), into: teacherLogits, workspace)
    }

    /// The logits of the first tokens of a vocabulary, as many as `logits` has columns.
    private static func multiply(
        _ predictions: DistillationRows.Predictions, into logits: Matrix, _ workspace: Workspace
    ) {
        let hidden = predictions.hidden
        for range in tiles(logits.columns) {
            workspace.scoped {
                let source = PanelSource(
                    predictions.head.weight, rows: range, .transposed, type: hidden.type, in: workspace)
                let panels = Panels.pack([source])[0]
                let scratch = RowScratch(columns: range.count, type: .f32, in: workspace)
                RowBlock.forEach(of: hidden.rows) { block in
                    let part = scratch[block]
                    predictions.head.multiply(hidden.rows(block.rows), panels, tokens: range, into: part)
                    for (index, row) in block.rows.enumerated() {
                        memcpy(
                            logits.element(row * logits.columns + range.lowerBound), part.row(index),
                            range.count * ElementType.f32.byteCount)
                    }
                }
            }
        }
    }

    private static func tiles(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: TokenOutcomes.tileWidth).map {
            $0..<min($0 + TokenOutcomes.tileWidth, count)
        }
    }

    /// The losses of a row; with weights, its gradient takes the place of its logits.
    func compute(
        _ row: Int, _ formula: DistillationRows.Formula, _ target: Int32, _ losses: DistillationRows.Losses,
        _ weights: DistillationRows.Weights?
    ) {
        let own = logits.rows(row..<row + 1).floats, other = teacherLogits.rows(row..<row + 1).floats
        var numbers = lathe_distillation_row()
        (numbers.student, numbers.teacher) = (own.baseAddress, UnsafePointer(other.baseAddress))
        (numbers.count, numbers.scale) = (other.count, formula.scale)
        let studentSum = lathe_log_sum(own.baseAddress, other.count, formula.scale, &numbers.student_largest)
        numbers.student_log_sum = Float(studentSum)
        numbers.teacher_log_sum = Float(
            lathe_log_sum(other.baseAddress, other.count, formula.scale, &numbers.teacher_largest))
        // The label's softmax is the divergence's where that is of the same logits.
        var labelSum = studentSum
        numbers.label_largest = numbers.student_largest
        if formula.scale != 1 || other.count < own.count {
            labelSum = lathe_log_sum(own.baseAddress, own.count, 1, &numbers.label_largest)
        }
        numbers.label_log_sum = Float(labelSum)
        numbers.teacher_share = formula.teacherShare
        (numbers.teacher_weight, numbers.student_weight) = (formula.teacherWeight, formula.studentWeight)
        var loss = 0.0, slopes = 0.0
        lathe_distillation_sums(&numbers, &loss, &slopes)
        losses.divergences[first + row] = loss
        losses.crossEntropies[first + row] =
            labelSum - (Double(own[Int(target)]) - Double(numbers.label_largest))
        guard let weights else { return }
        if let capped { Conversion.convert(logits.rows(row..<row + 1), into: capped.rows(row..<row + 1)) }
        lathe_distillation_gradient(
            &numbers, Float(slopes), weights.divergence * formula.scale, weights.crossEntropy)
        // What only the student has counts for the label alone.
        for index in other.count..<own.count {
            let log = own[index] - numbers.label_largest - numbers.label_log_sum
            own[index] = weights.crossEntropy == 0 ? 0 : weights.crossEntropy * exp(log)
        }
        own[Int(target)] -= weights.crossEntropy
        if let capped {
            student.head.multiplyBySlopes(
                logits.row(row), .f32, capped.rows(row..<row + 1).floatPointer, factor: 1, count: own.count)
        }
    }

    func backward(into dHidden: Matrix, _ workspace: Workspace) {
        let type = student.hidden.type
        let sums =
            student.head.gradient.isEmpty ? nil : HeadSums(student.head, student.hidden, factor: 1, workspace)
        for (tile, range) in Self.tiles(logits.columns).enumerated() {
            workspace.scoped {
                let source = PanelSource(student.head.weight, rows: range, .plain, type: type, in: workspace)
                let panels = Panels.pack([source])[0]
                let scratch = RowScratch(columns: panels.depth, type: type, in: workspace)
                // Where the head is trained, its gradient asks for all rows of a tile.
                let whole =
                    sums == nil ? nil : workspace.matrix(rows: logits.rows, columns: panels.depth, type: type)
                RowBlock.forEach(of: logits.rows) { block in
                    let part = whole?.rows(block.rows) ?? scratch[block]
                    for (index, row) in block.rows.enumerated() {
                        // Odd tiles of bf16 are multiplied in pairs: the last number has no partner.
                        memset(part.row(index), 0, part.columns * type.byteCount)
                        lathe_convert(
                            logits.element(row * logits.columns + range.lowerBound), LATHE_F32, part.row(index), type.c,
                            range.count)
                    }
                    let sum = dHidden.rows(block.rows)
                    Products.sum(
                        [Term(part, panels)], into: sum, alpha: student.head.alpha(1), base: tile == 0 ? nil : sum)
                }
                if let whole { sums?.take(whole, tokens: range) }
            }
        }
        sums?.finish()
    }
}
