import CKernels
public import Tensors

/// Matrices that lie side by side in one: query, key and value in what one layer gives.
///
/// The columns stand in equal blocks, each with its share of every part, one part after the other: one block is `q|k|v`, a block
/// for each head is `q₀|k₀|v₀|q₁|k₁|v₁|…`.
public struct ColumnParts: Sendable, Equatable {
    /// Columns of each part.
    public let widths: [Int]
    public let blocks: Int

    /// - Precondition: each part divides into that many blocks.
    public init(widths: [Int], blocks: Int = 1) {
        precondition(blocks > 0 && !widths.isEmpty && widths.allSatisfy { $0 > 0 && $0 % blocks == 0 })
        self.widths = widths
        self.blocks = blocks
    }

    /// Columns of all parts together.
    public var width: Int { widths.reduce(0, +) }

    /// Part `index` of `whole` `[N, width]` into `part` `[N, widths[index]]`.
    public func take(_ index: Int, of whole: Matrix, into part: Matrix) {
        move(index, whole, part) { lathe_convert($0, whole.type.c, $1, part.type.c, $2) }
    }

    /// `part` `[N, widths[index]]` into its columns of `whole` `[N, width]`.
    public func put(_ part: Matrix, at index: Int, of whole: Matrix) {
        move(index, whole, part) { lathe_convert($1, part.type.c, $0, whole.type.c, $2) }
    }

    /// Adds part `index` of `whole` to part `other`, of one width.
    /// - Precondition: each part is one block.
    public func add(_ index: Int, to other: Int, of whole: Matrix) {
        precondition(blocks == 1 && whole.columns == width && widths[index] == widths[other] && index != other)
        let from = widths[..<index].reduce(0, +), to = widths[..<other].reduce(0, +)
        parallelRanges(whole.rows, grain: whole.rowGrain) { rows in
            for row in rows {
                lathe_add(
                    whole.element(row * width + from), whole.type.c, whole.element(row * width + to), whole.type.c,
                    widths[index])
            }
        }
    }

    /// Calls `body` for each run of neighbouring numbers: where it stands in the whole and in the part, and its length.
    private func move(
        _ index: Int, _ whole: Matrix, _ part: Matrix,
        _ body: (_ whole: UnsafeMutableRawPointer, _ part: UnsafeMutableRawPointer, _ count: Int) -> Void
    ) {
        precondition(whole.columns == width && part.columns == widths[index] && whole.rows == part.rows)
        let start = widths[..<index].reduce(0, +) / blocks, count = widths[index] / blocks, step = width / blocks
        parallelRanges(part.rows, grain: part.rowGrain) { rows in
            for row in rows {
                for block in 0..<blocks {
                    body(
                        whole.element(row * width + block * step + start),
                        part.element(row * part.columns + block * count), count)
                }
            }
        }
    }
}
