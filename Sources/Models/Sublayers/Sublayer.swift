// The parts of a block. Each is described here once, and run by `DecoderBlock` in training and evaluation, by `generate` alone.

import Kernels
import Tensors

/// A part of a block that adds to the residual stream: `x + body(norm(x))`.
///
/// It has a head and a tail, each a row's own affair. Where rows see each other (attention), that is between the two.
protocol Sublayer: AnyObject {
    /// In network order: those of the head, inner ones, then those of the tail.
    var headLayers: [LinearLayer] { get }
    var tailLayers: [LinearLayer] { get }
    /// Those that the sublayer lays out itself when all rows are through its head, since it is known only then which of them rows
    /// go through.
    var innerLayers: [LinearLayer] { get }
    /// All of them, in network order.
    var linearLayers: [LinearLayer] { get }
    /// Norms of the stream, in the order of the way up.
    var norms: [Norm] { get }
    /// Those that are given the same rows, in network order.
    var inputGroups: [[LinearLayer]] { get }
    /// Whether the tail needs the head of other rows: then all rows are through the head before the first enters the tail.
    var mixesRows: Bool { get }

    /// Takes room for what `rows` rows leave for the way back.
    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass

    /// Reads the residual stream `x` `[n, C]` and joins to `y` what it makes of it, in fp32 between products; keeps nothing.
    /// - Parameter y: the stream; `x` itself but where sublayers stand side by side.
    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass)
}

/// One sublayer in one pass, with what it saves: forward.
///
/// `head` and `tail` are called before the loop over blocks of rows, take what room the loop needs, and give the loop's body.
protocol SublayerPass {
    var sublayer: any Sublayer { get }
    /// Where the gradients of what trained norms gave are kept, in the order of the way up.
    var normGradients: [NormGradient] { get }

    /// - Parameter panels: of all layers of the head, or of one in each of several loops.
    /// - Returns: takes rows of the stream `[n, C]`, fp32.
    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void

    /// Called when all rows are through the head, where the sublayer mixes rows.
    /// - Returns: takes rows of the stream, and gives those that come out to `y`, which may be the same rows; nil where
    ///   these are not asked for, but only what is saved.
    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void

    /// Takes room for the gradients that sums over all rows need.
    func backward() -> any SublayerBackward
}

/// One sublayer on the way back, from its tail to its head. Only gradients of inputs and of adapters.
///
/// It uses up what the pass saved.
protocol SublayerBackward {
    /// - Returns: takes rows of the gradient of the stream `[n, C]`, fp32, which passes through to the sublayer's input.
    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void

    /// Called when all rows are through the tail, where the sublayer mixes rows.
    /// - Parameter needsInput: nothing below is trained where it is false: `dx` stays as it is.
    /// - Returns: adds the gradient of the head's input to `dx`.
    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void

    /// What adds to the adapters' gradients when all rows are through, in network order.
    var sums: [AdapterSum] { get }
}

extension Sublayer {
    var innerLayers: [LinearLayer] { [] }
    var linearLayers: [LinearLayer] { headLayers + innerLayers + tailLayers }
    var inputGroups: [[LinearLayer]] { [headLayers, tailLayers].filter { !$0.isEmpty } }
}

extension Matrix {
    /// The same numbers as `[rows · parts, columns / parts]`: a row a head.
    func split(into parts: Int) -> Matrix {
        precondition(columns % parts == 0)
        return Matrix(pointer: pointer, rows: rows * parts, columns: columns / parts, type: type)
    }

    /// The rows that stand for `range` where each has `parts` of them.
    func rows(_ range: Range<Int>, times parts: Int) -> Matrix {
        rows(range.lowerBound * parts..<range.upperBound * parts)
    }
}
