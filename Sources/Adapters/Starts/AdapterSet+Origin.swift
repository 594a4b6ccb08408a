// Where adapters depart from that begin with a product: the matrices that are kept for it, and the same adapters without it.

import Models
public import Tensors
import Vocabulary

extension AdapterConfiguration {
    /// The member of a checkpoint's configuration that names a start with an origin.
    static let startKey = "lathe_start"

    /// Throws where the start does not go with the rest.
    func validateStart() throws(AdapterError) {
        guard start != .kaiming else { return }
        guard AdapterMethod.of(method).words.type == PEFTWords.loraType else {
            throw AdapterError(
                "init_lora_weights: \(start.name) is for factors as lora and dora have them", subject: "adapter.method",
                found: method.rawValue)
        }
        guard !start.hasOrigin || dropout == 0 else {
            throw AdapterError(
                "init_lora_weights: \(start.name) takes no dropout, since the base has the start's share of the product: set "
                    + "adapter.dropout to 0", subject: "adapter.dropout", found: "\(dropout)")
        }
    }

    /// Room for the origin of factors of these sizes; nil where there is none.
    func origin(_ slots: [MatrixSlot]) -> AdapterOrigin? {
        guard start.hasOrigin else { return nil }
        return AdapterOrigin(rank: slots[0].rows, inputSize: slots[0].columns, outputSize: slots[1].rows)
    }

    /// What says the same of adapters of twice the rank.
    fileprivate var doubled: AdapterConfiguration {
        var doubled = self
        let factor = usesRankStabilisation ? 2.0.squareRoot() : 2
        doubled.start = .kaiming
        doubled.rank *= 2
        doubled.alpha *= factor
        doubled.rankOverrides = rankOverrides.map { Override(pattern: $0.pattern, value: $0.value * 2) }
        doubled.alphaOverrides = alphaOverrides.map { Override(pattern: $0.pattern, value: $0.value * factor) }
        return doubled
    }
}

extension AdapterSet {
    /// The matrices of the origins, which nothing trains, by the names that checkpoints give them.
    public var originMatrices: [(name: String, matrix: Matrix)] {
        members.flatMap { member in
            member.adapter.origin.map { origin in
                [("\(member.path).lora_A0.weight", origin.a), ("\(member.path).lora_B0.weight", origin.b)]
            } ?? []
        }
    }

    /// Bytes of the origins, and of what is computed with in their place.
    public var originBytes: Int { members.reduce(0) { $0 + ($1.adapter.origin?.byteCount ?? 0) } }

    /// What adds the same to the untouched base without an origin, in factors of twice the rank; itself where it has none.
    public func withoutOrigin() throws(AdapterError) -> AdapterSet {
        guard configuration.start.hasOrigin else { return self }
        let plain = try AdapterSet(configuration.doubled, for: layers, beside: baseParameters)
        let numbers = Dictionary(slab.slots.map { ($0.name, Array(slab.values($0).floats)) }) { first, _ in first }
        for slot in plain.slab.slots { numbers[slot.name].map { plain.take($0, slot) } }
        for (member, own) in zip(members, plain.members) {
            plain.take(Array(member.adapter.a.floats), own.slots[0])
            plain.take(Array(member.adapter.b.floats), own.slots[1])
        }
        plain.slab.valuesChanged()
        return plain
    }

    /// Takes over numbers that fill `slot`.
    private func take(_ numbers: [Float], _ slot: MatrixSlot) {
        guard numbers.count == slot.count else { return }
        _ = slab.values(slot).floats.update(from: numbers)
    }
}
