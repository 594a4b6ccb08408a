// Where an adapter departs from that begins with B₀·A₀ ≠ 0. PEFT takes s·B₀·A₀ off the base; here the base stays as it is, and the
// adapter adds the difference alone, as one product of twice the rank:
//
//     B·A − B₀·A₀ = [B − B₀ | B₀] · [A ; A − A₀]
//
// Differences are taken before they are rounded, so nothing of a small change is lost, and at the start nothing is added at all.

import Kernels
public import Tensors

/// The factors that an adapter began with, whose product is taken off again; and both together as the factors of one product.
public final class AdapterOrigin {
    /// A₀ `[r, in]` and B₀ `[out, r]`, fp32.
    public let a: Matrix
    public let b: Matrix
    /// Of twice the rank: `[2r, in]` and `[out, 2r]`.
    private let joinedA: Matrix
    private let joinedB: Matrix
    private let buffer: MatrixBuffer
    /// Of the numbers that were joined.
    private var revision: Int?

    /// An origin of zeros for factors of these sizes.
    public init(rank: Int, inputSize: Int, outputSize: Int) {
        let layout = MatrixLayout([
            ("A0", rank, inputSize), ("B0", outputSize, rank), ("A", 2 * rank, inputSize), ("B", outputSize, 2 * rank),
        ])
        buffer = MatrixBuffer(layout)
        let matrices = layout.slots.map(buffer.matrix)
        (a, b, joinedA, joinedB) = (matrices[0], matrices[1], matrices[2], matrices[3])
    }

    /// Bytes that it takes.
    public var byteCount: Int { (a.count + b.count) * 3 * MemoryLayout<Float>.stride }

    /// To be called by whoever has changed its numbers.
    public func changed() { revision = nil }

    /// `[A ; A − A₀]` and `[B − B₀ | B₀]`, made once for each state of the trained numbers.
    func joined(_ trainedA: Matrix, _ trainedB: Matrix, revision: Int) -> (a: Matrix, b: Matrix) {
        guard self.revision != revision else { return (joinedA, joinedB) }
        let rank = a.rows, moved = joinedA.rows(rank..<2 * rank), halves = ColumnParts(widths: [rank, rank])
        Elements.copy(trainedA, into: joinedA.rows(0..<rank))
        Elements.copy(a, into: moved)
        Elements.scale(moved, by: -1)
        Elements.add(trainedA, into: moved)
        let workspace = Workspace()
        workspace.scoped {
            let difference = workspace.matrix(rows: b.rows, columns: rank)
            Elements.copy(b, into: difference)
            Elements.scale(difference, by: -1)
            Elements.add(trainedB, into: difference)
            halves.put(difference, at: 0, of: joinedB)
        }
        halves.put(b, at: 1, of: joinedB)
        self.revision = revision
        return (joinedA, joinedB)
    }
}

extension LowRankAdapter {
    /// Takes the factors as they stand for the origin, where there is one: nothing is added any more.
    public func depart() {
        guard let origin else { return }
        Elements.copy(states[0].values, into: origin.a)
        Elements.copy(states[1].values, into: origin.b)
        origin.changed()
    }
}
