// The start of a training: how A and B begin, and where the adapter departs from.

public import Models
import Tensors
import Vocabulary
public import WeightFiles

extension AdapterSet {
    /// Begins as `configuration.start` says: the adapted model is the base, but for what `loftq` brings back.
    ///
    /// - Parameters:
    ///   - model: whose weights it begins with.
    ///   - full: the weights of which the base's are quantised copies; of `loftq` alone.
    ///   - found: A and B by module, where rows decided them.
    /// - Returns: of each layer, by its path, what share of its weight `full` differs by; empty without `full`.
    /// - Throws: `AdapterError` where a layer's factors cannot begin so.
    @discardableResult
    public func begin(
        seed: UInt64, on model: LanguageModel, full: (any WeightSource)? = nil, found: [String: StartFactors] = [:]
    ) throws -> [(path: String, share: Double)] {
        var lost: [(path: String, share: Double)] = []
        initialise(seed: seed, on: model)
        guard let rule = try rule(full: full, found: found, told: { lost.append(($0, $1)) }) else { return lost }
        for site in try sites(rule, seed: seed, on: model) {
            try rule.fill(site)
            model.linearLayer(site.path)?.weight.dropPages()
        }
        for member in members { member.adapter.depart() }
        slab.valuesChanged()
        // What follows from W + s·B·A follows from another sum now.
        fillFromWeights(on: model)
        slab.valuesChanged()
        return lost
    }

    /// Throws where a layer's factors cannot begin as `configuration.start` says, as far as that is known without a look at numbers.
    public func requireStart(on model: LanguageModel, full: (any WeightSource)? = nil) throws {
        guard let rule = try rule(full: full, found: nil) else { return }
        _ = try sites(rule, seed: 0, on: model)
    }

    /// nil: nothing is to be done beside what the method says.
    private func rule(
        full: (any WeightSource)?, found: [String: StartFactors]?,
        told: @escaping (_ path: String, _ share: Double) -> Void = { _, _ in }
    ) throws(AdapterError) -> (any FactorStart)? {
        guard configuration.start == .kaiming || AdapterMethod.of(configuration.method).trainsFactors else {
            throw AdapterError(
                "adapters of method \(configuration.method.rawValue) begin in their own way",
                subject: "init_lora_weights", expected: "nothing, or another adapter.method")
        }
        switch configuration.start {
        case .kaiming: return nil
        case .gaussian: return GaussianStart()
        case .orthogonal: return OrthogonalStart()
        case .pissa(let powers): return PrincipalStart(powers: powers)
        case .olora: return OrthonormalStart()
        case .eva, .loraGA: return FoundStart(start: configuration.start, factors: found)
        case .loftq:
            guard let full else { throw AdapterError("init_lora_weights: loftq needs the weights before quantising") }
            return QuantisationStart(full: full, told: told)
        }
    }

    /// The layers whose factors begin, in network order.
    private func sites(
        _ rule: any FactorStart, seed: UInt64, on model: LanguageModel
    ) throws(AdapterError) -> [StartSite] {
        let random = RandomStream(seed: seed, purpose: .adapterInitialisation)
        var sites: [StartSite] = []
        for (index, member) in members.enumerated() {
            guard member.parameter == nil else {
                throw AdapterError(
                    "is a part of a parameter, whose adapters begin with init_lora_weights: kaiming alone",
                    subject: member.path)
            }
            guard let layer = model.linearLayer(member.path) else {
                throw AdapterError(
                    "begins with init_lora_weights: kaiming alone, since its product is fused with the loss",
                    subject: member.path)
            }
            let site = StartSite(
                path: member.path, weight: layer.weight, scale: member.adapter.scale,
                a: member.adapter.states[0].values, b: member.adapter.states[1].values, random: random,
                stream: UInt32(index))
            try rule.require(site)
            sites.append(site)
        }
        return sites
    }
}

/// The factors with which a layer begins.
public struct StartFactors: Sendable {
    /// A `[r, in]`, row after row.
    let a: [Float]
    /// B `[out, r]`; nil: zeros.
    let b: [Float]?
}

/// Factors that were found in rows.
struct FoundStart: FactorStart {
    let start: AdapterStart
    /// By module; nil: they are still to be found.
    let factors: [String: StartFactors]?

    func require(_ site: StartSite) throws(AdapterError) {
        // Of the gradient's directions A takes others than B.
        try site.requireDirections(start == .loraGA ? 2 * site.rank : site.rank, start)
        guard let factors else { return }
        guard let own = factors[site.path], own.a.count == site.a.count, own.b.map({ $0.count == site.b.count }) ?? true
        else { throw AdapterError("init_lora_weights: \(start.name) found no factors", subject: site.path) }
    }

    func fill(_ site: StartSite) {
        guard let own = factors?[site.path] else { return }
        _ = site.a.floats.update(from: own.a)
        site.b.floats.update(repeating: 0)
        if let b = own.b { _ = site.b.floats.update(from: b) }
    }
}
