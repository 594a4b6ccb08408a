import CKernels
import Foundation
import JSON
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct WideningTests {
    static let folder = "vectors/quant"
    static let sets: [lathe_isa] = [LATHE_SCALAR, LATHE_AVX2, LATHE_AVX512].filter {
        $0.rawValue <= lathe_processor_isa().rawValue
    }
    static let types: [DType] = [
        .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL,
        .iq4_XS,
    ]

    private struct Case {
        let blocks: Data
        let floats: [UInt32]
    }

    /// The case of `dtype` in the fixture of `scripts/goldens/quantised.py`.
    private func fixture(_ dtype: DType) throws -> [Case] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/quantised.json")
        let all = try #require(try JSONValue(parsing: Array(Data(contentsOf: file)))["cases"]?.array)
        return try all.filter { $0["type"]?.string?.lowercased() == dtype.rawValue.lowercased() }.map { item in
            let (blocks, floats) = try (
                #require(item["blocks"]?.string.flatMap { Data(base64Encoded: $0) }),
                #require(item["floats"]?.string.flatMap { Data(base64Encoded: $0) })
            )
            return Case(blocks: blocks, floats: floats.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) })
        }
    }

    /// Every case of `dtype` in the public vectors whose files are there.
    private func publicCases(_ dtype: DType) throws -> [Case] {
        guard SharedData.has("\(Self.folder)/manifest.json") else { return [] }
        let folder = SharedData.url(Self.folder)
        let manifest = try JSONSerialization.jsonObject(
            with: Data(contentsOf: folder.appendingPathComponent("manifest.json")))
        let all = (manifest as? [String: Any])?["cases"] as? [[String: Any]] ?? []
        return try all.compactMap { entry in
            guard (entry["type"] as? String)?.lowercased() == dtype.rawValue.lowercased(),
                let q = entry["q"] as? String,
                let d = entry["d"] as? String, SharedData.has("\(Self.folder)/\(q)"),
                SharedData.has("\(Self.folder)/\(d)")
            else { return nil }
            let floats = try Data(contentsOf: folder.appendingPathComponent(d)).withUnsafeBytes {
                Array($0.bindMemory(to: UInt32.self))
            }
            return Case(blocks: try Data(contentsOf: folder.appendingPathComponent(q)), floats: floats)
        }
    }

    @Test(arguments: types)
    func bitForBit(dtype: DType) throws {
        let cases = try fixture(dtype) + publicCases(dtype)
        #expect(!cases.isEmpty)
        for set in Self.sets {
            lathe_override_isa(Int32(set.rawValue))
            defer { lathe_override_isa(-1) }
            for one in cases {
                var floats = [Float](repeating: 0, count: one.floats.count)
                one.blocks.withUnsafeBytes { blocks in
                    floats.withUnsafeMutableBufferPointer { Widening.dequantise(blocks, dtype, into: $0) }
                }
                #expect(floats.map(\.bitPattern) == one.floats)
            }
        }
    }

    /// bf16 numbers are those of fp32, rounded; every instruction set gives the same bits on any block.
    @Test(arguments: types + [.f32])
    func anyBlocksOnAnySet(dtype: DType) throws {
        let count = 1024
        let stream = RandomStream(seed: 5, purpose: .probe)
        let size = try #require(dtype.byteCount(elements: count))
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: stream.words(stream: 1, index: UInt64($0)).0) }
        let storage = Storage(byteCount: size) { $0.copyBytes(from: bytes) }
        let tensor = FrozenTensor(name: "t", dtype: dtype, shape: [4, 256], storage: storage, byteOffset: 0)
        var results: [[UInt32]] = []
        for set in Self.sets {
            lathe_override_isa(Int32(set.rawValue))
            defer { lathe_override_isa(-1) }
            let floats = TestMatrix(4, 256), halves = TestMatrix(4, 256, type: .bf16),
                rounded = TestMatrix(4, 256, type: .bf16)
            Widening.widen(tensor, into: floats.matrix)
            Widening.widen(tensor, into: halves.matrix)
            Conversion.convert(floats.matrix, into: rounded.matrix)
            #expect(bits(halves) == bits(rounded))
            #expect(floats.paddingIsIntact && halves.paddingIsIntact)
            results.append(bits(floats))
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    /// All NaN count as one: which of them a copy or a conversion gives is nobody's business.
    private func bits(_ matrix: TestMatrix) -> [UInt32] {
        matrix.values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
    }

    /// `[out, in]` that is stored as `[in, out]`, in every type without blocks.
    @Test(arguments: [DType.f32, .f16, .bf16], [(3, 5), (70, 40), (130, 33)])
    func whatIsStoredAsColumnsComesInRows(_ dtype: DType, _ sizes: (rows: Int, columns: Int)) {
        let (rows, columns) = sizes
        func value(_ row: Int, _ column: Int) -> Float { Float((row * 37 + column * 11) % 101) / 64 - 0.5 }
        let storage = Storage(byteCount: rows * columns * dtype.blockBytes) { bytes in
            for column in 0..<columns {
                for row in 0..<rows {
                    let place = column * rows + row, number = value(row, column)
                    switch dtype {
                    case .f32: bytes.storeBytes(of: number, toByteOffset: place * 4, as: Float.self)
                    case .f16: bytes.storeBytes(of: Float16(number), toByteOffset: place * 2, as: Float16.self)
                    default:
                        bytes.storeBytes(
                            of: UInt16(number.bitPattern >> 16), toByteOffset: place * 2, as: UInt16.self)
                    }
                }
            }
        }
        let tensor = FrozenTensor(
            name: "w", dtype: dtype, shape: [rows, columns], storage: storage, byteOffset: 0, form: .transposed)
        // Eleven bits hold all of these; bf16 has eight of them.
        let expected = (0..<rows * columns).map { index in
            let number = value(index / columns, index % columns)
            return dtype == .bf16 ? Float(bitPattern: number.bitPattern & 0xFFFF_0000) : number
        }
        let all = TestMatrix(rows, columns), some = TestMatrix(2, columns)
        Widening.widen(tensor, into: all.matrix)
        #expect(all.values == expected && all.paddingIsIntact)
        Widening.widen(tensor, rows: 1..<3, into: some.matrix)
        #expect(some.values == Array(expected[columns..<3 * columns]))

        let x = TestMatrix(random: 6, columns, seed: 1), exact = TestMatrix(6, rows)
        Products.timesTransposed(x.matrix, all.matrix, into: exact.matrix)
        let y = TestMatrix(6, rows), alone = TestMatrix(1, rows)
        RowProducts.multiply([RowProducts.Term(tensor, RowInput(exact: x.matrix), into: y.matrix)])
        #expect(relativeError(y.doubles, exact.doubles) < 1e-6 && y.paddingIsIntact)
        // A row in company has the bits that it has alone.
        RowProducts.multiply([RowProducts.Term(tensor, RowInput(exact: x.matrix.rows(4..<5)), into: alone.matrix)])
        #expect(alone.values == Array(y.values[4 * rows..<5 * rows]))
        RowProducts.multiply([
            RowProducts.Term(tensor, RowInput(exact: x.matrix), into: y.matrix, accumulate: true)
        ])
        #expect(relativeError(y.doubles, exact.doubles.map { 2 * $0 }) < 1e-6)
        for type in [ElementType.f32, .bf16] {
            let workspace = Workspace()
            let panels = Panels.pack([
                PanelSource(RowLayout(tensor), .transposed, type: type, in: workspace),
                PanelSource(RowLayout(all.matrix), .transposed, type: type, in: workspace),
                PanelSource(RowLayout(tensor), .plain, type: type, in: workspace),
                PanelSource(RowLayout(all.matrix), .plain, type: type, in: workspace),
            ])
            for (index, width) in [(0, rows), (2, columns)] {
                let left = TestMatrix(random: 4, panels[index].depth, type: type, seed: 2)
                let results = [0, 1].map { _ in TestMatrix(4, width) }
                for (offset, result) in results.enumerated() {
                    Products.sum([Term(left.matrix, panels[index + offset])], into: result.matrix)
                }
                #expect(results[0].values == results[1].values)
            }
        }
    }

    @Test func rowsAndOrder() {
        let (rows, columns) = (8, 3)
        let values = (0..<rows * columns).map(Float.init)
        let storage = Storage(byteCount: values.count * 4) { bytes in
            values.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        let tensor = FrozenTensor(
            name: "q", dtype: .f32, shape: [rows, columns], storage: storage, byteOffset: 0,
            form: .interleavedHalves(heads: 2))
        func row(_ stored: Int) -> [Float] { Array(values[stored * columns..<(stored + 1) * columns]) }
        let all = TestMatrix(rows, columns), some = TestMatrix(3, columns), picked = TestMatrix(2, columns)
        Widening.widen(tensor, into: all.matrix)
        let order = [0, 2, 1, 3, 4, 6, 5, 7]
        #expect(all.values == order.flatMap(row))
        Widening.widen(tensor, rows: 1..<4, into: some.matrix)
        #expect(some.values == [2, 1, 3].flatMap(row))
        let ids: [Int32] = [5, 1]
        ids.withUnsafeBufferPointer { Widening.gather(tensor, rows: $0, into: picked.matrix) }
        #expect(picked.values == [6, 2].flatMap(row))
        #expect(Widening.floats(tensor) == all.values)

        let x = TestMatrix(random: 2, columns, seed: 1), y = TestMatrix(2, rows), product = TestMatrix(2, rows)
        RowProducts.multiply([RowProducts.Term(tensor, RowInput(exact: x.matrix), into: y.matrix)])
        Products.timesTransposed(x.matrix, all.matrix, into: product.matrix)
        #expect(relativeError(y.values, product.values) < 1e-6)
    }
}
