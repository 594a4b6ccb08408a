// What an adapter does in passes: the seam between the network, which knows layers, and the methods, which know their mathematics.

import Kernels
import Tensors

/// An adapter with its layer in one direction of a pass, block by block of rows. W and what is added to its product enter one sum
/// that is rounded once, so the layer's own product is the method's affair too.
///
/// N rows; x `[N, in]`, y and dy `[N, out]`, in the type of activations.
protocol AdapterPass: SendableMetatype {
    /// Takes room for what `rows` rows leave for the way back, beside z.
    static func keeping(_ layer: LinearLayer, _ adapter: LowRankAdapter, rows: Int, _ context: PassContext) -> [Matrix]

    /// Whether the way back needs the layer's weight, even where nothing below is trained.
    static func readsWeightBackward(_ adapter: LowRankAdapter) -> Bool

    /// Takes the room that a loop over rows needs.
    init(_ site: AdapterSite)

    // MARK: Forward

    /// `y = …`, or `base + …`, for the rows of a block, with the layer's bias. Without `y` only what the way back needs is computed.
    /// - Parameters:
    ///   - x: the block's rows; `y` and `base` likewise hold these only.
    ///   - base: fp32; may be `y`.
    func forward(_ x: Matrix, into y: Matrix?, base: Matrix?, _ block: RowBlock)

    /// What the layer reads in generation in the place of x `[n, in]`, fp32; nil: x itself.
    static func input(_ x: Matrix, _ adapter: LowRankAdapter, _ context: PassContext) -> Matrix?

    /// What is left to do for y `[n, out]`, fp32, in generation, when it is x·Wᵀ + s·(x·Aᵀ)·Bᵀ: the bias, and what the method does
    /// before or after it.
    static func finish(_ y: Matrix, _ layer: LinearLayer, _ adapter: LowRankAdapter)

    // MARK: Backward

    /// Computes what sums over all rows need, for the rows of a block.
    /// - Parameter dy: the block's rows; may be changed to what `gradients` wants of them.
    /// - Returns: whose sum is the gradient of the input, but for what went through a mask; valid until the block is left.
    func backward(_ dy: Matrix, _ block: RowBlock) -> [Term]

    /// Adds what is no term to the gradient of the input, fp32, after all terms of a block were summed: what went through a mask, or
    /// is multiplied by factors.
    func addRest(into dx: Matrix, _ block: RowBlock)

    /// What adds to the gradients of the adapter's states when all rows are through.
    /// - Parameters:
    ///   - x: `[N, in]`, as the adapter saw it.
    ///   - factors: where those of A and B are added; nil where there are none.
    static func gradients(
        _ sum: AdapterSum, x: Matrix, _ adapter: LowRankAdapter, _ factors: FactorPair?, _ context: PassContext
    ) -> [GradientProduct]
}

extension AdapterPass {
    static func readsWeightBackward(_ adapter: LowRankAdapter) -> Bool { false }
    static func keeping(_ layer: LinearLayer, _ adapter: LowRankAdapter, rows: Int, _ context: PassContext) -> [Matrix]
    { [] }
    static func input(_ x: Matrix, _ adapter: LowRankAdapter, _ context: PassContext) -> Matrix? { nil }
    static func finish(_ y: Matrix, _ layer: LinearLayer, _ adapter: LowRankAdapter) {
        layer.bias.map { Elements.addBias($0, to: y) }
    }
}

/// What an adapter leaves of the way up for the way back.
struct AdapterRows {
    /// z `[N, r]`, r rounded up to whole pairs; without columns where there are no factors.
    let z: Matrix
    /// The method's own, as its `keeping` took it.
    let own: [Matrix]
}

/// What a method computes with: a layer and its adapter, laid out for one direction.
struct AdapterSite {
    let layer: LinearLayer
    let adapter: LowRankAdapter
    /// Nil on the way back where nothing below is trained.
    let weight: Panels?
    /// Those of A and B; nil where there are none.
    let factors: (a: Panels, b: Panels)?
    let kept: AdapterRows
    /// dz `[N, r]`, on the way back.
    let dz: Matrix?
    /// Room for a masked input; nil where nothing is dropped.
    let masked: RowScratch?
    let context: PassContext

    var a: Panels { laidOut.a }
    var b: Panels { laidOut.b }
    private var laidOut: (a: Panels, b: Panels) {
        guard let factors else { preconditionFailure("an adapter without factors") }
        return factors
    }

    /// The layer's b `[1, out]`, fp32.
    var bias: Matrix? { context.bias(of: layer) }
}
