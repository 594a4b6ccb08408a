import CKernels
public import Tensors

/// Few rows to be multiplied with stored weights: as they are, and as whole numbers of 16 bits with a scale for each
/// 32, which is what weights made of integers are multiplied with.
public struct RowInput {
    /// `[n, in]`, fp32.
    public let floats: Matrix
    let integers: lathe_integers?

    /// Rows that are multiplied as they are, whatever the weights are made of.
    public init(exact floats: Matrix) {
        precondition(floats.type == .f32)
        self.floats = floats
        integers = nil
    }

    /// Rows with their whole numbers, kept in `workspace` until the end of the enclosing scope. Rows that are not whole
    /// blocks of 32 have none. Where the workspace only counts, none are computed.
    public init(rounded floats: Matrix, workspace: Workspace) {
        precondition(floats.type == .f32)
        self.floats = floats
        guard floats.columns % 32 == 0, floats.rows > 0 else {
            integers = nil
            return
        }
        let (rows, columns) = (floats.rows, floats.columns), blocks = columns / 32
        // A workspace gives fp32 numbers: four bytes each.
        let numbers = workspace.matrix(rows: rows, columns: columns / 2).pointer.assumingMemoryBound(to: Int8.self)
        let facts = workspace.matrix(rows: rows, columns: blocks * MemoryLayout<lathe_block_facts>.stride / 4).pointer
            .assumingMemoryBound(to: lathe_block_facts.self)
        integers = lathe_integers(numbers: numbers, facts: facts, rows: rows, columns: columns)
        guard !workspace.measures else { return }
        let from = floats.floatPointer
        parallelRanges(rows, grain: max(1, 8192 / columns)) { range in
            let first = range.lowerBound
            lathe_quantise(
                from + first * columns, range.count * blocks, numbers + 2 * first * columns, facts + first * blocks)
        }
    }
}
