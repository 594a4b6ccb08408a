// How the rows of a text become the one row that stands for it.

import Kernels
public import Tensors

/// What stands for a text.
public enum Pooling: Sendable, Equatable, CaseIterable {
    /// The mean of its rows.
    case mean
    /// Its first row: `[CLS]`.
    case first
    /// Its last row.
    case last

    /// The rows that a pass has to hand over.
    public var reads: ReadRows {
        switch self {
        case .mean: .all
        case .first: .first
        case .last: .last
        }
    }
}

extension HeadRows {
    /// What stands for each text of the batch, `[E, C]`, fp32, into `pooled`.
    /// - Precondition: the batch reads what `pooling` needs.
    public func pool(_ pooling: Pooling, into pooled: Matrix) {
        precondition(measures || batch.reads == pooling.reads, "the pass has handed over other rows")
        context.compute {
            switch pooling {
            case .mean: RowMeans.forward(hidden, bounds: batch.bounds, into: pooled)
            case .first, .last: Conversion.convert(hidden, into: pooled)
            }
        }
    }

    /// Puts into `gradient` what follows there from the gradient of `pooled`, `[E, C]`, fp32.
    /// - Precondition: there is a `gradient`.
    public func poolBackward(_ pooling: Pooling, _ dPooled: Matrix) {
        precondition(gradient != nil, "this pass does not go back")
        guard let gradient else { return }
        context.compute {
            switch pooling {
            case .mean: RowMeans.backward(dPooled, bounds: batch.bounds, into: gradient)
            case .first, .last: Conversion.convert(dPooled, into: gradient)
            }
        }
    }
}
