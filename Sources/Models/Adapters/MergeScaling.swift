// What a merge does with W + s·B·A beside the sum: some methods multiply rows or columns of it.

import Kernels
public import Tensors

/// Factors of a merged weight.
enum MergeScaling: Sendable {
    /// A factor for each row, of a sum whose rows are given from one on.
    case rows(@Sendable (_ sum: Matrix, _ firstRow: Int, _ own: [[Float]]) -> [Float])
    /// A factor for each output, the bias's number included.
    case outputs(@Sendable (_ own: [[Float]]) -> [Float])
    /// A factor for each input.
    case inputs(@Sendable (_ own: [[Float]]) -> [Float])
}

/// By what rows, or columns, of a sum are multiplied.
public enum ScalingFactors: Sendable {
    case ofRows([Float])
    case ofColumns([Float])

    /// The factor of a number.
    public subscript(row: Int, column: Int) -> Float {
        switch self {
        case .ofRows(let factors): factors[row]
        case .ofColumns(let factors): factors[column]
        }
    }

    /// Multiplies `matrix`, whose rows are those that the factors are of.
    public func apply(to matrix: Matrix) {
        switch self {
        case .ofRows(let factors): Elements.scaleRows(matrix, by: factors)
        case .ofColumns(let factors): ColumnFactors.scale(matrix, by: factors)
        }
    }
}

extension AdapterMethod {
    /// Whether a merge does more than to add B·A.
    public func scales(_ layout: StateLayout) -> Bool { scaling?(layout) != nil }

    /// By what a merge multiplies W + s·B·A; nil: by nothing.
    /// - Parameters:
    ///   - sum: some rows of W + s·B·A, fp32.
    ///   - firstRow: the row of the weight that `sum` begins with.
    ///   - own: the numbers of the states beside A and B, all of each.
    public func factors(of sum: Matrix, firstRow: Int, own: [[Float]], _ layout: StateLayout) -> ScalingFactors? {
        switch scaling?(layout) {
        case nil: nil
        case .rows(let factors): .ofRows(factors(sum, firstRow, own))
        case .outputs(let factors): .ofRows(Array(factors(own)[firstRow..<firstRow + sum.rows]))
        case .inputs(let factors): .ofColumns(factors(own))
        }
    }

    /// By what a merge multiplies the layer's bias; nil: by nothing.
    public func biasFactors(own: [[Float]], _ layout: StateLayout) -> [Float]? {
        guard case .outputs(let factors) = scaling?(layout) else { return nil }
        return factors(own)
    }
}
