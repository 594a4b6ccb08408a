/// How the factors of an adapter begin: the names that recipes and PEFT use.
public enum AdapterStart: Sendable, Equatable {
    /// A uniform, B zero: PEFT's `true`.
    case kaiming
    /// A normal, B zero.
    case gaussian
    /// A and B random, in subspaces whose product is zero.
    case orthogonal
    /// The weight's strongest directions; with a number found in a random subspace that so many powers turn towards them.
    case pissa(powers: Int?)
    /// The first columns of the weight's QR decomposition.
    case olora
    /// A: the strongest directions of what the layer is given.
    case eva
    /// The strongest directions of the weight's gradient.
    case loraGA
    /// What a quantised weight lost.
    case loftq

    /// Most powers that are worth a wait.
    public static let largestPowers = 64

    /// The name with powers, before their number.
    private static let pissaPowers = "pissa_niter_"

    private static let named: [(name: String, start: AdapterStart)] = [
        ("kaiming", .kaiming), ("gaussian", .gaussian), ("orthogonal", .orthogonal), ("pissa", .pissa(powers: nil)),
        ("olora", .olora), ("eva", .eva), ("lora_ga", .loraGA), ("loftq", .loftq),
    ]

    /// The names that stand for themselves; beside them is `pissa_niter_` with a number.
    public static let names = named.map(\.name)

    /// The start of that name; nil where there is none.
    public init?(_ name: String) {
        if let found = Self.named.first(where: { $0.name == name }) {
            self = found.start
            return
        }
        guard name.hasPrefix(Self.pissaPowers), let powers = Int(name.dropFirst(Self.pissaPowers.count)),
            (0...Self.largestPowers).contains(powers), name == Self.pissaPowers + String(powers)
        else { return nil }
        self = .pissa(powers: powers)
    }

    public var name: String {
        if case .pissa(let powers?) = self { return Self.pissaPowers + String(powers) }
        return Self.named.first { $0.start == self }?.name ?? ""
    }

    /// Whether B·A is not zero at the start, and is therefore taken off again: PEFT changes the base instead.
    public var hasOrigin: Bool {
        switch self {
        case .pissa, .olora, .loraGA: true
        case .kaiming, .gaussian, .orthogonal, .eva, .loftq: false
        }
    }

    /// Whether more than the seed decides it.
    public var looksAtWeights: Bool {
        switch self {
        case .kaiming, .gaussian, .orthogonal: false
        case .pissa, .olora, .eva, .loraGA, .loftq: true
        }
    }

    /// Whether rows decide it.
    public var readsRows: Bool { self == .eva || self == .loraGA }
}

/// Which directions of the weight's gradient A and B take: PEFT's names.
public enum GradientDirections: String, Sendable, CaseIterable {
    /// In turn, B the first.
    case alternating = "ArBr"
    /// B the strongest, A the next.
    case strongestInB = "A2rBr"
    /// A the strongest, B the next.
    case strongestInA = "ArB2r"
    /// Any of them, the same for both.
    case random
}

/// How large the product begins: PEFT's names.
public enum GradientScale: String, Sendable, CaseIterable {
    case stable
    case weightSVD = "weight_svd"
    case gradientDescent = "gd_scale"
    case unit
}
