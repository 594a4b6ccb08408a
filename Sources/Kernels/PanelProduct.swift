import CKernels
public import Tensors

/// One summand of a product: rows times panels.
public struct Term {
    let left: Matrix
    public let panels: Panels

    /// - Parameter left: `[N, depth]`, in the panels' type.
    public init(_ left: Matrix, _ panels: Panels) {
        precondition(left.columns == panels.depth && left.type == panels.type, "a term's sizes and types agree")
        self.left = left
        self.panels = panels
    }
}

extension Products {
    /// y[N, C] = alpha · Σ left · panels (+ bias) (+ base), over all terms in one sum that is rounded once.
    ///
    /// A row of `y` depends on its own rows of the operands alone, however rows are cut into calls or shared among threads.
    /// Inside a task of `RowBlocks` it runs on the task's thread.
    /// - Parameters:
    ///   - bias: `[1, C]` fp32.
    ///   - base: `[N, C]` fp32; may be `y`.
    public static func sum(_ terms: [Term], into y: Matrix, alpha: Float = 1, bias: Matrix? = nil, base: Matrix? = nil)
    {
        guard let first = terms.first else { preconditionFailure("a sum of nothing") }
        let columns = first.panels.columns
        precondition(terms.allSatisfy { $0.left.rows == y.rows && $0.panels.columns == columns })
        precondition(y.columns == columns && (base.map { $0.count == y.count } ?? true))
        precondition(bias.map { $0.count == columns } ?? true)
        guard y.rows > 0 else { return }
        let blocks = OutputBlocks(rows: y.rows, columns: columns, threads: Processor.threads, largestRowBlock: 120)
        parallel(blocks.count) { index, _ in
            let (rows, range) = blocks[index]
            let parts = terms.map { term in
                lathe_term(
                    left: term.left.row(rows.lowerBound), stride: term.left.columns,
                    panels: term.panels.panel(at: range.lowerBound), depth: term.panels.depth)
            }
            parts.withUnsafeBufferPointer { parts in
                var product = lathe_panel_product()
                product.type = first.panels.type.c
                (product.rows, product.columns) = (rows.count, range.count)
                (product.terms, product.term_count) = (parts.baseAddress, parts.count)
                product.alpha = alpha
                product.bias = bias.map { UnsafePointer($0.floatPointer + range.lowerBound) }
                product.base = base.map {
                    UnsafePointer($0.floatPointer + rows.lowerBound * columns + range.lowerBound)
                }
                product.base_stride = columns
                product.output = y.element(rows.lowerBound * columns + range.lowerBound)
                product.output_type = y.type.c
                product.output_stride = columns
                lathe_multiply_panels(&product)
            }
        }
    }
}
