import CKernels
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// Losses at the head that look at several tokens, or at all of them, against plain loops in double.
@Suite struct TokenOutcomesTests {
    /// Within one tile, and of several with an odd rest.
    static let vocabularies = [11, 3101]

    /// What becomes of products: nothing, and each thing that a head may have.
    struct Form: Sendable, CustomTestStringConvertible {
        var temperature = 1.0
        var scale = 1.0
        var softcap: Double?
        var hasBias = false

        var testDescription: String { "T \(temperature), scale \(scale), cap \(softcap ?? 0), bias \(hasBias)" }

        static let all = [
            Form(), Form(temperature: 2), Form(scale: 0.25), Form(softcap: 1.5), Form(hasBias: true),
            Form(temperature: 2, scale: 0.5, softcap: 0.75, hasBias: true),
        ]

        func head(_ weight: TestMatrix, _ bias: TestMatrix) -> LogitHead {
            LogitHead(
                RowLayout(weight.matrix), scale: Float(scale), softcap: softcap.map { Float($0) },
                bias: hasBias ? bias.matrix : nil)
        }

        func logit(_ product: Double, _ bias: Double) -> Double {
            let sum = scale * product + (hasBias ? bias : 0)
            return softcap.map { $0 * tanh(sum / $0) } ?? sum
        }
    }

    private static func logSoftmax(
        _ hidden: [Double], _ head: [Double], _ bias: [Double], _ form: Form, temperature: Double? = nil
    ) -> [Double] {
        let width = hidden.count
        let logits = (0..<head.count / width).map { token in
            form.logit((0..<width).reduce(0.0) { $0 + hidden[$1] * head[token * width + $1] }, bias[token])
                / (temperature ?? form.temperature)
        }
        let most = logits.max() ?? 0, sum = log(logits.reduce(0) { $0 + exp($1 - most) }) + most
        return logits.map { $0 - sum }
    }

    /// d loss / d `hidden` by central differences.
    private static func differences(_ hidden: [Double], _ loss: ([Double]) -> Double) -> [Double] {
        hidden.indices.map { index in
            var (up, down) = (hidden, hidden)
            (up[index], down[index]) = (hidden[index] + 1e-5, hidden[index] - 1e-5)
            return (loss(up) - loss(down)) / 2e-5
        }
    }

    /// A loss that is not linear in any outcome: Σ c·(log p)² over the tokens by name and all others.
    @Test(arguments: vocabularies, Form.all) func namedTokensAndTheRest(vocabulary: Int, form: Form) {
        let (rows, width) = (5, 7)
        let hidden = TestMatrix(random: rows, width, seed: 1, size: 3)
        let head = TestMatrix(random: vocabulary, width, seed: 2)
        let bias = TestMatrix(random: 1, vocabulary, seed: 4), (numbersOfHead, biases) = (head.doubles, bias.doubles)
        let last = Int32(vocabulary - 1)
        var tokens = SparseRows()
        // One of no token, one whose order is not kept, one of nearly all of a tile.
        for columns in [[0], [], [last, 3, 7], [1, 2], (0..<min(1536, last)).map { Int32($0) }] as [[Int32]] {
            tokens.append(columns.map { ($0, 0) })
        }
        #expect(tokens.columns(2) == [3, 7, last])
        func loss(_ row: Int, _ hidden: [Double]) -> Double {
            let logs = Self.logSoftmax(hidden, numbersOfHead, biases, form)
            let named = Set(tokens.columns(row).map(Int.init))
            let rest = log(logs.indices.reduce(0) { named.contains($1) ? $0 : $0 + exp(logs[$1]) })
            return named.reduce(0.1 * rest * rest) { $0 + 0.2 * logs[$1] * logs[$1] }
        }
        let gradient = TestMatrix(random: rows, width, seed: 3), before = gradient.doubles
        let workspace = Workspace()
        var losses = [Double](repeating: 0, count: rows)
        TokenOutcomes.run(
            hidden.matrix, head: form.head(head, bias), tokens: tokens, scale: Float(1 / form.temperature),
            gradient: .init(gradient.matrix, isAdded: true), workspace: workspace
        ) { row in
            let rest = row.restLogProbability
            losses[row.index] = row.logProbabilities.reduce(0.1 * rest * rest) { $0 + 0.2 * $1 * $1 }
            for place in row.slopes.indices { row.slopes[place] = 0.4 * row.logProbabilities[place] }
            return 0.2 * rest
        }
        let numbers = hidden.doubles
        for row in 0..<rows {
            let part = row * width..<(row + 1) * width, own = Array(numbers[part])
            #expect(abs(losses[row] - loss(row, own)) < 2e-6 * max(1, losses[row]), "row \(row)")
            let expected = Self.differences(own) { loss(row, $0) }
            let found = zip(gradient.doubles[part], before[part]).map { $0 - $1 }
            #expect(maximumDifference(found, expected) < 5e-6 * max(1, expected.map(abs).max() ?? 0), "row \(row)")
        }
        #expect(workspace.bytesInUse == 0)
    }

