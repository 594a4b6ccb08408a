// What one block's forward leaves for its backward. Rows N, width C, heads H of width D, key heads G, MLP width F.

import Kernels
import Tensors

/// The saved values of one block, all but the small ones in the type of activations. Normed inputs and the product inside the MLP
/// are not among them: backward makes them again from what is here, which costs a few per cent of a product and saves a third
/// of the memory.
struct BlockActivations {
    /// The residual stream before the block, `[N, C]`.
    let input: Matrix
    /// `[N, 1]`, fp32, of the norm before attention.
    let inputInverseRMS: Matrix
    /// After their rotation: `[N, H·D]`, `[N, G·D]`, `[N, G·D]`.
    let query: Matrix
    let key: Matrix
    let value: Matrix
    /// Before their norms, where the family has these; with them `[N·H, 1]` and `[N·G, 1]`.
    let rawQuery: Matrix?
    let rawKey: Matrix?
    let queryInverseRMS: Matrix?
    let keyInverseRMS: Matrix?
    /// What attention gives, `[N, H·D]`.
    let attended: Matrix
    /// `[N, H]`, fp32: the softmax's denominator, for backward.
    let logSumExp: Matrix
    /// The residual stream between attention and MLP, `[N, C]`.
    let middle: Matrix
    let middleInverseRMS: Matrix
    /// `[N, F]`.
    let gate: Matrix
    let up: Matrix
    /// z of each adapter, `[N, r]` with r rounded up to whole pairs, in the order of `DecoderBlock.linearLayers`.
    let low: [Matrix?]

    init(rows: Int, block: DecoderBlock, _ context: PassContext) {
        let shape = block.configuration
        input = context.activations(rows: rows, columns: shape.width)
        inputInverseRMS = context.residual(rows: rows, columns: 1)
        query = context.activations(rows: rows, columns: shape.queryWidth)
        key = context.activations(rows: rows, columns: shape.keyValueWidth)
        value = context.activations(rows: rows, columns: shape.keyValueWidth)
        if shape.hasQueryKeyNorm {
            rawQuery = context.activations(rows: rows, columns: shape.queryWidth)
            rawKey = context.activations(rows: rows, columns: shape.keyValueWidth)
            queryInverseRMS = context.residual(rows: rows * shape.heads, columns: 1)
            keyInverseRMS = context.residual(rows: rows * shape.keyValueHeads, columns: 1)
        } else {
            (rawQuery, rawKey, queryInverseRMS, keyInverseRMS) = (nil, nil, nil, nil)
        }
        attended = context.activations(rows: rows, columns: shape.queryWidth)
        logSumExp = context.residual(rows: rows, columns: shape.heads)
        middle = context.activations(rows: rows, columns: shape.width)
        middleInverseRMS = context.residual(rows: rows, columns: 1)
        gate = context.activations(rows: rows, columns: shape.mlpWidth)
        up = context.activations(rows: rows, columns: shape.mlpWidth)
        low = block.linearLayers.map { $0.low(rows: rows, context) }
    }
}

extension LinearLayer {
    /// A buffer for z or its gradient; nil where there is no adapter.
    func low(rows: Int, _ context: PassContext) -> Matrix? {
        adapter.map { context.activations(rows: rows, columns: Panels.paddedDepth($0.rank, context.precision)) }
    }
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
