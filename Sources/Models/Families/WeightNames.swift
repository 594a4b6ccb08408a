// Names of weights are Hugging Face's; GGUF is the translated side. One two-way table for each family.

internal import JSON
public import Tensors
internal import WeightFiles

/// What a weight is to a model.
enum WeightRole: Sendable, Hashable {
    case embedding, positionEmbedding, typeEmbedding, embeddingNorm, head, finalNorm
    case attentionNorm, query, key, value, queryKeyValue, attentionOutput, queryNorm, keyNorm, attentionOutputNorm
    case attentionStreamNorm, besideAttentionNorm, besideFeedForwardNorm
    case feedForwardNorm, gate, up, plainUp, gateUp, down, feedForwardOutputNorm, feedForwardStreamNorm
    case pooler
    case router, expertGate, expertUp, expertDown
    case positionBias, encoderPositionBias, encoderNorm, crossNorm, crossQuery, crossKey, crossValue, crossOutput
}

/// A role and what both kinds of files call it, without what is before and after the name: the layer, `.weight`.
struct WeightBinding: Sendable {
    /// How GGUF stores what Hugging Face names.
    enum GGUFForm: Sendable {
        case same, interleavedHalves, plusOne
        /// All queries, then all keys, then all values, where Hugging Face has a block for each key head.
        case partByPart
    }

    let role: WeightRole
    let huggingFace: String
    /// Nil for what llama.cpp does not have.
    let gguf: String?
    let ggufForm: GGUFForm
    /// The module and the parameter in which transformers keeps the weight, where that is no module of its own: `mlp.experts`,
    /// `down_proj`.
    let parameter: (module: String, name: String)?
    /// Whether Hugging Face's files hold the weight as `[in, out]`.
    let isTransposed: Bool
    /// The module beside which alone `gguf` means this one in a GGUF file.
    let ggufCompanion: String?

    init(
        _ role: WeightRole, _ huggingFace: String, gguf: String?, _ ggufForm: GGUFForm = .same,
        parameter: (module: String, name: String)? = nil, isTransposed: Bool = false,
        beside ggufCompanion: String? = nil
    ) {
        self.role = role
        self.huggingFace = huggingFace
        self.gguf = gguf
        self.ggufForm = ggufForm
        self.parameter = parameter
        self.isTransposed = isTransposed
        self.ggufCompanion = ggufCompanion
    }

    /// Whether Hugging Face has a tensor for each expert, with `#` in the place of its number, and GGUF one in which they lie one
    /// after the other.
    var isStack: Bool { huggingFace.contains("#") }

    /// The module in Hugging Face's files.
    func huggingFaceModule(_ expert: Int?) -> String {
        guard isStack, let expert else { return huggingFace }
        return huggingFace.replacing("#", with: "\(expert)")
    }

    /// Whose `module` is, where that is one of this stack's. Numbers are written in one way only: no sign, no leading zero.
    func expert(of module: Substring) -> Int? {
        let parts = huggingFace.split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2, module.hasPrefix(parts[0]), module.hasSuffix(parts[1]),
            module.utf8.count > parts[0].utf8.count + parts[1].utf8.count
        else { return nil }
        let text = module.dropFirst(parts[0].count).dropLast(parts[1].count)
        guard let number = Int(text), number >= 0, String(number) == text else { return nil }
        return number
    }
}

/// The names of the weights of one family.
public struct WeightNames: Sendable {
    /// The names in the layers of a decoder or of an encoder.
    struct Stack: Sendable {
        /// What comes before the number of a layer.
        let huggingFace: String
        let gguf: String
        /// Of weights that each layer has, or some have.
        let inLayer: [WeightBinding]

        init(_ huggingFace: String, gguf: String, inLayer: [WeightBinding]) {
            self.huggingFace = huggingFace
            self.gguf = gguf
            self.inLayer = inLayer
        }
    }

    /// What a file of the model without its language head leaves out of all names: `transformer.`; nil where such files are not read.
    private let base: String?
    /// Modules of layers that older files have numbers of which follow from the configuration: masks.
    private let buffers: [String]
    /// Of weights that a model has once.
    private let once: [WeightBinding]
    private let stack: Stack
    /// Of models with an encoder beside the decoder.
    private let encoder: Stack?
    /// What the names of heads begin with that classes of the family put on top of it, and that are not computed here.
    private let heads: [String]
    /// Tensors of Hugging Face's files that are not read: copies, and what nothing computes with.
    let unread: Set<String>
    /// Whether they are of a model with an encoder and a decoder.
    var hasEncoder: Bool { encoder != nil }

