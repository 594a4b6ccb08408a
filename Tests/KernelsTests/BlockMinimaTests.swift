import CKernels
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct BlockMinimaTests {
    /// Rows of blocks with made-up bytes: d is 1/16, m a small number.
    private static func weight(_ dtype: DType, rows: Int, columns: Int, form: StoredForm = .asStored) -> FrozenTensor {
        let bytes = dtype.byteCount(elements: rows * columns) ?? 0
        let draws = RandomStream(seed: 9, purpose: .probe)
        let storage = Storage(byteCount: bytes) { buffer in
            for place in buffer.indices {
                buffer[place] = UInt8(draws.integer(below: 256, stream: 0, index: UInt64(place)))
            }
            for block in stride(from: 0, to: bytes, by: dtype.blockBytes) {
                buffer.storeBytes(of: Float16(0.0625).bitPattern, toByteOffset: block, as: UInt16.self)
                let minimum = Float16(Double(block % 97) / 64 - 0.8)
                buffer.storeBytes(of: minimum.bitPattern, toByteOffset: block + 2, as: UInt16.self)
            }
        }
        return FrozenTensor(
            name: "w", dtype: dtype, shape: [rows, columns], storage: storage, byteOffset: 0, form: form)
    }

    /// `weight` with scale · b · a in its minima.
    private static func folded(_ weight: FrozenTensor, b: Matrix, _ a: Matrix, scale: Float) -> FrozenTensor {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: weight.bytes.count, alignment: 64)
        bytes.copyMemory(from: weight.bytes)
        let address = UInt(bitPattern: bytes.baseAddress)
        let storage = Storage(bytes: UnsafeRawBufferPointer(bytes)) {
            UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
        }
        let copy = FrozenTensor(
            name: "w", dtype: weight.dtype, shape: weight.shape, storage: storage, byteOffset: 0, form: weight.form)
        BlockMinima.write(
            BlockMinima.read(weight), plusProductOf: b, a, scale: scale, into: copy, bytes)
        return copy
    }

    private static func numbers(_ weight: FrozenTensor) -> [Float] {
        let matrix = TestMatrix(weight.shape[0], weight.shape[1])
        Widening.widen(weight, into: matrix.matrix)
        return matrix.values
    }

    @Test func onlyBlocksWithAMinimumHaveOne() {
        #expect(DType.allCases.filter(BlockMinima.stand) == [.q4_1, .q5_1])
    }

    /// Each minimum is the sum, rounded once; all other bytes are the base's. Also where rows are stored in another order.
    @Test(
        arguments: [DType.q4_1, .q5_1],
        [(8, 96, 2, StoredForm.asStored), (16, 2112, 5, .asStored), (16, 64, 1, .interleavedHalves(heads: 2))])
    func aWeightWithOtherMinimaIsTheSumRoundedOnce(
        _ dtype: DType, _ size: (rows: Int, columns: Int, rank: Int, form: StoredForm)
    ) {
        let weight = Self.weight(dtype, rows: size.rows, columns: size.columns, form: size.form)
        let blocks = size.columns / 32, rank = size.rank
        let b = TestMatrix(random: size.rows, rank, seed: 2), a = TestMatrix(random: rank, blocks, seed: 3)
        let folded = Self.folded(weight, b: b.matrix, a.matrix, scale: 0.5)
        let minima = BlockMinima.read(weight)
        var expected = Self.numbers(weight)
        for row in 0..<size.rows {
            for block in 0..<blocks {
                var change: Float = 0
                for k in 0..<rank { change += 0.5 * b.values[row * rank + k] * a.values[k * blocks + block] }
                let old = Float(Float16(bitPattern: minima[row * blocks + block])), new = Float(Float16(old + change))
                #expect(BlockMinima.read(folded)[row * blocks + block] == Float16(old + change).bitPattern)
                for column in 0..<32 { expected[row * size.columns + block * 32 + column] += new - old }
            }
        }
        #expect(maximumDifference(Self.numbers(folded), expected) < 1e-6)
        for (place, (left, right)) in zip(weight.bytes, folded.bytes).enumerated() where left != right {
            #expect([2, 3].contains(place % dtype.blockBytes))
        }
    }

    /// What is trained on one machine is merged on another: the bits are the same.
    @Test func everyInstructionSetGivesTheSameBits() {
        let weight = Self.weight(.q4_1, rows: 7, columns: 2208)
        let b = TestMatrix(random: 7, 6, seed: 4), a = TestMatrix(random: 6, 69, seed: 5)
        var bytes: [[UInt8]] = []
        for set in [LATHE_SCALAR] + ParityTests.sets {
            lathe_override_isa(Int32(set.rawValue))
            defer { lathe_override_isa(-1) }
            let folded = Self.folded(weight, b: b.matrix, a.matrix, scale: 1.25)
            bytes.append(withExtendedLifetime(folded) { Array($0.bytes) })
        }
        #expect(bytes.allSatisfy { $0 == bytes[0] })
    }

    @Test(arguments: [ElementType.f32, .bf16]) func sumsFillTheColumnsBeyondWithZeros(_ type: ElementType) {
        let x = TestMatrix(random: 3, 96, type: type, seed: 6), sums = TestMatrix(3, 4, type: type)
        BlockMinima.sums(of: x.matrix, into: sums.matrix)
        for row in 0..<3 {
            for block in 0..<3 {
                let exact = (0..<32).reduce(0.0) { $0 + x.doubles[row * 96 + block * 32 + $1] }
                let bound = type == .f32 ? 1e-5 : 0.004 * max(1, abs(exact))
                #expect(abs(sums.doubles[row * 4 + block] - exact) < bound)
            }
            #expect(sums.values[row * 4 + 3] == 0)
        }
        #expect(sums.paddingIsIntact)
    }

    @Test func aNumberIsSpreadOverItsBlock() {
        let x = TestMatrix([1, 2, 3, 4], 2, 2), y = TestMatrix(2, 64)
        BlockMinima.spread(x.matrix, into: y.matrix)
        let expected = (1...4).flatMap { [Float](repeating: Float($0), count: 32) }
        #expect(y.values == expected)
        #expect(y.paddingIsIntact)
    }
}
