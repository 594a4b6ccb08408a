// The head of a task, as it is trained beside an adapter's factors and kept with them: what PEFT calls `modules_to_save`.

internal import Foundation
public import JSON
internal import Models
public import Vocabulary

/// The layers that are trained whole: the one `[outputs, inputs]` that the answers of a task come from, what of those below it the base
/// does not have, and what the answers mean.
public struct SavedHead: Sendable, Equatable {
    /// A linear layer `[outputs, inputs]`.
    public struct Layer: Sendable, Equatable {
        /// What Hugging Face calls it: `classifier.dense`.
        public var path: String
        public var inputSize: Int
        public var outputs: Int
        public var hasBias: Bool

        /// A layer from its parts.
        public init(_ path: String, inputSize: Int, outputs: Int, hasBias: Bool) {
            self.path = path
            self.inputSize = inputSize
            self.outputs = outputs
            self.hasBias = hasBias
        }
    }

    public var task: TaskKind
    /// What Hugging Face calls the layer of the answers: `score`.
    public var path: String
    public var inputSize: Int
    public var outputs: Int
    public var hasBias: Bool
    /// What is trained below it, from the states up.
    public var below: [Layer]
    /// Whether each class is answered by itself, so that a text may have several.
    public var isMultiLabel: Bool
    /// What each output stands for; empty for a number.
    public var labels: [String]
    /// How often each class is right in the training rows, from 0 to 1; of a number its mean. Empty where nobody noted it.
    public var shares: [Double]
    /// What each class must reach to be answered, where a text may have several; empty: a half.
    public var thresholds: [Double]

    /// A head from its parts.
    public init(
        task: TaskKind, path: String, inputSize: Int, outputs: Int, hasBias: Bool, isMultiLabel: Bool = false,
        labels: [String] = [], shares: [Double] = [], thresholds: [Double] = [], below: [Layer] = []
    ) {
        self.task = task
        self.path = path
        self.inputSize = inputSize
        self.outputs = outputs
        self.hasBias = hasBias
        self.isMultiLabel = isMultiLabel
        self.labels = labels
        self.shares = shares
        self.thresholds = thresholds
        self.below = below
    }

    /// All that is trained whole, from the states up.
    public var layers: [Layer] {
        below + [Layer(path, inputSize: inputSize, outputs: outputs, hasBias: hasBias)]
    }

    /// What PEFT calls modules that it saves: a layer, or what several of them are parts of.
    var savedModules: [String] {
        func parent(_ layer: Layer) -> String? {
            layer.path.lastIndex(of: ".").map { String(layer.path[..<$0]) }
        }
        return layers.map { layer in
            guard let module = parent(layer), layers.count(where: { parent($0) == module }) > 1 else {
                return layer.path
            }
            return module
        }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Whether `module` among PEFT's saved modules is the head's: PEFT itself adds the usual names of heads.
    func isPEFTs(_ module: String) -> Bool {
        savedModules.contains(module) || ["classifier", "score"].contains(module)
    }

    /// Whether its outputs stand for what those of `other` do.
    public func answersAlike(_ other: SavedHead) -> Bool {
        task == other.task && isMultiLabel == other.isMultiLabel && outputs == other.outputs && labels == other.labels
    }

    /// The names that transformers makes up where nobody gave any.
    static func madeUpLabels(_ count: Int) -> [String] { (0..<count).map { "LABEL_\($0)" } }

    /// Whether nobody named its answers.
    public var hasMadeUpLabels: Bool { !labels.isEmpty && labels == Self.madeUpLabels(outputs) }

    /// The head with `names` for its answers, where nobody named them and there are as many.
    public func named(_ names: [String]) -> SavedHead {
        guard hasMadeUpLabels, names.count == outputs, Set(names).count == outputs else { return self }
        var named = self
        named.labels = names
        return named
    }

    /// Throws where the final states are not as wide as the head's input.
    func requireWidth(_ width: Int) throws(AdapterError) {
        for layer in below where layer.outputs != width {
            throw AdapterError(
                "does not fit below the layer that answers", subject: layer.path, expected: "\(width) outputs",
                found: "\(layer.outputs)")
        }
        for layer in layers where layer.inputSize != width {
            throw AdapterError(
                "the head of the task is for another model", subject: layer.path, expected: "\(width) inputs",
                found: "\(layer.inputSize)")
        }
    }

    /// Throws where `model` has no such head, or misses a layer of it that is not trained with it.
    func requireFit(_ model: LanguageModel) throws(AdapterError) {
        try requireWidth(model.configuration.width)
        let spec = model.configuration.taskHeads[task]?.layers ?? [], own = layers.map(\.path)
        if let answers = spec.last, answers.path != path {
            throw AdapterError(
                "is not the layer that answers for task \(task.rawValue) in the family \(model.configuration.family)",
                subject: path, expected: answers.path)
        }
        if let stray = own.first(where: { path in !spec.contains { $0.path == path } }) {
            throw AdapterError(
                "is no layer of the head that models of the family \(model.configuration.family) have for task "
                    + task.rawValue, subject: stray, expected: spec.map(\.path).joined(separator: ", "))
        }
        if let missing = spec.first(where: { !own.contains($0.path) && !model.hasTopLayer($0.path) }) {
            throw AdapterError(
                "is neither in the adapter nor in the model: the head of task \(task.rawValue) cannot answer without it",
                subject: missing.path)
        }
    }

    /// What PEFT calls tasks that have a head.
    static let peftTasks = ["SEQ_CLS", "TOKEN_CLS"]

    /// What PEFT calls the task.
    var peftTask: String { task.peftName }

    /// Whether the rows that it was trained on say what it would answer without a text.
    public var knowsShares: Bool { shares.count == outputs }

    /// What the head would answer without a text: the shares of the classes as logits, a number's mean; where nobody noted them, all
    /// classes alike.
    public var constantAnswers: [Float] {
        guard knowsShares else { return Array(repeating: 0, count: outputs) }
        guard task.hasLabels else { return shares.map { Float($0) } }
        // A class that never was is not impossible.
        let bounded = shares.map { min(max($0, 1e-6), 1 - 1e-6) }
        return bounded.map { Float(isMultiLabel ? log($0) - log(1 - $0) : log($0)) }
    }
}

// MARK: - Text

extension SavedHead {
    /// What checkpoints call it among PEFT's words.
    static let key = "lathe_head"

