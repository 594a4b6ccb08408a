// Adapters on parameters as PEFT's files have them. All experts of a layer are one adapter there: A `[E·r, in]`, expert after expert, and B
// `[out, r·E]`, in which the experts' columns take turns. Where two parameters of a module carry one, that of the first is called
// `base_layer`. Older files have the factors of each expert by themselves, as the weights are called; so are they read, too.
//
// E experts, r rank.

import Models
import Tensors

/// The adapters of one parameter.
private struct ParameterAdapter {
    /// Layers of one part with what they have of its factors.
    private struct Share {
        let member: AdapterSet.Member
        let place: ParameterPlace
        /// The row of the part's A at which the layer's begins, and whether it has it before any other.
        let start: Int
        let isOwner: Bool
    }

    /// What PEFT calls it, before `.lora_A.weight`.
    let key: String
    let place: ParameterPlace
    let members: [AdapterSet.Member]
    /// Part by part.
    private let shares: [[Share]]
    /// Of every part: where layers have factors of their own, those of a part below each other, and zeros where a part has fewer.
    let rank: Int
    /// The factor of B·A, and by what each member's B is multiplied for it.
    let scale: Double
    private let factors: [String: Float]

    init(key: String, place: ParameterPlace, members: [AdapterSet.Member], scales: [Double]) {
        var shares: [[Share]] = Array(repeating: [], count: place.parts)
        var ends = Array(repeating: 0, count: place.parts)
        for member in members {
            guard let own = member.parameter else { continue }
            let earlier = shares[own.part].first { $0.member.slots[0] == member.slots[0] }
            shares[own.part].append(
                Share(
                    member: member, place: own, start: earlier?.start ?? ends[own.part], isOwner: earlier == nil))
            if earlier == nil { ends[own.part] += member.adapter.rank }
        }
        let isOne = Set(scales).count == 1, scale = isOne ? scales[0] : 1
        self.key = key
        self.place = place
        self.members = members
        self.shares = shares
        self.scale = scale
        rank = ends.max() ?? 0
        factors = isOne ? [:] : Dictionary(uniqueKeysWithValues: zip(members.map(\.path), scales.map { Float($0) }))
    }

    var shapes: (a: Shape, b: Shape) {
        ([place.parts * rank, members[0].adapter.a.columns], [place.rowCount, rank * place.parts])
    }

    func numbersOfA() -> [Float] {
        let columns = members[0].adapter.a.columns
        return shares.flatMap { part in
            let numbers = part.filter(\.isOwner).flatMap { Array($0.member.adapter.a.floats) }
            return numbers + [Float](repeating: 0, count: rank * columns - numbers.count)
        }
    }

    func numbersOfB() -> [Float] {
        var numbers = [Float](repeating: 0, count: place.rowCount * rank * place.parts)
        for share in shares.joined() {
            let from = share.member.adapter.b, factor = factors[share.member.path] ?? 1
            for row in 0..<from.rows {
                for column in 0..<from.columns {
                    numbers[index(share, row, column)] = from.floats[row * from.columns + column] * factor
                }
            }
        }
        return numbers
    }

    /// Where B has the number of a layer's own.
    private func index(_ share: Share, _ row: Int, _ column: Int) -> Int {
        ((share.place.rows.lowerBound + row) * rank + share.start + column) * place.parts + share.place.part
    }

    /// The slots of the members, from the numbers of both factors; nil where these have other shapes.
    func slots(a: PEFTValue, b: PEFTValue) -> [PEFTValue]? {
        let (ofA, ofB) = shapes
        guard [a.rows, a.columns] == ofA.sizes, [b.rows, b.columns] == ofB.sizes else { return nil }
        var values: [PEFTValue] = []
        for share in shares.joined() {
            let own = share.member.adapter
            if share.isOwner {
                let start = (share.place.part * rank + share.start) * a.columns
                let numbers = Array(a.numbers[start..<start + own.rank * a.columns])
                values.append((share.member.slots[0].name, own.rank, a.columns, numbers))
            }
            var numbers: [Float] = []
            for row in 0..<own.b.rows {
                for column in 0..<own.rank { numbers.append(b.numbers[index(share, row, column)]) }
            }
            values.append((share.member.slots[1].name, own.b.rows, own.rank, numbers))
        }
        return values
    }
}

/// A factor of a file, or a slot's numbers.
typealias PEFTValue = (name: String, rows: Int, columns: Int, numbers: [Float])

extension AdapterSet {
    /// The adapters on parameters, in network order.
    private func parameterAdapters() throws(AdapterError) -> [ParameterAdapter] {
        var order: [ParameterPlace] = [], members: [String: [Member]] = [:], left: [String: Int] = [:]
        for member in self.members {
            guard let place = member.parameter else { continue }
            if members[place.path] == nil {
                order.append(place)
                left[place.module, default: 0] += 1
            }
            members[place.path, default: []].append(member)
        }
        var adapters: [ParameterAdapter] = []
        for place in order {
            left[place.module, default: 0] -= 1
            let members = members[place.path] ?? [], isWithin = (left[place.module] ?? 0) > 0
            var scales: [Double] = []
            for member in members { scales.append(try scale(of: member)) }
            adapters.append(
                ParameterAdapter(
                    key: place.module + (isWithin ? ".base_layer" : ""), place: place, members: members,
                    scales: scales))
        }
        return adapters
    }

