// Divergences by themselves: against TRL on rows of logits, and their slopes against differences in double.

import Foundation
import JSON
import Kernels
import Objectives
import TestSupport
import Tensors
import Testing

@Suite struct DivergenceTests {
    /// Rows of logits, with TRL's losses and gradients.
    private struct Golden {
        let rows: Int
        let vocabulary: Int
        let student: [Double]
        let teacher: [Double]
        let cases: [JSONValue]

        init() throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Fixtures/divergences.json")
            let json = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
            func numbers(_ key: String) -> [Double] { (json[key]?.array ?? []).compactMap(\.double) }
            (rows, vocabulary) = try (#require(json["rows"]?.integer), #require(json["vocabulary"]?.integer))
            (student, teacher) = (numbers("student"), numbers("teacher"))
            cases = try #require(json["cases"]?.array)
            #expect(student.count == rows * vocabulary && teacher.count == student.count && cases.count == 10)
        }

        func row(_ logits: [Double], _ row: Int) -> [Double] {
            Array(logits[row * vocabulary..<(row + 1) * vocabulary])
        }
    }

    private static func logSoftmax(_ logits: [Double]) -> [Double] {
        let most = logits.max() ?? 0
        let sum = log(logits.reduce(0) { $0 + exp($1 - most) }) + most
        return logits.map { $0 - sum }
    }

    /// A row's loss and its gradient by the student's logits.
    private static func loss(
        _ divergence: Divergence, student: [Double], teacher: [Double], temperature: Double = 1
    ) -> (loss: Double, gradient: [Double]) {
        let logs = logSoftmax(student.map { $0 / temperature }), others = logSoftmax(teacher.map { $0 / temperature })
        let outcomes = zip(logs, others).map { divergence.outcome(student: $0, teacher: $1) }
        let total = outcomes.reduce(0) { $0 + $1.slope }
        return (
            outcomes.reduce(0) { $0 + $1.loss },
            zip(logs, outcomes).map { ($1.slope - exp($0) * total) / temperature }
        )
    }

    /// Row by row, in double.
    @Test func outcomesAreThoseOfTRL() throws {
        let golden = try Golden()
        for one in golden.cases {
            let beta = try #require(one["beta"]?.double), temperature = try #require(one["temperature"]?.double)
            let losses = (one["losses"]?.array ?? []).compactMap(\.double)
            let gradient = (one["gradient"]?.array ?? []).compactMap(\.double)
            for row in 0..<golden.rows {
                let found = Self.loss(
                    .jensenShannon(beta: beta), student: golden.row(golden.student, row),
                    teacher: golden.row(golden.teacher, row), temperature: temperature)
                #expect(abs(found.loss - losses[row]) < 1e-9, "β \(beta), T \(temperature), row \(row)")
                #expect(maximumDifference(found.gradient, golden.row(gradient, row)) < 1e-9)
            }
        }
    }

    /// Over whole rows of a vocabulary, as training computes them, with a head that hands its rows on.
    @Test func wholeRowsAreThoseOfTRL() throws {
        let golden = try Golden()
        let (rows, width) = (golden.rows, golden.vocabulary)
        let workspace = Workspace()
        func matrix(_ values: [Double], _ rows: Int) -> Matrix {
            let matrix = workspace.matrix(rows: rows, columns: width)
            for (index, value) in values.enumerated() { matrix.floats[index] = Float(value) }
            return matrix
        }
        let identity = matrix((0..<width * width).map { $0 % (width + 1) == 0 ? 1 : 0 }, width)
        let student = DistillationRows.Predictions(matrix(golden.student, rows), head: LogitHead(RowLayout(identity)))
        let teacher = DistillationRows.Predictions(matrix(golden.teacher, rows), head: LogitHead(RowLayout(identity)))
        let gradient = matrix([], rows)
        for one in golden.cases {
            let beta = try #require(one["beta"]?.double), temperature = try #require(one["temperature"]?.double)
            var losses = [Double](repeating: 0, count: rows), labels = losses
            losses.withUnsafeMutableBufferPointer { losses in
                labels.withUnsafeMutableBufferPointer {
                    DistillationRows.run(
                        student: student, teacher: teacher,
                        Divergence.jensenShannon(beta: beta).formula(temperature: temperature),
                        targets: [0, 3, 5, 10], losses: .init(divergences: losses, crossEntropies: $0),
                        weights: .init(divergence: 1, crossEntropy: 0), into: gradient, workspace: workspace)
                }
            }
            let expected = (one["losses"]?.array ?? []).compactMap(\.double)
            #expect(maximumDifference(losses, expected) < 1e-5, "β \(beta), T \(temperature)")
            let expectedGradient = (one["gradient"]?.array ?? []).compactMap(\.double)
            #expect(maximumDifference(gradient.floats.map(Double.init), expectedGradient) < 1e-5)
            for (row, label) in [0, 3, 5, 10].enumerated() {
                let expected = -Self.logSoftmax(golden.row(golden.student, row))[label]
                #expect(abs(labels[row] - expected) < 1e-5)
            }
        }
    }

    @Test(arguments: [
        Divergence.forwardKL, .reverseKL, .jensenShannon(beta: 0.3), .skewedKL(alpha: 0.1), .skewedKL(alpha: 0),
    ]) func gradientsAreDifferences(_ divergence: Divergence) {
        let student = [0.3, -1.2, 2.5, 0.1, -6.0], teacher = [1.3, 0.4, -2.0, 0.2, 3.0]
        let found = Self.loss(divergence, student: student, teacher: teacher, temperature: 1.5)
        #expect(found.loss > 0.1 && abs(found.gradient.reduce(0, +)) < 1e-12)
        for index in student.indices {
            func loss(_ step: Double) -> Double {
                var moved = student
                moved[index] += step
                return Self.loss(divergence, student: moved, teacher: teacher, temperature: 1.5).loss
            }
            #expect(abs((loss(1e-5) - loss(-1e-5)) / 2e-5 - found.gradient[index]) < 1e-9)
        }
    }

    /// Each is zero between equals, and what its name says.
    @Test func divergencesAreWhatTheyAreCalled() {
        let student = [0.3, -1.2, 2.5], teacher = [1.3, 0.4, -2.0]
        let (s, t) = (Self.logSoftmax(student), Self.logSoftmax(teacher))
        func kl(_ p: [Double], _ q: [Double]) -> Double { zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) } }
        func mixed(_ share: Double) -> [Double] { zip(s, t).map { log(share * exp($1) + (1 - share) * exp($0)) } }
        let expected: [(Divergence, Double)] = [
            (.forwardKL, kl(t, s)), (.reverseKL, kl(s, t)), (.skewedKL(alpha: 0.1), kl(t, mixed(0.1))),
            (.jensenShannon(beta: 0.3), 0.3 * kl(t, mixed(0.3)) + 0.7 * kl(s, mixed(0.3))),
        ]
        for (divergence, value) in expected {
            #expect(abs(Self.loss(divergence, student: student, teacher: teacher).loss - value) < 1e-12)
            #expect(abs(Self.loss(divergence, student: teacher, teacher: teacher).loss) < 1e-12)
        }
        #expect(Divergence.jensenShannon(beta: 0) == .forwardKL && Divergence.jensenShannon(beta: 1) == .reverseKL)
    }
}