    private var stacks: [Stack] { [stack] + (encoder.map { [$0] } ?? []) }

    /// - Parameters:
    ///   - layers: what comes before the number of a layer in Hugging Face's names.
    ///   - base: what a file of the model without its head leaves out of all names.
    ///   - buffers: what older files have in each layer, and follows from the configuration.
    ///   - heads: what the names of heads begin with that classes of the family put on top of it.
    init(
        layers: String = "model.layers.", base: String? = nil, buffers: [String] = [], once: [WeightBinding],
        inLayer: [WeightBinding], heads: [String] = []
    ) {
        self.init(
            base: base, buffers: buffers, once: once, Stack(layers, gguf: "blk.", inLayer: inLayer), heads: heads)
    }

    /// The names of a model of one stack of layers, or of a decoder with an encoder.
    /// - Parameters:
    ///   - heads: what the names of heads begin with that are not computed here.
    ///   - unread: tensors of Hugging Face's files that are not read.
    init(
        base: String? = nil, buffers: [String] = [], once: [WeightBinding], _ stack: Stack, encoder: Stack? = nil,
        heads: [String] = [], unread: Set<String> = []
    ) {
        self.unread = unread
        self.base = base
        self.buffers = buffers
        self.once = once
        self.stack = stack
        self.encoder = encoder
        self.heads = heads
    }

    /// Whether Hugging Face's `name` is of what stands on top of the states that the model gives, or follows from its configuration:
    /// llama.cpp has nothing of that.
    public func isOnTop(_ name: String) -> Bool {
        isOfOtherHead(name) || name.hasSuffix("embeddings.position_ids") || role(of: name) == .pooler
    }

    /// Whether Hugging Face's `name` is of a head that is not computed here.
    func isOfOtherHead(_ name: String) -> Bool { heads.contains { name.hasPrefix($0) } }

    /// The table of the families whose GGUF files say `architecture`; nil where there is none.
    public init?(architecture: String) {
        guard let family = ModelFamily.all.first(where: { $0.ggufArchitecture == architecture }) else { return nil }
        self = family.names
    }

