import Tensors
import TestSupport
import Testing

@Suite struct RandomStreamTests {
    @Test func drawsAreFunctionsOfTheirPlace() {
        let stream = RandomStream(seed: 7, purpose: .shuffle)
        let first = stream.words(stream: 3, index: 11)
        _ = stream.words(stream: 4, index: 12)
        #expect(stream.words(stream: 3, index: 11) == first)
        #expect(stream.words(stream: 3, index: 12) != first)
        #expect(RandomStream(seed: 8, purpose: .shuffle).words(stream: 3, index: 11) != first)
        #expect(RandomStream(seed: 7, purpose: .dropout).words(stream: 3, index: 11) != first)
    }

    @Test func permutationsHoldEveryIndexOnce() {
        let order = RandomStream(seed: 1, purpose: .shuffle).permutation(of: 1_000, stream: 0)
        #expect(order.sorted() == Array(0..<1_000))
        #expect(order != Array(0..<1_000))
    }

    @Test func uniformNumbersHaveTheRightMoments() {
        let stream = RandomStream(seed: 5, purpose: .sampling)
        let numbers = (0..<100_000).map { stream.uniform(stream: 0, index: UInt64($0)) }
        let mean = numbers.reduce(0, +) / 100_000
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
        #expect(abs(mean - 0.5) < 0.005)
        #expect(abs(variance - 1.0 / 12) < 0.002)
        #expect(numbers.allSatisfy { (0..<1).contains($0) })
    }
}

@Suite struct WorkspaceTests {
    @Test func scopesGiveMemoryBack() {
        let workspace = Workspace()
        let before = workspace.bytesInUse
        let first = workspace.scoped { workspace.matrix(rows: 100, columns: 10).pointer }
        #expect(workspace.bytesInUse == before)
        let second = workspace.scoped { workspace.matrix(rows: 100, columns: 10).pointer }
        #expect(first == second)
        #expect(workspace.peakBytes >= 4_000)
    }

    @Test func aReleasedWorkspaceWorksOn() {
        let workspace = Workspace(reservingBytes: 1 << 22)
        workspace.scoped { workspace.matrix(rows: 10, columns: 10).floats.update(repeating: 1) }
        workspace.release()
        #expect(workspace.reservedBytes == 0)
        workspace.scoped { workspace.matrix(rows: 10, columns: 10).floats.update(repeating: 2) }
        #expect(workspace.reservedBytes > 0)
    }

    @Test func buffersNeverOverlap() {
        let workspace = Workspace()
        let buffers = (1...50).map { workspace.matrix(rows: $0, columns: 777) }
        for (index, buffer) in buffers.enumerated() { buffer.floats.update(repeating: Float(index)) }
        for (index, buffer) in buffers.enumerated() { #expect(buffer.floats.allSatisfy { $0 == Float(index) }) }
    }
}

@Test func slabSlotsAreAlignedAndApart() {
    let slab = ParameterSlab([("a", 3, 5), ("b", 2, 16)])
    #expect(slab.slots.map(\.offset) == [0, 16])
    #expect(slab.parameterCount == 47)
    slab.gradients(slab.slots[0]).floats.update(repeating: 1)
    #expect(slab.gradients(slab.slots[1]).floats.allSatisfy { $0 == 0 })
    slab.zeroGradients()
    #expect(slab.gradients.allSatisfy { $0 == 0 })
}

@Test func blockSizes() {
    #expect(DType.q4_1.byteCount(elements: 64) == 40)
    #expect(DType.q4_1.byteCount(elements: 33) == nil)
    #expect(DType.f64.byteCount(elements: .max) == nil)
}
