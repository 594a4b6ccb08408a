// Gradients held against what the loss does when values are moved.

import Models
import Tensors
import Testing

/// Central differences of the loss of `batch` against the gradients of all values of `slab`.
func expectGradients(_ model: LanguageModel, _ slab: ParameterSlab, _ batch: TokenBatch) throws {
    let (_, gradients) = try model.gradients([batch], slab: slab, gradientScale: 1)
    let workspace = Workspace()
    func loss() throws -> Double { try model.sums(batch, workspace: workspace).total.lossSum }
    let random = RandomStream(seed: 1, purpose: .probe)
    for (number, slot) in slab.slots.enumerated() {
        // The derivative along a random direction of each matrix: every element counts, and fp32 noise stays small.
        let direction = slot.range.map {
            Float(random.uniform(stream: 7, index: UInt64($0)) < 0.5 ? -1 : 1)
        }
        let saved = slot.range.map { slab.values[$0] }
        let step: Float = 2e-3
        func shifted(_ sign: Float) throws -> Double {
            for (index, place) in slot.range.enumerated() {
                slab.values[place] = saved[index] + sign * step * direction[index]
            }
            defer { for (index, place) in slot.range.enumerated() { slab.values[place] = saved[index] } }
            return try loss()
        }
        let measured = (try shifted(1) - shifted(-1)) / Double(2 * step)
        let predicted = zip(slot.range, direction).reduce(0.0) { $0 + Double(gradients[$1.0] * $1.1) }
        let norm = slot.range.reduce(0.0) { $0 + Double(gradients[$1] * gradients[$1]) }.squareRoot()
        // No row of so few may go to one of the experts, whose gradient is then nothing but zeros.
        let mayBeIdle = slot.name.contains(".experts.") && measured == 0
        #expect(norm > 1e-4 || (norm == 0 && mayBeIdle), "\(slot.name) has no gradient")
        #expect(
            abs(measured - predicted) < 0.02 * norm + 2e-3,
            "\(number) \(slot.name): \(measured) against \(predicted)")
    }
}
