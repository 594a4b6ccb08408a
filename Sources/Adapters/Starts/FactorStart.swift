// How A and B begin where that is not with numbers of their own alone: each start is a value in a file of its own.

import Models
import Tensors
import Vocabulary

/// A way for the factors of one layer to begin.
protocol FactorStart {
    /// Throws where the factors cannot begin so.
    func require(_ site: StartSite) throws(AdapterError)

    /// Fills `site.a` and `site.b`; leaves them as they are where nothing speaks for other numbers.
    func fill(_ site: StartSite) throws
}

extension FactorStart {
    func require(_ site: StartSite) throws(AdapterError) {}
}

/// A layer with the factors that are to begin.
struct StartSite {
    let path: String
    /// W `[out, in]` of the base.
    let weight: FrozenTensor
    /// The factor of B·A.
    let scale: Float
    /// A `[r, in]` and B `[out, r]`, fp32.
    let a: Matrix
    let b: Matrix
    /// Draws of the run's seed, and the layer's place among those that draw.
    let random: RandomStream
    let stream: UInt32

    var rank: Int { a.rows }

    /// Throws where `count` directions are more than W has.
    func requireDirections(_ count: Int, _ start: AdapterStart) throws(AdapterError) {
        let most = min(a.columns, b.rows)
        guard count > most else { return }
        throw AdapterError(
            "init_lora_weights: \(start.name) needs \(count) directions of a weight that has \(most): lower adapter.r, or "
                + "give the module a rank of its own in adapter.rank_pattern", subject: path)
    }
}
