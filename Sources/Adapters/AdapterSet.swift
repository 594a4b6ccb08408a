// The adapters of a model: their numbers in one slab, and the views of it that the layers carry.

public import Models
public import Tensors
public import Vocabulary

/// One adapter on each of its target layers, all of one method.
public final class AdapterSet {
    /// The adapter of one layer.
    public struct Member {
        /// `model.layers.0.self_attn.q_proj`.
        public let path: String
        public let adapter: LowRankAdapter
        /// What the method trains on the layer, in its order.
        let states: [AdapterState]
        /// The states' numbers in the slab; A may be another member's too.
        let slots: [MatrixSlot]
        /// The layer's place in a parameter of transformers; nil where it has a module of its own.
        let parameter: ParameterPlace?

        /// Whether the numbers of `slot` are named after another member, or are those of all.
        func isOthers(_ slot: MatrixSlot) -> Bool { !slot.name.hasPrefix(path + ".") }
    }

    public private(set) var configuration: AdapterConfiguration
    public let coverage: TargetCoverage
    /// All trainable numbers, layer by layer in network order, in the order of the method's states.
    public let slab: ParameterSlab
    public let members: [Member]
    /// The layers of the model, with adapters and without.
    let layers: [AdaptableLayer]
    /// What of the model can be trained beside adapters.
    let baseParameters: [BaseParameter]
    /// The parameters of the model in which layers have parts, whether they carry adapters or not.
    let parametersOfModel: Set<String>
    /// Whether the base holds the weights of adapted layers as `[in, out]`.
    let isTransposed: Bool
    /// Whether the base reads with an encoder and writes with a decoder.
    let hasEncoder: Bool
    /// What all members have together, with its numbers in the slab.
    let sharedStates: [(state: AdapterState, slot: MatrixSlot)]
    /// The head of a task, trained beside them; nil where the model writes text.
    public let head: TaskHead?
    /// What the head trains, with its numbers in the slab.
    let headStates: [(state: AdapterState, slot: MatrixSlot)]
    /// What of the base is trained beside them, and its numbers in the slab, part by part.
    let besideParts: [BesidePart]
    let besideSlots: [MatrixSlot]
    /// The same for passes; nil where nothing is.
    private let beside: TrainedParts?

    /// Notes with the head from which probability on a text has each label.
    /// - Precondition: a head with as many answers, or none of both.
    public func choose(thresholds: [Double]) {
        precondition(thresholds.isEmpty || thresholds.count == configuration.head?.outputs)
        configuration.head?.thresholds = thresholds
    }

    /// An adapter for `model` with all numbers zero, attached to nothing.
    public convenience init(_ configuration: AdapterConfiguration, for model: LanguageModel) throws(AdapterError) {
        try configuration.head?.requireFit(model)
        let adapted = AdaptedModel(model)
        try self.init(configuration, for: adapted.layers, beside: adapted.parameters)
        try requirePrompt(fitting: model)
    }