    /// As it stands in checkpoints and beside PEFT's files.
    public var json: JSONObject {
        var json = JSONObject([
            ("task", .string(task.rawValue)), ("module", .string(path)), ("inputs", .integer(inputSize)),
            ("outputs", .integer(outputs)), ("bias", .bool(hasBias)), ("multi_label", .bool(isMultiLabel)),
            ("labels", .array(labels.map { .string($0) })), ("shares", .array(shares.map { .double($0) })),
            ("thresholds", .array(thresholds.map { .double($0) })),
        ])
        if !below.isEmpty { json["below"] = .array(below.map(\.json)) }
        return json
    }

    /// Reads what `json` gives; nil where that describes no head.
    public init?(_ json: JSONValue) {
        guard let task = json["task"]?.string.flatMap(TaskKind.init), let path = json["module"]?.string,
            let inputs = json["inputs"]?.integer, let outputs = json["outputs"]?.integer,
            (1...Self.largest).contains(inputs), (1...Self.largest).contains(outputs), !path.isEmpty
        else { return nil }
        func flag(_ key: String) -> Bool? { json[key].map(\.bool) ?? false }
        // One for each output, or none at all.
        func list<Element>(_ key: String, _ read: (JSONValue) -> Element?) -> [Element]? {
            guard let value = json[key] else { return [] }
            guard let elements = value.array else { return nil }
            let list = elements.compactMap(read)
            return list.count == elements.count && (list.isEmpty || list.count == outputs) ? list : nil
        }
        guard let hasBias = flag("bias"), let isMultiLabel = flag("multi_label"), let labels = list("labels", \.string),
            let shares = list("shares", \.double), let thresholds = list("thresholds", \.double),
            (shares + thresholds).allSatisfy(\.isFinite), task.hasLabels != labels.isEmpty,
            Set(labels).count == labels.count, let below = Self.below(json["below"])
        else { return nil }
        self.init(
            task: task, path: path, inputSize: inputs, outputs: outputs, hasBias: hasBias, isMultiLabel: isMultiLabel,
            labels: labels, shares: shares, thresholds: thresholds, below: below)
    }

    private static func below(_ json: JSONValue?) -> [Layer]? {
        guard let json else { return [] }
        guard let elements = json.array else { return nil }
        let layers = elements.compactMap { json -> Layer? in
            guard let path = json["module"]?.string, !path.isEmpty, let inputs = json["inputs"]?.integer,
                let outputs = json["outputs"]?.integer, let hasBias = json["bias"]?.bool,
                (1...largest).contains(inputs), (1...largest).contains(outputs)
            else { return nil }
            return Layer(path, inputSize: inputs, outputs: outputs, hasBias: hasBias)
        }
        return layers.count == elements.count ? layers : nil
    }

    /// A bound against files that are not meant.
    private static let largest = 1 << 24
}

extension SavedHead.Layer {
    /// What is trained: the weight, then the bias.
    var states: [AdapterState] {
        // The spread of the numbers that transformers begins a new head with: a deviation of 0.02.
        let weight = AdapterState(
            "weight", rows: outputs, columns: inputSize, start: .uniform(0.02 * 3.0.squareRoot()))
        return [weight] + (hasBias ? [AdapterState("bias", count: outputs, start: .zero)] : [])
    }

    fileprivate var json: JSONValue {
        [
            "module": .string(path), "inputs": .integer(inputSize), "outputs": .integer(outputs),
            "bias": .bool(hasBias),
        ]
    }
}

extension TaskKind {
    /// What PEFT calls it.
    var peftName: String {
        switch self {
        case .generate: "CAUSAL_LM"
        case .seq2seq: "SEQ_2_SEQ_LM"
        case .classify, .regress: "SEQ_CLS"
        case .tag: "TOKEN_CLS"
        case .embed: "FEATURE_EXTRACTION"
        }
    }
}
