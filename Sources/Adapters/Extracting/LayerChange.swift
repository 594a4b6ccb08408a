// What one linear layer's weight changed by, as factors.

import Kernels
import Tensors
import WeightFiles

/// The change of one weight, cut to its strongest directions.
struct LayerChange {
    let rank: Int
    /// `[rank, in]` and `[out, rank]`.
    let a: [Float]
    let b: [Float]
    private let relativeChange: Double
    private let energy: Double
    private let heldEnergy: Double
    private let isApproximate: Bool

    /// Multiplications beyond which a random subspace takes the place of all directions: a minute or so on one core.
    private static let exactLimit = 1 << 37

    /// nil where the weight is the same in both.
    init?(
        _ layer: AdaptableLayer, _ base: any WeightSource, _ tuned: any WeightSource, _ size: ExtractedSize
    ) throws {
        let name = layer.path + ".weight"
        let workspace = Workspace()
        defer {
            withExtendedLifetime(workspace) {}
            base.releasePages(of: name)
            tuned.releasePages(of: name)
        }
        let matrix = workspace.matrix(rows: layer.outputSize, columns: layer.inputSize)
        let difference = try WeightDifference(base.tensor(at: name), tuned.tensor(at: name), into: matrix)
        guard difference.squares.isFinite else {
            throw AdapterError(file: tuned.location, "the change holds a NaN or infinity", subject: name)
        }
        guard difference.squares > 0 else { return nil }
        let most = min(matrix.rows, matrix.columns)
        isApproximate = matrix.count > Self.exactLimit / most
        let noise = try difference.noise(tuned.tensor(at: name).dtype)
        let found = isApproximate ? try Self.strongest(of: matrix, size, noise) : try SingularValues(consuming: matrix)
        rank = Self.rank(of: found, size, noise)
        (b, a) = found.factors(rank: rank)
        (energy, heldEnergy) = (difference.squares, found.energy(of: rank))
        relativeChange = difference.relativeChange
    }

    /// As many directions as the size asks for; for a share of the energy twice as many until they hold it.
    private static func strongest(
        of matrix: Matrix, _ size: ExtractedSize, _ noise: Double
    ) throws -> SingularValues {
        switch size {
        case .rank(let rank): return try SingularValues(strongest: rank, of: matrix, seed: 0)
        case .energy(let share):
            var count = 64
            while true {
                let found = try SingularValues(strongest: count, of: matrix, seed: 0)
                let isEnough =
                    found.energy(of: found.count) >= share * found.energy || Double(found.values.last ?? 0) <= noise
                if isEnough || count >= min(matrix.rows, matrix.columns) { return found }
                count *= 2
            }
        }
    }

    /// - Parameter noise: directions of no more strength are what rounding left: they count for no share.
    private static func rank(of found: SingularValues, _ size: ExtractedSize, _ noise: Double) -> Int {
        switch size {
        case .rank(let rank): return min(rank, found.count)
        case .energy(let share):
            // Nor are directions known more exactly than fp32 computes the strongest in so many numbers.
            let longest = Double(max(found.left.count, found.right.count) / max(found.count, 1))
            let values = found.values.map(Double.init)
            let floor = noise + 0x1p-24 * longest.squareRoot() * (values.first ?? 0)
            let real = values.filter { $0 > floor }
            guard !real.isEmpty else { return 1 }
            let lost = values.dropFirst(real.count).reduce(0) { $0 + $1 * $1 }
            let wanted = share * (found.energy - lost)
            var held = 0.0
            for (index, value) in real.enumerated() {
                held += value * value
                if held >= wanted { return index + 1 }
            }
            return real.count
        }
    }

    func facts(of path: String) -> ExtractedModule {
        ExtractedModule(
            path: path, rank: rank, relativeChange: relativeChange, energy: energy,
            heldEnergy: min(heldEnergy, energy), isApproximate: isApproximate)
    }
}

/// How far two stored tensors of one shape are apart, in fp32.
struct WeightDifference {
    /// ‖W₂ − W₁‖².
    private(set) var squares = 0.0
    private var baseSquares = 0.0

    /// ‖W₂ − W₁‖ / ‖W₁‖.
    var relativeChange: Double { baseSquares > 0 ? (squares / baseSquares).squareRoot() : .infinity }

    private var rows = 0
    private var columns = 0

    /// How strong a direction of what rounding to floats of `type` leaves may be: a matrix of so many numbers, each of the size of
    /// its rounding, has none that is stronger. Of blocks nothing is known.
    func noise(_ type: DType) -> Double {
        // The largest error of a number of the usual size. Its root mean square is two fifths of that, which few small matrices pass
        // by as much again.
        let steps: [DType: Double] = [.f32: 0x1p-24, .f16: 0x1p-11, .bf16: 0x1p-8]
        guard let step = steps[type], rows * columns > 0 else { return 0 }
        let size = (baseSquares / Double(rows * columns)).squareRoot()
        return 0.75 * (Double(rows).squareRoot() + Double(columns).squareRoot()) * step * size
    }

    /// Numbers looked at together.
    private static let blockElements = 1 << 21

    /// - Parameter matrix: takes W₂ − W₁; nil: it is only measured.
    init(_ base: FrozenTensor, _ tuned: FrozenTensor, into matrix: Matrix? = nil) {
        let (base, tuned) = (base.asColumn, tuned.asColumn)
        let columns = base.shape.sizes.last ?? 1, rows = columns > 0 ? base.elementCount / columns : 0
        (self.rows, self.columns) = (rows, columns)
        let step = max(1, Self.blockElements / max(columns, 1))
        let workspace = Workspace()
        defer { withExtendedLifetime(workspace) {} }
        for start in stride(from: 0, to: rows, by: step) {
            let range = start..<min(rows, start + step)
            workspace.scoped {
                let change = matrix?.rows(range) ?? workspace.matrix(rows: range.count, columns: columns)
                let other = workspace.matrix(rows: range.count, columns: columns)
                Widening.widen(base, rows: range, into: other)
                Widening.widen(tuned, rows: range, into: change)
                baseSquares += Elements.sumOfSquares(UnsafeBufferPointer(other.floats))
                Elements.scale(other, by: -1)
                Elements.add(other, into: change)
                squares += Elements.sumOfSquares(UnsafeBufferPointer(change.floats))
            }
        }
    }
}
