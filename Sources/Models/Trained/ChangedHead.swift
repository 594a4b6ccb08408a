// The head's weight with what is trained of it: in fp32, in memory of its own, and changed when the numbers have changed.

import Kernels
import Tensors

/// A head that is neither the base's own nor trained whole: with an adapter, or with rows of its own.
final class ChangedHead {
    private let stored: FrozenTensor
    private let adapter: LowRankAdapter?
    private let rows: TrainedParts.Rows?
    private let parts: TrainedParts?
    private var made: (revision: Int, tensor: FrozenTensor)?
    /// The stored weight with rows of its own; nil before it is first asked for.
    private var table: Table?

    /// Nil where the head is the base's own.
    init?(of model: LanguageModel, _ adapter: LowRankAdapter?, _ parts: TrainedParts?) {
        guard adapter != nil || parts?.headRows != nil else { return nil }
        (stored, self.adapter, self.parts) = (model.storedHead, adapter, parts)
        rows = parts?.headRows
    }

    /// `[V, C]`.
    /// - Parameter measures: whether only memory is counted: the stored weight then stands for it, which passes take as
    ///   much for.
    func tensor(measures: Bool) -> FrozenTensor {
        guard !measures else { return stored }
        let revision = (adapter?.revision ?? 0) + (parts?.revision ?? 0)
        if let made, made.revision == revision { return made.tensor }
        // Two copies at once would be one too many.
        made = nil
        let tensor = make()
        made = (revision, tensor)
        return tensor
    }

    /// Copies of the weight that are held.
    var copies: Int { (rows == nil ? 0 : 1) + (adapter == nil ? 0 : 1) }

    private func make() -> FrozenTensor {
        let table = rows.map(replacing) ?? stored
        return adapter.map { Self.adapted(table, by: $0) } ?? table
    }

    /// The stored weight with rows of its own, of which alone a step changes numbers.
    private func replacing(_ rows: TrainedParts.Rows) -> FrozenTensor {
        let table = table ?? Table(stored)
        self.table = table
        for (place, token) in rows.tokens.enumerated() {
            Elements.copy(
                rows.matrix.values.rows(place..<place + 1), into: table.matrix.rows(Int(token)..<Int(token) + 1))
        }
        return table.tensor
    }

    /// A weight in fp32, in memory that is held here.
    private struct Table {
        private let buffer: MatrixBuffer
        let matrix: Matrix
        /// A view.
        let tensor: FrozenTensor

        init(_ stored: FrozenTensor) {
            let layout = MatrixLayout([(name: stored.name, rows: stored.shape[0], columns: stored.shape[1])])
            buffer = MatrixBuffer(layout)
            matrix = buffer.matrix(layout.slots[0])
            Widening.widen(stored, into: matrix)
            let storage = Storage(bytes: UnsafeRawBufferPointer(start: matrix.pointer, count: matrix.byteCount)) {}
            tensor = FrozenTensor(
                name: stored.name, dtype: .f32, shape: stored.shape, storage: storage, byteOffset: 0)
        }
    }

    /// W with the adapter merged into it: in fp32, or in its own blocks where these take the change.
    private static func adapted(_ head: FrozenTensor, by adapter: LowRankAdapter) -> FrozenTensor {
        let (rows, columns) = (head.shape[0], head.shape[1])
        precondition(adapter.inputSize == columns && adapter.outputSize == rows, "adapter of other sizes")
        if let folding = adapter.method.folding { return folding.weight(adapter, head) }
        let storage = Storage(byteCount: rows * columns * 4) { bytes in
            guard let start = bytes.baseAddress else { return }
            let sum = Matrix(pointer: start, rows: rows, columns: columns, type: .f32)
            Widening.widen(head, into: sum)
            let workspace = Workspace()
            let step = max(1, (1 << 20) / max(columns, 1))
            let ranges = stride(from: 0, to: rows, by: step).map { $0..<min($0 + step, rows) }
            adapter.withFactors { factors in
                for range in ranges {
                    workspace.scoped {
                        let product = workspace.matrix(rows: range.count, columns: columns)
                        Products.times(factors.b.rows(range), factors.a, into: product, alpha: adapter.scale)
                        Elements.add(product, into: sum.rows(range))
                    }
                }
            }
            for range in ranges {
                let part = sum.rows(range)
                adapter.factors(of: part, firstRow: range.lowerBound)?.apply(to: part)
            }
        }
        return FrozenTensor(name: head.name, dtype: .f32, shape: head.shape, storage: storage, byteOffset: 0)
    }
}