    /// A token that is all but certain keeps the digits of its loss and of its gradient.
    @Test func nearlyCertainTokensKeepTheirDigits() {
        let hidden = TestMatrix([1], 1, 1), head = TestMatrix([30, 0, 1, -2], 4, 1)
        let gradient = TestMatrix(1, 1), workspace = Workspace()
        var found = CrossEntropy(rows: 1, weights: [1])
        TokenOutcomes.run(
            hidden.matrix, head: LogitHead(RowLayout(head.matrix)), tokens: SparseRows([0]),
            gradient: .init(gradient.matrix), workspace: workspace
        ) { found.rule($0) }
        let others = exp(-30.0) + exp(-29.0) + exp(-32.0)
        #expect(abs(Double(found.losses[0]) / log1p(others) - 1) < 1e-6)
        let expected = -30 * others + exp(-29.0) - 2 * exp(-32.0)
        #expect(abs(gradient.doubles[0] / expected - 1) < 1e-5)
    }

    /// Of tokens that are equally likely the first is the first choice, in its tile and in others.
    @Test func theFirstOfEqualsIsTheFirstChoice() {
        let vocabulary = 3101, equals: [Int32] = [2, 5, 1600, 1602, 3100]
        var numbers = [Float](repeating: 0, count: vocabulary)
        for token in equals { numbers[Int(token)] = 1 }
        let head = TestMatrix(numbers, vocabulary, 1)
        func choices(_ targets: [Int32]) -> [Bool] {
            let hidden = TestMatrix(Array(repeating: 1, count: targets.count), targets.count, 1)
            var found = CrossEntropy(rows: targets.count)
            TokenOutcomes.run(
                hidden.matrix, head: LogitHead(RowLayout(head.matrix)), tokens: SparseRows(targets), gradient: nil,
                workspace: Workspace()
            ) { found.rule($0) }
            return found.isFirstChoice
        }
        #expect(choices(equals + [3]) == [true, false, false, false, false, false])
        for token in [2, 5] { head.matrix.floats[token] = 0 }
        #expect(choices(equals) == [false, false, true, false, false])
    }

    /// Where every token is looked at by name there are no others.
    @Test func allTokensByName() {
        let hidden = TestMatrix(random: 2, 3, seed: 1), head = TestMatrix(random: 6, 3, seed: 2)
        var tokens = SparseRows(), rests: [Double] = [], sums: [Double] = []
        for _ in 0..<2 { tokens.append((0..<6).map { (Int32($0), 1) }) }
        TokenOutcomes.run(
            hidden.matrix, head: LogitHead(RowLayout(head.matrix)), tokens: tokens, gradient: nil,
            workspace: Workspace()
        ) { row in
            rests.append(row.restLogProbability)
            sums.append(row.logProbabilities.reduce(0) { $0 + exp($1) })
            return 0
        }
        #expect(rests == [-.infinity, -.infinity] && sums.allSatisfy { abs($0 - 1) < 1e-12 })
    }

    /// The teacher's vocabulary may be the longer or the shorter one; the label may be a token that only the student has.
    @Test(arguments: [(11, 9), (9, 11), (3101, 3100), (3100, 3101)], [ElementType.f32, .bf16])
    func wholeRowsOfTwoVocabularies(_ vocabularies: (student: Int, teacher: Int), _ type: ElementType) {
        compare(vocabularies, type, Form(temperature: 2), Form(temperature: 2))
    }

