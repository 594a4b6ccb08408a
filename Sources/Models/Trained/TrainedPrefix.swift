// Prefix tuning (Li and Liang, 2021): keys and values of each layer that stand before those of every text and are trained. In passes they
// have rows of their own, of tokens that no text has: what such a row projects to is replaced, so that positions, masks, windows and
// caches see a token there, and nothing goes back through it.
//
//     up: key, value of row p of layer l = prefix[p, l]        back: dprefix[p, l] += dkey, dvalue, which then are 0

import Kernels
import Tensors

/// The sizes of the keys and values that a row has in all blocks.
public struct KeyValueSizes: Sendable, Equatable {
    public let layers: Int
    /// Heads of keys and values in a layer.
    public let heads: Int
    public let headWidth: Int

    /// Numbers of a row's keys, or values, in a layer.
    public var width: Int { heads * headWidth }
    /// Numbers of a row's keys and values in all layers.
    public var columns: Int { 2 * layers * width }
}

extension ModelConfiguration {
    /// Those of its rows; nil where layers differ in them.
    var keyValueSizes: KeyValueSizes? {
        guard let first = blocks.first?.attention.shape else { return nil }
        let areAlike = blocks.allSatisfy {
            $0.attention.shape.groups == first.groups && $0.attention.shape.headWidth == first.headWidth
        }
        return areAlike ? KeyValueSizes(layers: blocks.count, heads: first.groups, headWidth: first.headWidth) : nil
    }
}

/// Keys and values before those of each text, with their gradients.
struct TrainedPrefix {
    /// What is kept of a row in a layer, in the order of its columns.
    enum Kind: Int { case keys, values }

    /// Of its rows: ids after the vocabulary's.
    let tokens: [Int32]
    /// `[P, columns]`: of each layer the keys and then the values.
    let matrix: TrainedMatrix

    /// Puts those of layer `layer` into their rows of `x` `[n, G·D]`.
    func put(_ kind: Kind, layer: Int, positions: UnsafeBufferPointer<Int32>, into x: Matrix) {
        Attention.putPrefix(
            matrix.values, from: (2 * layer + kind.rawValue) * x.columns, positions: positions, into: x)
    }

    /// Takes the gradients of those rows out of `shares`, each query head's own `[N, H·D]`.
    func take(
        _ kind: Kind, layer: Int, _ shape: AttentionShape, positions: UnsafeBufferPointer<Int32>, from shares: [Matrix]
    ) {
        Attention.takePrefix(
            shares, groups: shape.groups, headWidth: shape.headWidth, positions: positions,
            addedTo: matrix.gradients, from: (2 * layer + kind.rawValue) * shape.keyValueWidth)
    }
}
