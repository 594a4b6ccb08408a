// Everything that training may change, in one allocation each for values and gradients.

/// The trainable numbers of a run, fp32. What is not in the slab is frozen by construction.
public final class ParameterSlab {
    private let layout: MatrixLayout
    private let valueBuffer: MatrixBuffer
    private let gradientBuffer: MatrixBuffer
    /// By slot: whether it is kept, saved and read with the others, and changed by no training.
    public let isConstant: [Bool]
    /// Another number whenever values were changed: what was derived from the old ones is stale.
    public private(set) var revision = 0

    /// A slab of zeros; slots are laid out in the order given.
    /// - Parameter constants: names of those that no training changes.
    public init(_ parameters: [(name: String, rows: Int, columns: Int)], constants: Set<String> = []) {
        isConstant = parameters.map { constants.contains($0.name) }
        layout = MatrixLayout(parameters)
        valueBuffer = MatrixBuffer(layout)
        gradientBuffer = MatrixBuffer(layout)
    }

    public var slots: [MatrixSlot] { layout.slots }
    /// Those that training changes.
    public var trainedSlots: [MatrixSlot] { zip(slots, isConstant).filter { !$0.1 }.map(\.0) }
    /// Numbers of the slab, with the gaps between slots.
    public var count: Int { layout.count }
    /// Numbers in the slots that are trained, without the gaps between them.
    public var parameterCount: Int { trainedSlots.reduce(0) { $0 + $1.count } }

    public var values: UnsafeMutableBufferPointer<Float> { valueBuffer.numbers }
    public var gradients: UnsafeMutableBufferPointer<Float> { gradientBuffer.numbers }

    public func values(_ slot: MatrixSlot) -> Matrix { valueBuffer.matrix(slot) }
    public func gradients(_ slot: MatrixSlot) -> Matrix { gradientBuffer.matrix(slot) }

    /// To be called by whoever has changed values.
    public func valuesChanged() { revision += 1 }

    public func zeroGradients() { gradients.update(repeating: 0) }
}
