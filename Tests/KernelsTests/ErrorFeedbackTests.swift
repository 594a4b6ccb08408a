// Rounding with feedback: what layers give changes less, whatever the blocks, and where inputs have nothing in common, nothing changes.

import CKernels
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct ErrorFeedbackTests {
    private static let formats: [(type: DType, format: lathe_format)] = [
        (.q4_0, LATHE_Q4_0), (.q4_1, LATHE_Q4_1), (.q5_0, LATHE_Q5_0), (.q5_1, LATHE_Q5_1), (.q8_0, LATHE_Q8_0),
        (.q2_K, LATHE_Q2_K), (.q3_K, LATHE_Q3_K), (.q4_K, LATHE_Q4_K), (.q5_K, LATHE_Q5_K), (.q6_K, LATHE_Q6_K),
        (.iq4_NL, LATHE_IQ4_NL), (.iq4_XS, LATHE_IQ4_XS),
    ]
    private static let types = formats.map(\.type)
    private static let (rows, width) = (40, 512)
    private let workspace = Workspace()

    private func matrix(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Float) -> Matrix {
        let matrix = workspace.matrix(rows: rows, columns: columns)
        for row in 0..<rows { for column in 0..<columns { matrix.floats[row * columns + column] = value(row, column) } }
        return matrix
    }

    private static func noise(_ stream: UInt32, _ index: Int) -> Float {
        Float(RandomStream(seed: 3, purpose: .probe).uniform(stream: stream, index: UInt64(index)) - 0.5)
    }

    private func weights() -> Matrix {
        matrix(Self.rows, Self.width) { 0.1 * Self.noise(1, $0 * Self.width + $1) * (1 + 4 * abs(Self.noise(2, $1))) }
    }

    /// Inputs of which neighbours have much in common, as activations have.
    private func inputs(_ count: Int) -> Matrix {
        matrix(count, Self.width) { row, column in
            let common = Self.noise(4, row * 8 + column % 8) + 0.5 * Self.noise(5, row * 64 + column % 64)
            return (common + 0.3 * Self.noise(6, row * Self.width + column)) * (0.5 + abs(Self.noise(7, column)))
        }
    }

    private func products(of x: Matrix) -> Matrix {
        let sums = matrix(x.columns, x.columns) { _, _ in 0 }
        SecondMoments.addProducts(of: x, to: sums)
        return sums
    }

    private func numbers(_ bytes: [UInt8], _ type: DType) -> [Float] {
        var floats = [Float](repeating: 0, count: Self.rows * Self.width)
        bytes.withUnsafeBytes { bytes in
            floats.withUnsafeMutableBufferPointer { Widening.dequantise(bytes, type, into: $0) }
        }
        return floats
    }

    private func fedBack(_ products: Matrix, _ type: DType, _ importance: [Float]) throws -> [UInt8] {
        let rule = try #require(ErrorFeedback(products, using: matrix(Self.width, Self.width) { _, _ in 0 }))
        var bytes = [UInt8](repeating: 0, count: try #require(type.byteCount(elements: Self.rows * Self.width)))
        let failure = bytes.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map {
                rule.round(weights(), as: type, importance: importance, into: $0, workspace: Workspace())
            }
        }
        #expect(failure == .some(nil))
        return bytes
    }

    private func nearest(_ type: DType, _ importance: [Float]) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: try #require(type.byteCount(elements: Self.rows * Self.width)))
        let weights = weights()
        let format = try #require(Self.formats.first { $0.type == type }).format
        let numbers = UnsafeBufferPointer(weights.floats)
        #expect(
            lathe_quantise_weights(format, numbers.baseAddress, Self.rows, Self.width, importance, &bytes) == -1)
        return bytes
    }

    /// Σ ((W − rounded)·x)² over `x`.
    private func outputError(_ rounded: [Float], _ x: Matrix) -> Double {
        let weights = weights()
        let difference = matrix(Self.rows, Self.width) { row, column in
            weights.floats[row * Self.width + column] - rounded[row * Self.width + column]
        }
        let outputs = workspace.matrix(rows: x.rows, columns: Self.rows)
        Products.timesTransposed(x, difference, into: outputs)
        return Elements.sumOfSquares(UnsafeBufferPointer(outputs.floats))
    }

    @Test(arguments: types) func outputsChangeLess(_ type: DType) throws {
        let x = inputs(2000), importance = importance(of: x)
        let plain = outputError(numbers(try nearest(type, importance), type), x)
        let better = outputError(numbers(try fedBack(products(of: x), type, importance), type), x)
        #expect(better < 0.5 * plain, "\(better), \(plain)")
        // And on inputs that it has not seen.
        let others = matrix(300, Self.width) { x.floats[(1700 + $0) * Self.width + $1] }
        let unseen = matrix(1700, Self.width) { x.floats[$0 * Self.width + $1] }
        let known = numbers(try fedBack(products(of: unseen), type, importance), type)
        #expect(outputError(known, others) < 0.8 * outputError(numbers(try nearest(type, importance), type), others))
    }

    private func importance(of x: Matrix) -> [Float] {
        (0..<Self.width).map { column in
            (0..<x.rows).reduce(0) { $0 + x.floats[$1 * Self.width + column] * x.floats[$1 * Self.width + column] }
        }
    }

    /// Without anything in common no column makes up for another: no more is lost in all than by rounding to the nearest, but for
    /// scales that are chosen block by block.
    @Test(arguments: [DType.q8_0, .q4_0, .q5_1]) func inputsWithNothingInCommonGiveTheNearest(_ type: DType) throws {
        let alone = matrix(Self.width, Self.width) { $0 == $1 ? 7 : 0 }
        let weights = weights()
        func error(_ bytes: [UInt8]) -> Double {
            zip(numbers(bytes, type), weights.floats).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
        }
        let fed = error(try fedBack(alone, type, Self.even)), plain = error(try nearest(type, Self.even))
        #expect(fed <= 1.05 * plain, "\(fed), \(plain)")
    }

    private static let even = [Float](repeating: 1, count: width)

    @Test func inputsThatWereNeverSeenDoNoHarm() throws {
        let nothing = matrix(Self.width, Self.width) { _, _ in 0 }
        #expect(numbers(try fedBack(nothing, .q4_0, Self.even), .q4_0).allSatisfy(\.isFinite))
        // Fewer rows than columns: H has no inverse of its own.
        let few = inputs(20)
        let fed = numbers(try fedBack(products(of: few), .q4_0, Self.even), .q4_0)
        #expect(outputError(fed, few) < outputError(numbers(try nearest(.q4_0, Self.even), .q4_0), few))
    }

    @Test func sumsThatAreNotFiniteAreRefused() {
        let broken = matrix(Self.width, Self.width) { $0 == $1 ? ($0 == 3 ? .infinity : 1) : 0 }
        #expect(ErrorFeedback(broken, using: matrix(Self.width, Self.width) { _, _ in 0 }) == nil)
    }

    @Test func threadsDoNotMatter() throws {
        let x = inputs(700)
        #expect(
            try fedBack(products(of: x), .q4_K, Self.even) == fedBack(products(of: x), .q4_K, Self.even))
    }
}