    /// An adapter for a model with the linear layers `layers`, in network order. A merge needs no more than that of a model.
    /// - Parameter parameters: what of the model can be trained beside it.
    public init(
        _ configuration: AdapterConfiguration, for layers: [AdaptableLayer], beside parameters: [BaseParameter] = []
    ) throws(AdapterError) {
        try configuration.validate()
        let coverage = try TargetCoverage(configuration, for: layers)
        let matched = Set(coverage.matched)
        self.layers = layers
        baseParameters = parameters
        parametersOfModel = Set(layers.compactMap(\.parameter?.path))
        let layers = layers.filter { matched.contains($0.path) }
        isTransposed = layers.contains(where: \.isTransposed)
        if layers.contains(where: { $0.path == TargetCoverage.head }),
            !AdapterMethod.of(configuration.method).hasProduct
        {
            throw AdapterError(
                "adapters of method \(configuration.method.rawValue) stand on no head: name other target_modules",
                subject: TargetCoverage.head)
        }
        if let layer = layers.first(where: \.isTransposed),
            !AdapterMethod.of(configuration.method).words.takesTransposed
        {
            throw AdapterError(
                "is stored as [in, out], for which PEFT has no adapters of method \(configuration.method.rawValue): take "
                    + "another adapter.method", subject: layer.path)
        }
        hasEncoder = layers.contains(where: \.isBesideEncoder)
        let method = AdapterMethod.of(configuration.method)
        let layouts = try configuration.layouts(of: layers), states = layouts.map(method.states)
        let owners = configuration.ownersOfFactors(layers), shared = states.first?.filter(\.isShared) ?? []
        let parts = try configuration.beside.parts(of: parameters, adapted: matched)
        let ofHead = (configuration.head?.layers ?? []).flatMap { layer in layer.states.map { (layer, $0) } }
        let slab = ParameterSlab(
            layers.indices.flatMap { index in
                states[index].filter { !$0.isShared }.dropFirst(owners[index] == index ? 0 : 1).map {
                    (name: "\(layers[index].path).\($0.name)", rows: $0.rows, columns: $0.columns)
                }
            }
                + ofHead.map { (name: "\($0.path).\($1.name)", rows: $1.rows, columns: $1.columns) }
                + parts.map { (name: $0.name, rows: $0.rows, columns: $0.parameter.columns) }
                + shared.map { (name: $0.name, rows: $0.rows, columns: $0.columns) },
            constants: Set(shared.map(\.name) + Self.notes(layers, states)))
        let ofAll = slab.slots.suffix(shared.count)
        var slots = slab.slots.dropLast(shared.count)
        var members: [Member] = []
        for (index, (layer, states)) in zip(layers, states).enumerated() {
            let taken = owners[index] == index ? [] : [members[owners[index]].slots[0]]
            let count = states.count - taken.count - shared.count
            let own = taken + slots.prefix(count) + ofAll
            slots.removeFirst(count)
            let adapter = LowRankAdapter(
                method, layouts[index], scale: Float(try configuration.scale(of: layer)),
                dropout: Float(method.words.dropout == nil ? 0 : configuration.dropout),
                states: own.map { TrainedMatrix(values: slab.values($0), gradients: slab.gradients($0)) },
                origin: configuration.origin(own), index: index, slab: slab)
            members.append(
                Member(path: layer.path, adapter: adapter, states: states, slots: own, parameter: layer.parameter))
        }
        let ownStates = zip(ofHead, slots).map { (state: $0.1, slot: $1) }
        let ownSlots = Array(slots.dropFirst(ofHead.count))
        besideParts = parts
        besideSlots = ownSlots
        beside =
            parts.isEmpty
            ? nil
            : TrainedParts(
                zip(parts, ownSlots).map { part, slot in
                    TrainedParts.Part(
                        part.parameter,
                        TrainedMatrix(values: slab.values(slot), gradients: slab.gradients(slot)),
                        tokens: part.tokens, isTied: part.isTied)
                }, of: slab, vocabularySize: parameters.first(where: \.isEmbedding)?.rows ?? 0)
        self.configuration = configuration
        self.coverage = coverage
        self.slab = slab
        self.members = members
        headStates = ownStates
        sharedStates = Array(zip(shared, ofAll))
        head = configuration.head.map { TaskHead($0, slots: ownStates.map(\.slot), of: slab) }
    }

    public var trainableParameterCount: Int { slab.parameterCount }

    /// The slots of what a training keeps for itself.
    private static func notes(_ layers: [AdaptableLayer], _ states: [[AdapterState]]) -> [String] {
        zip(layers, states).flatMap { layer, states in states.filter(\.isNote).map { "\(layer.path).\($0.name)" } }
    }

    /// Notes for how many steps it is trained. Throws where the ranks cannot be given up in so many.
    public func note(totalSteps: Int) throws(AdapterError) {
        guard AdapterMethod.of(configuration.method).directions != nil else { return }
        let budget = configuration.settings.budget
        guard budget.firstSteps < totalSteps - budget.lastSteps else {
            throw AdapterError(
                "there is no step left in which ranks are given up: decrease tinit or tfinal, or train for more steps",
                subject: "tinit", expected: "tinit + tfinal below \(totalSteps), the steps of the training",
                found: "\(budget.firstSteps) + \(budget.lastSteps)")
        }
        configuration.settings.budget.totalSteps = totalSteps
    }

    /// The set for passes through `model`.
    /// - Precondition: the model has the layers for which the set was made.
    public func binding(to model: LanguageModel) -> AdapterBinding {
        model.binding(Dictionary(uniqueKeysWithValues: members.map { ($0.path, $0.adapter) }), parts: beside)
            .with(task: head ?? model.ownHead)
    }

