// Numbers to blocks: the bytes of the reference where it has but one answer, and no more error than it leaves elsewhere.

import CKernels
import Foundation
import JSON
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct QuantisationTests {
    static let exact: [DType] = [.q4_0, .q4_1, .q5_0, .q5_1, .q8_0]
    static let searched: [DType] = [.q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL, .iq4_XS]

    /// A case of `scripts/goldens/quantised.py`: rows, what the columns count, and the reference's blocks.
    private struct Case {
        let name: String
        let rows: [Float]
        let columns: Int
        let importance: [Float]?
        let blocks: [DType: [UInt8]]
    }

    private static func cases() throws -> [Case] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/quantised_rows.json")
        let all = try #require(try JSONValue(parsing: Array(Data(contentsOf: file)))["cases"]?.array)
        return try all.map { item in
            func bytes(_ value: JSONValue?) -> [UInt8]? {
                value?.string.flatMap { Data(base64Encoded: $0) }.map(Array.init)
            }
            func floats(_ value: JSONValue?) -> [Float]? {
                bytes(value).map { $0.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
            }
            var blocks: [DType: [UInt8]] = [:]
            for dtype in exact + searched { blocks[dtype] = bytes(item[dtype.rawValue.uppercased()]) }
            return try Case(
                name: #require(item["name"]?.string), rows: #require(floats(item["rows"])),
                columns: #require(item["columns"]?.integer), importance: floats(item["importance"]), blocks: blocks)
        }
    }

    private func quantised(
        _ rows: [Float], _ columns: Int, _ dtype: DType, _ importance: [Float]? = nil
    ) throws -> [UInt8] {
        let matrix = TestMatrix(rows.count / columns, columns)
        for (index, value) in rows.enumerated() { matrix.matrix.floats[index] = value }
        var blocks = [UInt8](repeating: 0xA5, count: try #require(dtype.byteCount(elements: rows.count)))
        let unfit = blocks.withUnsafeMutableBytes {
            Quantisation.quantise(matrix.matrix, dtype, importance: importance, into: $0.baseAddress.unsafelyUnwrapped)
        }
        #expect(unfit == nil)
        return blocks
    }

    private func numbers(_ blocks: [UInt8], _ dtype: DType, _ count: Int) -> [Float] {
        var floats = [Float](repeating: 0, count: count)
        blocks.withUnsafeBytes { bytes in
            floats.withUnsafeMutableBufferPointer { Widening.dequantise(bytes, dtype, into: $0) }
        }
        return floats
    }

    /// Σ w (x − y)², w being what the column counts.
    private func error(_ left: [Float], _ right: [Float], _ columns: Int, _ importance: [Float]?) -> Double {
        left.indices.reduce(0) { sum, index in
            let difference = Double(left[index]) - Double(right[index])
            return sum + difference * difference * Double(importance?[index % columns] ?? 1)
        }
    }

    @Test(arguments: exact) func blocksOf32HaveTheReferencesBytes(_ dtype: DType) throws {
        let cases = try Self.cases().filter { $0.importance == nil }
        #expect(cases.count > 10)
        for item in cases {
            #expect(try quantised(item.rows, item.columns, dtype) == item.blocks[dtype], "\(item.name)")
        }
    }

    /// Over all cases with room for rounding, and never far off in one.
    @Test(arguments: exact + searched, [false, true])
    func noMoreIsLostThanTheReferenceLoses(_ dtype: DType, _ weighs: Bool) throws {
        for item in try Self.cases() where (item.importance != nil) == weighs {
            let own = numbers(try quantised(item.rows, item.columns, dtype, item.importance), dtype, item.rows.count)
            let theirs = numbers(try #require(item.blocks[dtype]), dtype, item.rows.count)
            let limit = error(theirs, item.rows, item.columns, item.importance)
            let size = error([Float](repeating: 0, count: own.count), item.rows, item.columns, item.importance)
            #expect(
                error(own, item.rows, item.columns, item.importance) <= 1.01 * limit + 1e-12 * size,
                "\(item.name) in \(dtype.rawValue)")
        }
    }

    @Test(arguments: exact + searched) func everyInstructionSetGivesTheSameBytes(_ dtype: DType) throws {
        for item in try Self.cases() {
            let all = try WideningTests.sets.map { set in
                lathe_override_isa(Int32(set.rawValue))
                defer { lathe_override_isa(-1) }
                var blocks = [UInt8](repeating: 0, count: try #require(dtype.byteCount(elements: item.rows.count)))
                _ = lathe_quantise_weights(
                    dtype.cFormat, item.rows, item.rows.count / item.columns, item.columns, item.importance, &blocks)
                return blocks
            }
            for blocks in all { #expect(blocks == all[0], "\(item.name)") }
            #expect(try quantised(item.rows, item.columns, dtype, item.importance) == all[0])
        }
    }

    /// A row gives the same bytes alone and among others, on one thread or on many.
    @Test(arguments: exact + searched) func aRowGivesTheSameBytesInAnyCompany(_ dtype: DType) throws {
        let columns = 768, rows = 150
        let values = TestMatrix(random: rows, columns, seed: 9, size: 1).values
        let importance = (0..<columns).map { Float($0 % 13) / 4 }
        let together = try quantised(values, columns, dtype, importance)
        let rowBytes = together.count / rows
        for row in [0, 1, 77, rows - 1] {
            let alone = try quantised(Array(values[row * columns..<(row + 1) * columns]), columns, dtype, importance)
            #expect(alone == Array(together[row * rowBytes..<(row + 1) * rowBytes]))
        }
    }

    /// What columns count decides what is lost where: the heavier half loses less than it would unweighed.
    @Test(arguments: searched + [.q4_0, .q4_1, .q5_0, .q5_1]) func importanceSparesWhatCounts(_ dtype: DType) throws {
        let columns = 512, rows = 16
        let values = TestMatrix(random: rows, columns, seed: 5, size: 1).values
        let importance = (0..<columns).map { $0 % 8 == 3 ? Float(100) : 0.01 }
        let plain = numbers(try quantised(values, columns, dtype), dtype, values.count)
        let weighed = numbers(try quantised(values, columns, dtype, importance), dtype, values.count)
        #expect(error(weighed, values, columns, importance) < 0.9 * error(plain, values, columns, importance))
    }

    /// Columns that count nothing lose no more than all there is, and what counts nowhere is still rounded sensibly.
    @Test(arguments: exact + searched) func importanceMayBeZero(_ dtype: DType) throws {
        let values = TestMatrix(random: 2, 512, seed: 6, size: 1).values
        let back = numbers(
            try quantised(values, 512, dtype, [Float](repeating: 0, count: 512)), dtype, values.count)
        let size = error([Float](repeating: 0, count: values.count), values, 512, nil)
        #expect(error(back, values, 512, nil) < 0.3 * size)
    }

    @Test(arguments: exact + searched) func aScaleThatNoHalfHoldsIsFound(_ dtype: DType) throws {
        let matrix = TestMatrix(3, 512)
        for index in 0..<matrix.matrix.count { matrix.matrix.floats[index] = Float(index % 7) - 3 }
        matrix.matrix.floats[512 + 300] = 3e38
        var blocks = [UInt8](repeating: 0, count: try #require(dtype.byteCount(elements: 3 * 512)))
        let unfit = blocks.withUnsafeMutableBytes {
            Quantisation.quantise(matrix.matrix, dtype, into: $0.baseAddress.unsafelyUnwrapped)
        }
        #expect(unfit == (512 + 300) / dtype.blockElements * dtype.blockElements)
    }
}
