// Sequences of one pass that have adapters of their own: each weight of the base is read once for all, and what an adapter adds is
// computed for its rows.

import Kernels
import Tensors

/// Neighbouring rows of a pass, and what acts on them beside the base.
struct AdaptedRows {
    let rows: Range<Int>
    let adapters: AdapterBinding
}

extension AdapterBinding {
    /// Whether its rows may stand in a pass beside those of others: what it changes of the base, it adds to products or multiplies
    /// them by. Weights, norms and tables of its own are another base.
    var mixes: Bool { parts == nil && changedHead == nil && !foldsWeights }
}

/// Which sequences go through the base together.
struct MixedPasses {
    /// One pass: the places of its sequences, those with the same adapters side by side.
    struct Pass {
        let places: [Int]
        let groups: [AdaptedRows]

        /// What acts in the pass as a whole: of several groups each brings its own.
        var adapters: AdapterBinding { groups.count == 1 ? groups[0].adapters : .none }
    }

    let passes: [Pass]

    /// - Parameter adapters: of each sequence.
    init(_ adapters: [AdapterBinding]) {
        var alike: [[Int]] = []
        for (place, binding) in adapters.enumerated() {
            if let group = alike.firstIndex(where: { adapters[$0[0]].isSame(as: binding) }) {
                alike[group].append(place)
            } else {
                alike.append([place])
            }
        }
        let (mixed, others) = (
            alike.filter { adapters[$0[0]].mixes }, alike.filter { !adapters[$0[0]].mixes }
        )
        passes = (others.map { [$0] } + (mixed.isEmpty ? [] : [mixed])).map { groups in
            var start = 0
            return Pass(
                places: groups.flatMap { $0 },
                groups: groups.map { group in
                    defer { start += group.count }
                    return AdaptedRows(rows: start..<start + group.count, adapters: adapters[group[0]])
                })
        }
    }
}

extension GenerationPass {
    /// `x` `[n, in]`, fp32, as `layer` reads it: with the rows in its place that adapters change before the product; nil where none
    /// does.
    func adaptedInput(_ x: Matrix, of layer: LinearLayer) -> Matrix? {
        let changed = groups.compactMap { group in
            group.adapters[layer].flatMap { adapter in
                adapter.method.pass.input(x.rows(group.rows), adapter, context).map { (group.rows, $0) }
            }
        }
        guard let first = changed.first, groups.count > 1 else { return changed.first?.1 }
        let whole = matrix(x.rows, first.1.columns)
        context.compute {
            Elements.copy(x, into: whole)
            for (rows, part) in changed { Elements.copy(part, into: whole.rows(rows)) }
        }
        return whole
    }

    /// The same pass for some of its rows, ascending; nil where only memory is counted, of `count` rows.
    func gathering(_ rows: ArraySlice<Int32>?, count: Int) -> GenerationPass {
        var pass = self
        guard let rows else {
            pass.groups = [AdaptedRows(rows: 0..<count, adapters: groups[0].adapters)]
            return pass
        }
        var start = 0
        pass.groups = groups.compactMap { group in
            let own = rows.count { group.rows.contains(Int($0)) }
            defer { start += own }
            return own == 0 ? nil : AdaptedRows(rows: start..<start + own, adapters: group.adapters)
        }
        return pass
    }
}