    /// Throws where the head of its task cannot answer over `model`.
    public func requireHead(fitting model: LanguageModel) throws(AdapterError) {
        try requirePrompt(fitting: model)
        try configuration.head?.requireFit(model)
    }

    /// Makes the set what acts in passes of `model` that are not told otherwise, in the place of any other.
    public func attach(to model: LanguageModel) { model.adapters = binding(to: model) }

    /// Whether an adapter stands on the head over the vocabulary.
    public var adaptsHead: Bool { members.contains { $0.path == LanguageModel.headPath } }

    /// Throws for what can be scored and merged, but not trained.
    /// - Parameter task: what is trained for.
    public func requireTrainable(for task: TaskKind) throws(AdapterError) {
        if !task.writesText, configuration.beside.prompt != nil {
            throw AdapterError(
                "is for tasks that write text", subject: "num_virtual_tokens", found: task.rawValue)
        }
        if !task.writesText, let part = besideParts.first(where: { $0.parameter.isHead }) {
            throw AdapterError(
                "has no gradient in task \(task.rawValue), which does not ask for the language's head",
                subject: part.name)
        }
        guard adaptsHead else { return }
        let subject = "target_modules.\(LanguageModel.headPath)"
        guard task.writesText else {
            throw AdapterError(
                "has no gradient in task \(task.rawValue), which does not ask for the language's head", subject: subject
            )
        }
        guard configuration.method == .lora else {
            throw AdapterError(
                "is trained by method lora alone: its product is fused with the loss", subject: subject,
                found: configuration.method.rawValue)
        }
        guard configuration.dropout == 0 else {
            throw AdapterError(
                "takes no dropout, since its product is fused with the loss: set dropout to 0, or leave it out",
                subject: subject, found: "\(configuration.dropout)")
        }
    }

    /// Runs `body` on the bare base, the adapters off, and puts them back. In the place of a task's head, where the base has none that
    /// answers the same, are the answers that need no text.
    public func whileDetached<Result>(from model: LanguageModel, _ body: () throws -> Result) rethrows -> Result {
        let bound = model.adapters
        let constant = configuration.head.map { TaskHead($0.task, always: $0.constantAnswers, labels: $0.labels) }
        let own = model.ownHead.flatMap { own in configuration.head.map { own.answersAlike($0) } ?? true ? own : nil }
        model.adapters = AdapterBinding.none.with(task: own ?? constant)
        defer { model.adapters = bound }
        return try body()
    }
}

// MARK: - Values

extension AdapterSet {
    /// The start of a training, as the method has it: the adapted model is the base. What is random depends on the seed and on the
    /// adapter's place among the adapters alone.
    ///
    /// - Parameter model: whose weights some methods begin with; nil where theirs does not.
    public func initialise(seed: UInt64, on model: LanguageModel? = nil) {
        let random = RandomStream(seed: seed, purpose: .adapterInitialisation)
        for (number, member) in members.enumerated() {
            let stream = UInt32(number)
            for (place, (state, slot)) in zip(member.states, member.slots).enumerated() where !member.isOthers(slot) {
                let values = slab.values(slot).floats
                // Each of a layer's matrices has a part of the layer's stream, the first one its beginning.
                func index(_ element: Int) -> UInt64 { UInt64(place) << 40 + UInt64(element) }
                switch state.start {
                case .zero: values.update(repeating: 0)
                case .constant(let number): values.update(repeating: number)
                case .uniform(let bound):
                    for element in values.indices {
                        let draw = random.uniform(stream: stream, index: index(element))
                        values[element] = Float((2 * draw - 1) * bound)
                    }
                case .normal(let deviation):
                    for element in values.indices {
                        values[element] = Float(random.normal(stream: stream, index: index(element)) * deviation)
                    }
                case .fromWeight: break
                }
            }
        }
        for (place, (state, slot)) in sharedStates.enumerated() {
            guard case .uniform(let bound) = state.start, let seed = state.sharedSeed else { continue }
            let random = RandomStream(seed: seed, purpose: .adapterInitialisation), values = slab.values(slot).floats
            for element in values.indices {
                let draw = random.uniform(stream: UInt32(place), index: UInt64(element))
                values[element] = Float((2 * draw - 1) * bound)
            }
        }
        slab.valuesChanged()
        fillFromWeights(on: model)
        // Each layer has a stream of its own, that of the answers the first.
        let matrices = headStates.filter { if case .uniform = $0.state.start { true } else { false } }
        for (place, (state, slot)) in matrices.reversed().enumerated() {
            guard case .uniform(let bound) = state.start else { continue }
            let values = slab.values(slot).floats
            for element in values.indices {
                let draw = random.uniform(stream: UInt32(members.count + place), index: UInt64(element))
                values[element] = Float((2 * draw - 1) * bound)
            }
        }
        if let prompt = configuration.beside.prompt {
            begin(prompt, slab.values(besideSlots[0]), random, on: model)
            return slab.valuesChanged()
        }
        for (part, slot) in zip(besideParts, besideSlots) {
            guard let model else { preconditionFailure("\(part.name) begins with the numbers of a model") }
            model.read(part.parameter, tokens: part.tokens, into: slab.values(slot))
        }
        slab.valuesChanged()
    }

