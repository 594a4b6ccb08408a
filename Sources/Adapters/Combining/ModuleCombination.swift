// One module's adapters on their way to one: by their factors, stacked or number by number, or by the changes they make.

import Kernels
import Models
import Tensors
import Vocabulary

/// The adapters of one module that are to be combined.
struct ModuleCombination {
    /// One of them.
    struct Part {
        let weight: Double
        let adapter: LowRankAdapter
        /// Tells it apart in random streams.
        let stream: UInt32

        /// What its change counts for.
        var factor: Double { weight * Double(adapter.scale) }
    }

    /// The module's path.
    let path: String
    /// At least one, all of one input and output size.
    let parts: [Part]

    /// The factors of the combination, of scale 1: A `[rank, in]` and B `[out, rank]`.
    struct Result {
        let rank: Int
        let a: [Float]
        let b: [Float]
    }

    private var inputSize: Int { parts[0].adapter.inputSize }
    private var outputSize: Int { parts[0].adapter.outputSize }

    /// - Parameter rank: of the whole combination; where the adapters of a module fill less, zeros fill the rest.
    func result(_ settings: CombinationSettings, rank: Int) throws(DecompositionError) -> Result {
        switch settings.method.choices.ground {
        case .stacks: return stacked(rank)
        case .factors: return combinedFactors(settings)
        case .changes: return try combinedChanges(settings, rank)
        }
    }

    // MARK: Stacks

    /// A's one below the other, with weight and scale; B's side by side.
    private func stacked(_ rank: Int) -> Result {
        var a: [Float] = []
        var b = [Float](repeating: 0, count: outputSize * rank)
        for part in parts {
            let first = a.count / inputSize, own = part.adapter.rank, numbers = part.adapter.b.floats
            let (weight, scale) = (Float(part.weight), part.adapter.scale)
            a += part.adapter.a.floats.map { $0 * weight * scale }
            for row in 0..<outputSize {
                for index in 0..<own { b[row * rank + first + index] = numbers[row * own + index] }
            }
        }
        a += [Float](repeating: 0, count: rank * inputSize - a.count)
        return Result(rank: rank, a: a, b: b)
    }

    // MARK: Factors

    /// A's and B's each combined by themselves: the root of what a change counts for stands on both, its sign on A.
    private func combinedFactors(_ settings: CombinationSettings) -> Result {
        let roots = parts.map { $0.factor.magnitude.squareRoot() }
        let a = TaskVectors(
            parts.map { Array($0.adapter.a.floats) }, weights: zip(parts, roots).map { $0.factor >= 0 ? $1 : -$1 })
        let b = TaskVectors(parts.map { Array($0.adapter.b.floats) }, weights: roots)
        return Result(
            rank: parts[0].adapter.rank, a: a.joined(settings, streams: parts.map { 2 * $0.stream }),
            b: b.joined(settings, streams: parts.map { 2 * $0.stream + 1 }))
    }

    // MARK: Changes

    /// The strongest directions of the combined change.
    private func combinedChanges(_ settings: CombinationSettings, _ rank: Int) throws(DecompositionError) -> Result {
        let directions = try settings.method == .svd ? sumDirections() : joinedDirections(settings)
        let (b, a) = directions.factors(rank: rank)
        return Result(rank: rank, a: a, b: b)
    }

    /// Of a sum, which has no more directions than the stacked factors have rows.
    private func sumDirections() throws(DecompositionError) -> SingularValues {
        let stack = stacked(parts.reduce(0) { $0 + $1.adapter.rank })
        let buffers = MatrixBuffer.holding([
            (stack.b, outputSize, stack.rank), (stack.a, stack.rank, inputSize),
        ])
        defer { withExtendedLifetime(buffers) {} }
        return try SingularValues(ofProduct: buffers.matrices[0], buffers.matrices[1])
    }

    private func joinedDirections(_ settings: CombinationSettings) throws(DecompositionError) -> SingularValues {
        let changes = TaskVectors(parts.map { $0.adapter.change }, weights: parts.map(\.weight))
        let joined = changes.joined(settings, streams: parts.map { 2 * $0.stream })
        let buffers = MatrixBuffer.holding([(joined, outputSize, inputSize)])
        defer { withExtendedLifetime(buffers) {} }
        return try SingularValues(consuming: buffers.matrices[0])
    }
}

extension LowRankAdapter {
    /// scale · B·A, `[out, in]`.
    var change: [Float] {
        [Float](unsafeUninitializedCapacity: outputSize * inputSize) { numbers, count in
            count = outputSize * inputSize
            guard let base = numbers.baseAddress else { return }
            let matrix = Matrix(
                pointer: UnsafeMutableRawPointer(base), rows: outputSize, columns: inputSize, type: .f32)
            Products.times(b, a, into: matrix, alpha: scale)
        }
    }
}

extension MatrixBuffer {
    /// Copies of `numbers`, each with its rows and columns, and what holds them.
    static func holding(
        _ numbers: [(numbers: [Float], rows: Int, columns: Int)]
    ) -> (buffer: MatrixBuffer, matrices: [Matrix]) {
        let layout = MatrixLayout(numbers.map { (name: "", rows: $0.rows, columns: $0.columns) })
        let buffer = MatrixBuffer(layout)
        let matrices = layout.slots.map(buffer.matrix)
        for (matrix, numbers) in zip(matrices, numbers) { _ = matrix.floats.update(from: numbers.numbers) }
        return (buffer, matrices)
    }
}
