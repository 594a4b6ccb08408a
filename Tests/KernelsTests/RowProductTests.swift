import CKernels
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

/// Products of few rows with stored weights: integers, floats, and what they are made from.
@Suite struct RowProductTests {
    static let integerTypes: [DType] = [
        .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL, .iq4_XS,
    ]
    static let floatTypes: [DType] = [.f32, .f16, .bf16]

    /// Ways to multiply bytes on this machine, as (instruction set, without VNNI).
    static let dots: [(lathe_isa, Bool)] = [
        (LATHE_SCALAR, true), (LATHE_AVX2, true), (LATHE_AVX2, false),
        (LATHE_AVX512, true), (LATHE_AVX512, false),
    ].filter { $0.0.rawValue <= lathe_processor_isa().rawValue }

    /// Random blocks whose scales are tame.
    private func tensor(_ dtype: DType, _ rows: Int, _ columns: Int, seed: UInt64 = 3, order: StoredForm = .asStored)
        throws -> FrozenTensor
    {
        let size = try #require(dtype.byteCount(elements: rows * columns))
        let stream = RandomStream(seed: seed, purpose: .probe)
        var bytes = (0..<size).map { UInt8(truncatingIfNeeded: stream.words(stream: 1, index: UInt64($0)).0) }
        func put(_ value: Float16, at place: Int) {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.replaceSubrange(place..<place + 2, with: $0) }
        }
        let (block, elements, scales): (Int, Int, [Int]) =
            switch dtype {
            case .q4_0, .iq4_NL: (18, 32, [0])
            case .q4_1: (20, 32, [0, 2])
            case .q5_0: (22, 32, [0])
            case .q5_1: (24, 32, [0, 2])
            case .q8_0: (34, 32, [0])
            case .q2_K: (84, 256, [80, 82])
            case .q3_K: (110, 256, [108])
            case .q4_K: (144, 256, [0, 2])
            case .q5_K: (176, 256, [0, 2])
            case .q6_K: (210, 256, [208])
            case .iq4_XS: (136, 256, [0])
            case .f32: (4, 1, [])
            default: (2, 1, [0])
            }
        for index in 0..<(rows * columns / elements) {
            let draw = Float16(stream.uniform(stream: 2, index: UInt64(index)) - 0.5)
            for place in scales where dtype != .bf16 { put(draw * 0.01, at: index * block + place) }
            if dtype == .f32 {
                withUnsafeBytes(of: Float(draw)) { bytes.replaceSubrange(index * 4..<index * 4 + 4, with: $0) }
            } else if dtype == .bf16 {
                let half = UInt16(Float(draw).bitPattern >> 16)
                withUnsafeBytes(of: half) { bytes.replaceSubrange(index * 2..<index * 2 + 2, with: $0) }
            }
        }
        let storage = Storage(byteCount: size) { $0.copyBytes(from: bytes) }
        return FrozenTensor(
            name: "t", dtype: dtype, shape: [rows, columns], storage: storage, byteOffset: 0, form: order)
    }

    /// What a damaged file may hold: a model is looked through for it as it is widened.
    @Test(arguments: integerTypes + [.f16, .bf16]) func aScaleThatIsNoNumberShowsInTheWidenedRow(dtype: DType) throws {
        let block = dtype.blockBytes
        let scales =
            switch dtype {
            case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
            case .q2_K: [80, 82]
            case .q3_K: [108]
            case .q6_K: [208]
            default: [0]
            }
        let sound = try tensor(dtype, 3, 512)
        #expect(Elements.firstNonFinite(UnsafeBufferPointer(widened(sound).matrix.floats)) == nil)
        let values = dtype == .bf16 ? [0x7FC0, 0x7F80, 0xFF80] : [0x7E00, 0x7C00, 0xFC00]
        for place in scales {
            for value in values {
                var bytes = Array(sound.bytes)
                let last = bytes.count - block + place
                bytes.replaceSubrange(last..<last + 2, with: [UInt8(value & 0xFF), UInt8(value >> 8)])
                let storage = Storage(byteCount: bytes.count) { $0.copyBytes(from: bytes) }
                let damaged = FrozenTensor(
                    name: "t", dtype: dtype, shape: [3, 512], storage: storage, byteOffset: 0)
                let found = Elements.firstNonFinite(UnsafeBufferPointer(widened(damaged).matrix.floats))
                #expect(found.map { $0 >= 3 * 512 - dtype.blockElements } == true, "\(place) \(value)")
            }
        }
    }

    private func widened(_ tensor: FrozenTensor) -> TestMatrix {
        let result = TestMatrix(tensor.shape[0], tensor.shape[1])
        Widening.widen(tensor, into: result.matrix)
        return result
    }

    private func product(_ tensor: FrozenTensor, _ x: TestMatrix, rounded: Bool = true) -> TestMatrix {
        let y = TestMatrix(x.matrix.rows, tensor.shape[0]), workspace = Workspace()
        workspace.scoped {
            let input = rounded ? RowInput(rounded: x.matrix, workspace: workspace) : RowInput(exact: x.matrix)
            RowProducts.multiply([RowProducts.Term(tensor, input, into: y.matrix)])
        }
        #expect(y.paddingIsIntact)
        return y
    }

    private func setDots(_ dots: (lathe_isa, Bool)?) {
        lathe_override_isa(dots.map { Int32($0.0.rawValue) } ?? -1)
        lathe_hide_vnni(dots?.1 ?? false)
    }

    @Test(arguments: integerTypes) func everySetGivesTheBitsOfTheTwin(dtype: DType) throws {
        defer { setDots(nil) }
        for (rows, columns) in [(1, 256), (5, 512), (16, 256), (37, 768)] {
            let tensor = try tensor(dtype, rows, columns)
            let pointers = (0..<rows).map { row in
                tensor.bytes.baseAddress.unsafelyUnwrapped + row * (tensor.bytes.count / rows)
            }
            for count in [0, 1, 2, 3, 8, 13] {
                let x = TestMatrix(random: count, columns, seed: 9, size: 3, misalignment: 1)
                let results = Self.dots.map { dots in
                    setDots(dots)
                    var numbers = [Int8](repeating: 0, count: 2 * count * columns)
                    var facts = [lathe_block_facts](repeating: lathe_block_facts(), count: count * columns / 32)
                    lathe_quantise(x.matrix.floats.baseAddress, facts.count, &numbers, &facts)
                    let y = TestMatrix(count, rows, misalignment: 1)
                    numbers.withUnsafeBufferPointer { numbers in
                        facts.withUnsafeBufferPointer { facts in
                            var integers = lathe_integers(
                                numbers: numbers.baseAddress, facts: facts.baseAddress, rows: count, columns: columns)
                            lathe_integer_rows(
                                dtype.cFormat, pointers, rows, &integers,
                                y.matrix.floats.baseAddress, rows, false)
                        }
                    }
                    #expect(y.paddingIsIntact)
                    return y.values.map(\.bitPattern)
                }
                for result in results { #expect(result == results[0]) }
            }
        }
    }

    /// Rounding x to 16 bits is all that differs from the widened product.
    @Test(arguments: integerTypes) func integersAreCloseToTheWidenedProduct(dtype: DType) throws {
        for rows in [3, 40, 300] {
            let tensor = try tensor(dtype, rows, 768), weights = widened(tensor)
            for count in [1, 2, 7, 37] {
                let x = TestMatrix(random: count, 768, seed: 4, size: 2), exact = TestMatrix(count, rows)
                Products.timesTransposed(x.matrix, weights.matrix, into: exact.matrix)
                let error = relativeError(product(tensor, x).values, exact.values)
                #expect(error < 1e-4 && error > 0)
                #expect(relativeError(product(tensor, x, rounded: false).values, exact.values) < 1e-5)
            }
        }
    }

    @Test(arguments: floatTypes) func floatsAreThoseOfTheWidenedProduct(dtype: DType) throws {
        for (rows, columns) in [(1, 1), (3, 7), (21, 33), (70, 577)] {
            let tensor = try tensor(dtype, rows, columns), weights = widened(tensor)
            for count in [1, 3, 4, 9] {
                let x = TestMatrix(random: count, columns, seed: 4), exact = TestMatrix(count, rows)
                Products.timesTransposed(x.matrix, weights.matrix, into: exact.matrix)
                #expect(relativeError(product(tensor, x).values, exact.values) < 1e-5)
            }
        }
    }

    /// A row's numbers are the same bits alone and in company.
    @Test(arguments: integerTypes + floatTypes) func companyChangesNothing(dtype: DType) throws {
        let tensor = try tensor(dtype, 53, 512), x = TestMatrix(random: 21, 512, seed: 6)
        let together = product(tensor, x).values
        for row in [0, 4, 7, 20] {
            let alone = TestMatrix(Array(x.values[row * 512..<(row + 1) * 512]), 1, 512)
            #expect(product(tensor, alone).values == Array(together[row * 53..<(row + 1) * 53]))
        }
    }

    @Test func rowsComeInTheOrderOfHuggingFace() throws {
        let tensor = try tensor(.q8_0, 96, 64, order: .interleavedHalves(heads: 3)), weights = widened(tensor)
        let x = TestMatrix(random: 2, 64, seed: 4), exact = TestMatrix(2, 96)
        Products.timesTransposed(x.matrix, weights.matrix, into: exact.matrix)
        #expect(relativeError(product(tensor, x).values, exact.values) < 1e-4)
    }

    @Test func termsRunSideBySideAndAdd() throws {
        let (first, second) = (try tensor(.q4_1, 40, 64), try tensor(.bf16, 7, 64))
        let x = TestMatrix(random: 2, 64, seed: 4), workspace = Workspace()
        let (y, z) = (TestMatrix(random: 2, 40, seed: 5), TestMatrix(2, 7)), before = y.values
        workspace.scoped {
            let input = RowInput(rounded: x.matrix, workspace: workspace)
            RowProducts.multiply([
                RowProducts.Term(first, input, into: y.matrix, accumulate: true),
                RowProducts.Term(second, input, into: z.matrix),
            ])
        }
        #expect(y.values == zip(before, product(first, x).values).map { $0 + $1 })
        #expect(z.values == product(second, x).values)
    }

    @Test(arguments: [DType.q4_1, .q8_0, .q6_K, .bf16]) func whatIsNotFiniteReachesTheResult(dtype: DType) throws {
        defer { setDots(nil) }
        let tensor = try tensor(dtype, 20, 256)
        for dots in Self.dots {
            setDots(dots)
            for bad in [Float.nan, .infinity, -.infinity] {
                var values = randomFloats(512, seed: 3)
                values[300] = bad
                let y = product(tensor, TestMatrix(values, 2, 256)).values
                #expect(y[..<20].allSatisfy { $0.isFinite } && y[20...].allSatisfy { !$0.isFinite })
            }
        }
    }

    @Test func numbersAreRoundedToNearest() {
        defer { setDots(nil) }
        var x = randomFloats(96, seed: 12, size: 5)
        (x[5], x[6], x[7]) = (127, -127, 0.5)
        for index in 32..<64 { x[index] = index == 33 ? Float(bitPattern: 714) : 0 }
        for dots in Self.dots {
            setDots(dots)
            var numbers = [Int8](repeating: 9, count: 192), facts = [lathe_block_facts](repeating: .init(), count: 3)
            lathe_quantise(x, 3, &numbers, &facts)
            for (index, value) in x.enumerated() {
                let place = index / 32 * 64 + index % 32, scale = facts[index / 32].scale
                let whole = 254 * Int(numbers[place]) + Int(numbers[place + 32])
                #expect(abs(value - Float(whole) * scale) <= scale * 0.51 + 1e-30)
            }
            #expect(numbers[5] == 127 && numbers[6] == -127 && numbers[37] == 0)
            #expect(facts[1].scale == 0 && facts[1].total == 0 && facts[1].sum == 0)
            #expect(numbers.allSatisfy { $0 >= -127 })
        }
    }

    @Test(arguments: dots.map { Int($0.0.rawValue) }) func theFirstLargestIsFound(set: Int) {
        lathe_override_isa(Int32(set))
        defer { setDots(nil) }
        for count in [1, 2, 9, 16, 17, 100] {
            var x = randomFloats(count, seed: 8).map { $0 - 3 }
            x[count / 2] = 2
            x[count - 1] = 2
            #expect(lathe_first_largest(x, count) == count / 2)
            for bad in [Float.nan, .infinity] {
                x[count - 1] = bad
                #expect(lathe_first_largest(x, count) == -1)
            }
            x = x.map { _ in -.infinity }
            #expect(lathe_first_largest(x, count) == -1)
        }
    }
}