    /// What GGUF files may say that they hold.
    public static var architectures: [String] {
        ModelFamily.all.map(\.ggufArchitecture).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The module of `role`, in `layer` where each layer has one: `model.layers.0.self_attn.q_proj`.
    /// - Parameters:
    ///   - expert: its number, where each expert has one.
    ///   - inEncoder: whether `layer` is one of the encoder's.
    func path(_ role: WeightRole, layer: Int? = nil, expert: Int? = nil, inEncoder: Bool = false) -> String {
        if let layer, let stack = inEncoder ? encoder : stack,
            let binding = stack.inLayer.first(where: { $0.role == role })
        {
            return stack.huggingFace + "\(layer)." + binding.huggingFaceModule(expert)
        }
        guard let binding = once.first(where: { $0.role == role }) else {
            preconditionFailure("the family has no \(role)")
        }
        return binding.huggingFace
    }

    /// The module and the parameter in which transformers keeps the weight of `role`; nil where that is a module of its own.
    func parameter(_ role: WeightRole, layer: Int) -> (module: String, name: String)? {
        guard let parameter = stack.inLayer.first(where: { $0.role == role })?.parameter else { return nil }
        return (stack.huggingFace + "\(layer)." + parameter.module, parameter.name)
    }

    /// Whether PEFT has a name for adapters on `role`. In models with experts it takes the names of a feed-forward network for the
    /// experts', whether a layer has them or not.
    func hasAdapters(_ role: WeightRole) -> Bool {
        ![.gate, .up, .down].contains(role) || !stack.inLayer.contains { $0.role == .expertGate }
    }

    /// Whether there is a weight of `role` in layers.
    func has(_ role: WeightRole) -> Bool { stack.inLayer.contains { $0.role == role } }

    /// Whether `name` is of numbers that follow from the configuration: frequencies, masks.
    public func isBuffer(_ name: String) -> Bool {
        name.hasSuffix(".rotary_emb.inv_freq")
            || Self.split(name, after: stack.huggingFace).map { buffers.contains(String($0.rest)) } ?? false
    }

    /// The table in a file with the GGUF names `names`, where a module is called alike in several kinds of files.
    func meant(in names: [String]) -> WeightNames {
        guard stack.inLayer.contains(where: { $0.ggufCompanion != nil }) else { return self }
        let found = Set(names)
        func isThere(_ binding: WeightBinding) -> Bool? {
            binding.ggufCompanion.map { found.contains(stack.gguf + "0.\($0).weight") }
        }
        let inLayer = stack.inLayer.filter { binding in
            if let isThere = isThere(binding) { return isThere }
            return !stack.inLayer.contains { $0.gguf == binding.gguf && isThere($0) == true }
        }
        return WeightNames(
            base: base, buffers: buffers, once: once, Stack(stack.huggingFace, gguf: stack.gguf, inLayer: inLayer),
            encoder: encoder, heads: heads, unread: unread)
    }

    /// The module of the embedding: `model.embed_tokens`.
    public var embedding: String { path(.embedding) }

    /// The module of the language model's head: `lm_head`; nil in families without one.
    public var head: String? { once.first { $0.role == .head }?.huggingFace }

    /// The module of the pooler: `bert.pooler.dense`; nil in families without one.
    var pooler: String? { once.first { $0.role == .pooler }?.huggingFace }

    /// The Hugging Face name of GGUF's `name`; nil for tensors that have none (`rope_freqs.weight`), or several (experts).
    public func huggingFaceName(_ name: String) -> String? {
        guard let found = find(name, .gguf), !found.binding.isStack else { return nil }
        return found.huggingFaceName()
    }

    /// The Hugging Face names of what stands in GGUF's `name`, one after the other: of a stack as many as it has parts.
    public func huggingFaceNames(_ name: String, parts: Int) -> [String] {
        guard let found = find(name, .gguf) else { return [] }
        return (0..<(found.binding.isStack ? parts : 1)).map { found.huggingFaceName(expert: $0) }
    }

    /// The GGUF name of Hugging Face's `name`; of experts that of the stack in which each has its part.
    public func ggufName(_ name: String) -> String? { find(name, .huggingFace)?.ggufName }

    /// Which expert Hugging Face's `name` is of, and so which part of GGUF's stack; nil where it is of none.
    public func expert(of name: String) -> Int? { find(name, .huggingFace)?.expert }

    /// How GGUF stores Hugging Face's `name`.
    public func storedForm(_ name: String, heads: Int, keyValueHeads: Int) -> StoredForm {
        guard let binding = find(name, .huggingFace)?.binding else { return .asStored }
        switch binding.ggufForm {
        case .same: return .asStored
        case .interleavedHalves: return .interleavedHalves(heads: binding.role == .query ? heads : keyValueHeads)
        case .plusOne: return .plusOne
        case .partByPart:
            return .partByPart(blocks: keyValueHeads, shares: [heads / max(keyValueHeads, 1), 1, 1])
        }
    }

    /// How Hugging Face's files store `name`.
    public func form(_ name: String) -> StoredForm {
        guard name.hasSuffix(".weight"), let binding = find(name, .huggingFace)?.binding else {
            return .asStored
        }
        return binding.isTransposed ? .transposed : .asStored
    }

    /// What Hugging Face's files of a model with this configuration mean by the names in them.
    static func convention(_ configuration: JSONValue, _ names: [String]) -> WeightConvention {
        guard let family = configuration["model_type"]?.string.flatMap(ModelFamily.named) else {
            return WeightConvention()
        }
        let table = family.names
        guard let base = table.base, !names.contains(where: { $0.hasPrefix(base) }) else {
            return WeightConvention(path: usual, form: { table.form($0) })
        }
        let head = table.head.map { $0 + "." }
        return WeightConvention(
            path: { name in usual(head.map(name.hasPrefix) == true ? name : base + name) },
            form: { table.form($0) })
    }

    /// The name with what files from before transformers call the numbers of a norm written as today.
    private static func usual(_ name: String) -> String {
        for (old, new) in [("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias")]
        where name.hasSuffix(old) {
            return name.dropLast(old.utf8.count) + new
        }
        return name
    }

    /// Whether linear layers are stored as `[in, out]`: what PEFT calls `fan_in_fan_out`.
    public var isTransposed: Bool { stacks.contains { $0.inLayer.contains(where: \.isTransposed) } }

    /// What Hugging Face's `name` is to the model; nil where the family knows none of that name.
    func role(of name: String) -> WeightRole? { find(name, .huggingFace)?.binding.role }

    /// Every pair of the table for a model of `layers` layers in each stack. Not those of experts, of which GGUF has one name for all.
    public func pairs(layers: Int) -> [(gguf: String, huggingFace: String)] {
        func pairs(_ bindings: [WeightBinding], _ place: (WeightNames.Stack, Int)?) -> [(String, String)] {
            bindings.filter { !$0.isStack }.flatMap { binding in
                Self.suffixes.compactMap { suffix in
                    let found = FoundBinding(place: place, binding: binding, suffix: suffix, expert: 0)
                    return found.ggufName.map { ($0, found.huggingFaceName()) }
                }
            }
        }
        return pairs(once, nil)
            + stacks.flatMap { stack in (0..<layers).flatMap { pairs(stack.distinct, (stack, $0)) } }
    }

    /// The block of the decoder that Hugging Face's `name` belongs to, and what follows its number; nil for what a model has once.
    public func block(of name: String) -> (number: Int, rest: Substring)? {
        Self.split(name, after: stack.huggingFace).map { ($0.layer, $0.rest) }
    }

    /// Hugging Face's name of what is called `rest` in block `number` of the decoder.
    public func name(inBlock number: Int, _ rest: Substring) -> String { stack.huggingFace + "\(number).\(rest)" }

    private static let suffixes = ["weight", "bias"]

    private func find(_ name: String, _ side: NameSide) -> FoundBinding? {
        guard let suffix = Self.suffixes.first(where: { name.hasSuffix("." + $0) }) else { return nil }
        func find(_ bindings: [WeightBinding], _ name: Substring) -> (binding: WeightBinding, expert: Int?)? {
            let module = name.dropLast(suffix.utf8.count + 1)
            for binding in bindings {
                if let name = binding.name(side), name == module { return (binding, nil) }
                if side == .huggingFace, let expert = binding.expert(of: module) { return (binding, expert) }
            }
            return nil
        }
        if let found = find(once, name[...]) {
            return FoundBinding(place: nil, binding: found.binding, suffix: suffix, expert: found.expert)
        }
        for stack in stacks {
            guard let (layer, rest) = Self.split(name, after: stack.prefix(side)) else { continue }
            return find(stack.inLayer, rest).map {
                FoundBinding(place: (stack, layer), binding: $0.binding, suffix: suffix, expert: $0.expert)
            }
        }
        return nil
    }

    /// The layer number after `prefix` and what follows it. Numbers are written in one way only: no sign, no leading zero.
    private static func split(_ name: String, after prefix: String) -> (layer: Int, rest: Substring)? {
        guard name.hasPrefix(prefix) else { return nil }
        let tail = name.dropFirst(prefix.count)
        guard let dot = tail.firstIndex(of: "."), let layer = Int(tail[..<dot]), layer >= 0,
            String(layer) == tail[..<dot]
        else { return nil }
        return (layer, tail[tail.index(after: dot)...])
    }
}

/// Whose names.
private enum NameSide { case huggingFace, gguf }

/// A weight by its place.
private struct FoundBinding {
    /// Nil for what a model has once.
    let place: (stack: WeightNames.Stack, layer: Int)?
    let binding: WeightBinding
    let suffix: String
    let expert: Int?