    private static let (a, b) = (".lora_A.weight", ".lora_B.weight")

    /// The factors of adapters on parameters as they are written.
    func parameterTensors() throws(AdapterError) -> [FactorTensor] {
        try parameterAdapters().flatMap { adapter in
            [
                FactorTensor(name: adapter.key + Self.a, shape: adapter.shapes.a) { adapter.numbersOfA() },
                FactorTensor(name: adapter.key + Self.b, shape: adapter.shapes.b) { adapter.numbersOfB() },
            ]
        }
    }

    /// `found` with the factors of parameters taken apart into those of their layers. What fits nothing stays as it is.
    func takenApart(_ found: [PEFTValue]) throws(AdapterError) -> [PEFTValue] {
        var byName = Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
        var values: [PEFTValue] = []
        for adapter in try parameterAdapters() {
            guard let a = byName[adapter.key + Self.a], let b = byName[adapter.key + Self.b],
                let slots = adapter.slots(a: a, b: b)
            else {
                values += joined(adapter.members, &byName)
                continue
            }
            byName[a.name] = nil
            byName[b.name] = nil
            values += slots
        }
        return found.filter { byName[$0.name] != nil } + values
    }

    /// The slots of `members` from factors that each layer has by itself: those of gate and up become one A, below each other, and Bs
    /// with zeros where they meet the other's.
    private func joined(_ members: [Member], _ found: inout [String: PEFTValue]) -> [PEFTValue] {
        var values: [PEFTValue] = []
        for owner in members where !owner.slots.contains(where: owner.isOthers) {
            let sharing = members.filter { $0.parameter?.isShared == true && $0.slots[0] == owner.slots[0] }
            let factors = sharing.compactMap { member -> (a: PEFTValue, b: PEFTValue)? in
                guard let a = found[member.path + Self.a], let b = found[member.path + Self.b], a.rows == b.columns
                else { return nil }
                return (a, b)
            }
            let rank = factors.reduce(0) { $0 + $1.a.rows }
            guard factors.count == 2, rank == owner.adapter.rank, factors[0].a.columns == factors[1].a.columns else {
                continue
            }
            for factor in factors { (found[factor.a.name], found[factor.b.name]) = (nil, nil) }
            values.append(
                (owner.slots[0].name, rank, factors[0].a.columns, factors[0].a.numbers + factors[1].a.numbers))
            var before = 0
            for (member, factor) in zip(sharing, factors) {
                let own = factor.b.columns
                var numbers = [Float](repeating: 0, count: factor.b.rows * rank)
                for row in 0..<factor.b.rows {
                    for column in 0..<own {
                        numbers[row * rank + before + column] = factor.b.numbers[row * own + column]
                    }
                }
                values.append((member.slots[1].name, factor.b.rows, rank, numbers))
                before += own
            }
        }
        return values
    }

    /// What `adapter_config.json` says of adapters on parameters.
    struct ParameterWords {
        var names: [String] = []
        /// The layers in them, of which nothing is to be said.
        var layers: Set<String> = []
        /// Where they are not the general ones.
        var ranks: [AdapterConfiguration.Override<Int>] = []
        var alphas: [AdapterConfiguration.Override<Double>] = []
    }

    /// What it says of these.
    func parameterWords() throws(AdapterError) -> ParameterWords {
        let adapters = try parameterAdapters(), paths = Set(adapters.map(\.place.path))
        let short = Set(adapters.map(\.place.shortName))
        let meant = parametersOfModel.filter { path in short.contains { path.hasSuffix("." + $0) } }
        var words = ParameterWords(names: meant == paths ? short.sorted() : paths.sorted())
        words.layers = Set(members.filter { $0.parameter != nil }.map(\.path))
        for adapter in adapters {
            let rank = Double(adapter.rank)
            let alpha = adapter.scale * (configuration.usesRankStabilisation ? rank.squareRoot() : rank)
            let pattern = adapter.place.path.replacing(".", with: "\\.")
            if adapter.rank != configuration.rank { words.ranks.append(.init(pattern: pattern, value: adapter.rank)) }
            if alpha != configuration.alpha { words.alphas.append(.init(pattern: pattern, value: alpha)) }
        }
        return words
    }

    /// The factor of `B·A` of `member`.
    func scale(of member: Member) throws(AdapterError) -> Double {
        try configuration.scale(
            of: AdaptableLayer(
                path: member.path, inputSize: member.adapter.inputSize, outputSize: member.adapter.outputSize,
                place: member.parameter.map { .parameter($0) } ?? .module))
    }
}
