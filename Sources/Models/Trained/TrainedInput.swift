// What of the first rows of the stream is trained: the tables that tokens and positions are looked up in, or some rows of one.

import Kernels
import Tensors

extension InputEmbedding {
    /// Puts the rows of tokens that have trained ones into the place of the table's, `[N, C]`, before they are scaled.
    func replaceRows(_ x: Matrix, of ids: [Int32], _ parts: TrainedParts?) {
        for rows in parts?.inputRows ?? [] {
            for (row, id) in ids.enumerated() {
                guard let place = rows.places[id].map(Int.init) else { continue }
                Elements.copy(rows.matrix.values.rows(place..<place + 1), into: x.rows(row..<row + 1))
            }
        }
    }

    /// Adds to the gradients of what is trained, row after row.
    /// - Parameters:
    ///   - dx: of the first rows of the stream `[N, C]`, fp32, which is used up.
    ///   - positions: of each token in its text, from 0.
    func backward(_ dx: Matrix, _ ids: [Int32], at positions: some Collection<Int32>, _ context: PassContext) {
        guard let parts = context.adapters.parts, parts.trainsInput else { return }
        context.compute {
            if let table = parts.positions, let learned = spec.positions {
                learned.rows(of: ids, at: positions).withUnsafeBufferPointer {
                    Elements.scatterAddRows(dx, $0, into: table.gradients)
                }
            }
            if spec.scale != 1 { Elements.scale(dx, by: spec.scale) }
            if let table = parts.embedding {
                ids.withUnsafeBufferPointer { Elements.scatterAddRows(dx, $0, into: table.gradients) }
            }
            for rows in parts.inputRows {
                for (row, id) in ids.enumerated() {
                    guard let place = rows.places[id].map(Int.init) else { continue }
                    Elements.add(dx.rows(row..<row + 1), into: rows.matrix.gradients.rows(place..<place + 1))
                }
            }
        }
    }
}