    func huggingFaceName(expert: Int? = nil) -> String {
        start(.huggingFace) + "\(binding.huggingFaceModule(expert ?? self.expert)).\(suffix)"
    }

    var ggufName: String? { binding.gguf.map { start(.gguf) + "\($0).\(suffix)" } }

    private func start(_ side: NameSide) -> String {
        place.map { $0.stack.prefix(side) + "\($0.layer)." } ?? ""
    }
}

extension WeightBinding {
    fileprivate func name(_ side: NameSide) -> String? { side == .gguf ? gguf : huggingFace }
}

extension WeightNames.Stack {
    /// What comes before the number of a layer.
    fileprivate func prefix(_ side: NameSide) -> String { side == .gguf ? gguf : huggingFace }

    /// One binding a module: two roles may share a weight, or a name in GGUF.
    fileprivate var distinct: [WeightBinding] {
        inLayer.enumerated().filter { index, binding in
            !inLayer[..<index].contains { $0.huggingFace == binding.huggingFace || $0.gguf == binding.gguf }
        }.map(\.element)
    }
}

extension ModelConfiguration {
    /// What the model's weights are called in both kinds of files; nil where the family is not known.
    public var weightNames: WeightNames? { ModelFamily.named(family)?.names }

    /// `general.architecture` of the family's GGUF files; nil where the family is not known.
    public var ggufArchitecture: String? { ModelFamily.named(family)?.ggufArchitecture }
}
