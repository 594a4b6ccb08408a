import CKernels
public import Tensors

/// A matrix laid out for products: 64 columns side by side, `[depth, columns]`, zero beyond the last column and, in bf16,
/// beyond an odd depth.
///
/// A frozen weight is widened straight into panels just before its products; so are the factors of adapters.
public struct Panels: @unchecked Sendable {
    /// The summed-over dimension, even for bf16: as many numbers as a row of the left operand must have.
    public let depth: Int
    public let columns: Int
    public let type: ElementType
    let pointer: UnsafeMutableRawPointer

    /// Panels of undefined numbers in `workspace`.
    public init(depth: Int, columns: Int, type: ElementType, in workspace: Workspace) {
        self.depth = Self.paddedDepth(depth, type)
        self.columns = columns
        self.type = type
        pointer = workspace.matrix(rows: self.depth, columns: Self.paddedWidth(columns), type: type).pointer
    }

    static let width = Int(LATHE_PANEL)

    /// `depth`, rounded up to whole pairs where numbers are multiplied in pairs.
    public static func paddedDepth(_ depth: Int, _ type: ElementType) -> Int {
        type == .bf16 ? (depth + 1) / 2 * 2 : depth
    }

    /// Bytes that panels take from a workspace.
    public static func byteCount(depth: Int, columns: Int, type: ElementType) -> Int {
        Workspace.byteCount(rows: paddedDepth(depth, type), columns: paddedWidth(columns), type: type)
    }

    private static func paddedWidth(_ columns: Int) -> Int { (columns + 15) / 16 * 16 }

    /// The panels from column `column` on, a multiple of 64.
    func panel(at column: Int) -> UnsafeMutableRawPointer { pointer + column * depth * type.byteCount }
}

/// One matrix to lay out, and how products will read it.
public struct PanelSource {
    /// How the stored `[rows, columns]` enters a product.
    public enum Reading: Sendable {
        /// `x · Wᵀ`: sums run along the stored rows.
        case transposed
        /// `dy · W`: sums run down the stored columns.
        case plain
    }

    let layout: RowLayout
    let reading: Reading
    /// Where it is laid out.
    public let panels: Panels

    /// - Parameters:
    ///   - layout: a frozen weight, widened from what its file stores, rows in Hugging Face's order; or a factor of an adapter.
    ///   - rows: those of the layout that enter; nil for all.
    ///   - paddingColumns: round the product's columns up to whole pairs, zeros, so that it can be a left operand.
    public init(
        _ layout: RowLayout, rows: Range<Int>? = nil, _ reading: Reading, type: ElementType,
        paddingColumns: Bool = false,
        in workspace: Workspace
    ) {
        self.layout = rows.map { layout.slice($0) } ?? layout
        self.reading = reading
        let (rows, columns) = (self.layout.rows, layout.columns)
        let (depth, width) = reading == .transposed ? (columns, rows) : (rows, columns)
        panels = Panels(
            depth: depth, columns: paddingColumns ? Panels.paddedDepth(width, type) : width, type: type, in: workspace)
    }
}

extension Panels {
    /// Lays out all of `sources` in one go on the pool.
    @discardableResult
    public static func pack(_ sources: [PanelSource]) -> [Panels] {
        // Tasks of as many stored rows as a panel has columns: short enough to share out.
        let grain = width
        var starts = [0]
        for source in sources { starts.append(starts[starts.count - 1] + (source.layout.rows + grain - 1) / grain) }
        parallel(starts[sources.count]) { task, _ in
            let index = (starts.firstIndex { $0 > task } ?? starts.count) - 1
            let first = (task - starts[index]) * grain
            sources[index].pack(first..<min(first + grain, sources[index].layout.rows))
        }
        return sources.map(\.panels)
    }
}

extension PanelSource {
    /// Widens stored rows `rows` and puts them where they belong.
    fileprivate func pack(_ rows: Range<Int>) {
        let type = panels.type, size = type.byteCount
        // Rows as they enter a product; a padded depth ends in zeros.
        let stride = reading == .transposed ? panels.depth : layout.columns
        let buffer = lathe_scratch(1, rows.count * stride * size)
        if stride > layout.columns {
            buffer.initializeMemory(as: UInt8.self, repeating: 0, count: rows.count * stride * size)
        }
        layout.widen(rows, into: buffer, stride: stride, type)
        switch reading {
        case .transposed:
            lathe_panel_from_columns(
                buffer, type.c, stride, rows.count, panels.depth, panels.panel(at: rows.lowerBound))
        case .plain:
            lathe_panels_from_rows(
                buffer, type.c, stride, rows.count, layout.columns, panels.pointer, panels.depth, rows.lowerBound)
        }
    }
}
