// What is projected from one input: query, key and value; gate and up. Each part by a layer of its own, or all by one layer whose
// columns are shared out. N rows.

import Kernels
import Tensors

/// The layers of one input, and which part of the result each gives.
struct Projection {
    /// One for each part, or one for all.
    let layers: [LinearLayer]
    /// How the columns of one layer for all are shared out; nil where each part has its layer.
    let columns: ColumnParts?

    /// A layer for each part.
    init(separate layers: [LinearLayer]) {
        self.layers = layers
        columns = nil
    }

    /// One layer for parts of these widths.
    init(_ layer: LinearLayer, parts widths: [Int], blocks: Int) {
        layers = [layer]
        columns = ColumnParts(widths: widths, blocks: blocks)
        precondition(layer.outputSize == columns?.width)
    }

    var inputSize: Int { layers[0].inputSize }

    /// Room for what the layers' adapters leave for the way back.
    func adapterRows(_ rows: Int, _ context: PassContext) -> [AdapterRows?] {
        layers.map { context.adapterRows($0, rows: rows) }
    }

    /// The parts of what the layers give for `x` `[n, in]` in generation, fp32, into `parts`.
    func generate(_ x: Matrix, into parts: [Matrix], _ pass: GenerationPass) {
        guard let columns else { return LinearLayer.generate(Array(zip(layers, parts)), x, pass) }
        pass.workspace.scoped {
            let whole = pass.matrix(x.rows, columns.width)
            LinearLayer.generate([(layers[0], whole)], x, pass)
            pass.context.compute {
                for (index, part) in parts.enumerated() { columns.take(index, of: whole, into: part) }
            }
        }
    }
}

/// A projection forward in one loop over rows, straight into parts.
struct ProjectionForward {
    private let passes: [LayerPass?]
    private let columns: ColumnParts?
    private let whole: RowScratch?

    /// Takes the room that the loop needs.
    /// - Parameter panels: of all layers, or of one in each of several loops.
    init(_ projection: Projection, _ panels: LayerPanels, _ kept: [AdapterRows?], _ context: PassContext) {
        passes = zip(projection.layers, kept).map { panels.whereLaidOut($0, $1) }
        columns = projection.columns
        whole = columns.map { context.scratch(columns: $0.width) }
    }

    /// Gives the parts of `x` `[n, in]` to `parts`, all of the block's rows, and calls `done` with the number of each that is there.
    func callAsFunction(_ x: Matrix, into parts: [Matrix], _ block: RowBlock, _ done: (Int) -> Void) {
        guard let columns, let whole else {
            for (index, pass) in passes.enumerated() {
                guard let pass else { continue }
                pass.forward(x, into: parts[index], block)
                done(index)
            }
            return
        }
        guard let pass = passes[0] else { return }
        pass.forward(x, into: whole[block], block)
        for (index, part) in parts.enumerated() {
            columns.take(index, of: whole[block], into: part)
            done(index)
        }
    }
}

/// What the layers of a projection give, or the gradient of that, for all rows.
struct ProjectedRows {
    private let columns: ColumnParts?
    /// `[N, out]` of each layer, in the type of activations.
    let results: [Matrix]

    init(_ projection: Projection, rows: Int, _ context: PassContext) {
        columns = projection.columns
        results = projection.layers.map { context.activations(rows: rows, columns: $0.outputSize) }
    }

    /// Takes the room in which a loop over rows sees the parts.
    func parts(_ context: PassContext) -> ProjectedParts {
        ProjectedParts(
            results: results, columns: columns, scratch: columns?.widths.map { context.scratch(columns: $0) } ?? [])
    }
}

/// The parts of projected rows, block by block: where they are kept, or copies of what one layer gives.
struct ProjectedParts {
    fileprivate let results: [Matrix]
    fileprivate let columns: ColumnParts?
    fileprivate let scratch: [RowScratch]

    /// Where the parts of a block's rows stand: what is in them is not said.
    func rooms(_ block: RowBlock) -> [Matrix] {
        columns == nil ? results.map { $0.rows(block.rows) } : scratch.map { $0[block] }
    }

    /// The parts of a block's rows.
    func take(_ block: RowBlock) -> [Matrix] {
        let rooms = rooms(block)
        if let columns {
            for (index, room) in rooms.enumerated() {
                columns.take(index, of: results[0].rows(block.rows), into: room)
            }
        }
        return rooms
    }

    /// Keeps what was put into the rooms.
    func keep(_ block: RowBlock) {
        guard let columns else { return }
        for (index, room) in rooms(block).enumerated() {
            columns.put(room, at: index, of: results[0].rows(block.rows))
        }
    }
}

/// A projection on the way back.
struct ProjectionBackward {
    private let projection: Projection
    private let kept: [AdapterRows?]
    private let dz: [Matrix?]
    /// Of what the layers give; used up.
    private let gradient: ProjectedRows

    init(
        _ projection: Projection, _ kept: [AdapterRows?], gradient: ProjectedRows, rows: Int, _ context: PassContext
    ) {
        self.projection = projection
        self.kept = kept
        self.gradient = gradient
        dz = projection.layers.map { context.lowRankRows($0, rows: rows) }
    }

    /// Takes the room that a loop over rows needs.
    /// - Returns: gives the gradient of the shared input to `dx` `[n, in]`, fp32; without it, only what the adapters' gradients need
    ///   is computed.
    func step(_ panels: LayerPanels) -> (_ dx: Matrix?, _ block: RowBlock) -> Void {
        let passes = projection.layers.indices.map { panels(projection.layers[$0], kept[$0], dz: dz[$0]) }
        let gradient = gradient
        return { dx, block in
            let parts = zip(passes, gradient.results).map { (pass: $0, dy: $1.rows(block.rows)) }
            guard let dx else {
                for (pass, dy) in parts { pass.backward(dy, block) }
                return
            }
            LayerPass.inputGradient(parts, into: dx, block)
        }
    }

    /// What adds to the adapters' gradients.
    /// - Parameter x: the input, `[N, in]`.
    func sums(x: Matrix) -> [AdapterSum] {
        projection.layers.indices.map {
            AdapterSum(layer: projection.layers[$0], x: x, dy: gradient.results[$0], kept: kept[$0], dz: dz[$0])
        }
    }
}