    /// The states that follow from a layer's weight and factors.
    func fillFromWeights(on model: LanguageModel?) {
        for member in members {
            for (state, slot) in zip(member.states, member.slots) {
                guard case .fromWeight(let fill) = state.start else { continue }
                guard let layer = model?.linearLayer(member.path) else {
                    preconditionFailure("\(state.name) begins with the weights of a model")
                }
                fill(layer.weight, member.adapter, slab.values(slot))
            }
        }
    }

    /// Takes over `values` by slot name. Throws, all at once, for every missing, unexpected or mis-shaped one and for numbers
    /// that are not finite; then nothing is changed.
    public func load(_ values: [(name: String, rows: Int, columns: Int, numbers: [Float])]) throws(AdapterError) {
        let places = slab.slots.map { ($0.name, slab.values($0)) } + originMatrices
        let check = StrictLoad(
            expected: places.map { ($0.0, [$0.1.rows, $0.1.columns]) },
            found: values.map { ($0.name, [$0.rows, $0.columns]) })
        var problems = check.problems
        for value in values {
            guard let index = value.numbers.firstIndex(where: { !$0.isFinite }) else { continue }
            problems.append(AdapterError.Problem("holds a NaN or infinity at element \(index)", subject: value.name))
        }
        for value in values where value.numbers.count != value.rows * value.columns {
            problems.append(
                AdapterError.Problem("has another number of values than its shape", subject: value.name))
        }
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        let numbers = Dictionary(values.map { ($0.name, $0.numbers) }) { first, _ in first }
        for (name, matrix) in places {
            guard let numbers = numbers[name] else { preconditionFailure("the check passed without \(name)") }
            _ = matrix.floats.update(from: numbers)
        }
        slab.valuesChanged()
    }

    /// True where the adapter changes nothing: a factor of each product is zero throughout, or all that outputs and inputs are
    /// multiplied by is 1.
    public var isZero: Bool {
        func isZero(_ matrix: Matrix) -> Bool { matrix.floats.allSatisfy { $0 == 0 } }
        return besideParts.isEmpty
            && members.allSatisfy { member in
                member.adapter.withFactors { isZero($0.b) || isZero($0.a) }
                    ?? member.adapter.states.allSatisfy { $0.values.floats.allSatisfy { $0 == 1 } }
            }
    }
}

extension TaskHead {
    /// The layers of `head` over their numbers in `slab`.
    convenience init(_ head: SavedHead, slots: [MatrixSlot], of slab: ParameterSlab) {
        var matrices = slots.map { TrainedMatrix(values: slab.values($0), gradients: slab.gradients($0)) }[...]
        let layers = head.layers.map { layer in
            Layer(path: layer.path, weight: matrices.removeFirst(), bias: layer.hasBias ? matrices.removeFirst() : nil)
        }
        self.init(
            head.task, layers: layers, outputs: head.outputs, labels: head.labels, isMultiLabel: head.isMultiLabel,
            shares: head.shares.map { Float($0) })
    }

    /// Whether its outputs stand for what those of `head` do.
    fileprivate func answersAlike(_ head: SavedHead) -> Bool {
        task == head.task && isMultiLabel == head.isMultiLabel && outputs == head.outputs && labels == head.labels
    }
}