    /// Heads that scale, shift and cap: the student's in every way, the teacher's in another.
    @Test(arguments: Form.all) func wholeRowsOfOtherHeads(_ form: Form) {
        var (student, teacher) = (form, Form(scale: 0.5, softcap: 2, hasBias: true))
        (student.temperature, teacher.temperature) = (2, 2)
        compare((11, 9), .f32, student, teacher)
        compare((3100, 3101), .f32, student, teacher)
    }

    private func compare(
        _ vocabularies: (student: Int, teacher: Int), _ type: ElementType, _ form: Form, _ otherForm: Form
    ) {
        let (rows, width, teacherWidth) = (4, 6, 8), common = min(vocabularies.student, vocabularies.teacher)
        let hidden = TestMatrix(random: rows, width, type: type, seed: 1, size: 2)
        let head = TestMatrix(random: vocabularies.student, width, type: type, seed: 2)
        let other = TestMatrix(random: rows, teacherWidth, type: type, seed: 3, size: 2)
        let otherHead = TestMatrix(random: vocabularies.teacher, teacherWidth, type: type, seed: 4)
        let targets: [Int32] = [0, Int32(vocabularies.student - 1), 5, 2]
        let bias = TestMatrix(random: 1, vocabularies.student, seed: 5)
        let otherBias = TestMatrix(random: 1, vocabularies.teacher, seed: 6)
        let (heads, others) = (head.doubles, otherHead.doubles)
        let (biases, otherBiases, share) = (bias.doubles, otherBias.doubles, 0.25)
        func losses(_ row: Int, _ hidden: [Double]) -> (divergence: Double, label: Double) {
            let own = Self.logSoftmax(hidden, Array(heads[..<(common * width)]), biases, form)
            let theirs = Self.logSoftmax(
                Array(other.doubles[row * teacherWidth..<(row + 1) * teacherWidth]),
                Array(others[..<(common * teacherWidth)]), otherBiases, otherForm)
            // Jensen–Shannon with equal shares.
            let divergence = zip(own, theirs).reduce(0.0) {
                let mixture = log((exp($1.0) + exp($1.1)) / 2)
                return $0 + (exp($1.1) * ($1.1 - mixture) + exp($1.0) * ($1.0 - mixture)) / 2
            }
            return (divergence, -Self.logSoftmax(hidden, heads, biases, form, temperature: 1)[Int(targets[row])])
        }
        let gradient = TestMatrix(rows, width), workspace = Workspace()
        var divergences = [Double](repeating: 0, count: rows), labels = divergences
        let student = DistillationRows.Predictions(hidden.matrix, head: form.head(head, bias))
        let teacher = DistillationRows.Predictions(other.matrix, head: otherForm.head(otherHead, otherBias))
        divergences.withUnsafeMutableBufferPointer { divergences in
            labels.withUnsafeMutableBufferPointer {
                DistillationRows.run(
                    student: student, teacher: teacher,
                    .init(teacherShare: 0.5, teacherWeight: 0.5, studentWeight: 0.5, temperature: form.temperature),
                    targets: targets, losses: .init(divergences: divergences, crossEntropies: $0),
                    weights: .init(divergence: 1 - share, crossEntropy: share), into: gradient.matrix,
                    workspace: workspace)
            }
        }
        #expect(workspace.peakBytes <= DistillationRows.workspaceBytes(student: student, teacher: teacher))
        let numbers = hidden.doubles
        let bound = type == .f32 ? 5e-6 : 0.02
        for row in 0..<rows {
            let part = row * width..<(row + 1) * width, own = Array(numbers[part])
            let expected = losses(row, own)
            #expect(abs(divergences[row] - expected.divergence) < 1e-5)
            #expect(abs(labels[row] - expected.label) < 1e-5)
            let slopes = Self.differences(own) {
                let losses = losses(row, $0)
                return (1 - share) * losses.divergence + share * losses.label
            }
            #expect(relativeError(Array(gradient.doubles[part]), slopes) < bound, "row \(row)")
        }
    }
}
