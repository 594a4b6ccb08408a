// The head of a task, as it is trained beside an adapter's factors and kept with them: what PEFT calls `modules_to_save`.

internal import Foundation
public import JSON
internal import Models
public import Vocabulary

/// A linear layer `[outputs, inputs]` that is trained whole: what the answers of a task come from, and what they mean.
public struct SavedHead: Sendable, Equatable {
    public var task: TaskKind
    /// What Hugging Face calls the layer: `score`.
    public var path: String
    public var inputSize: Int
    public var outputs: Int
    public var hasBias: Bool
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
        labels: [String] = [], shares: [Double] = [], thresholds: [Double] = []
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
    }

    /// What is trained: the weight, then the bias.
    var states: [AdapterState] {
        // The spread of the numbers that transformers begins a new head with: a deviation of 0.02.
        let weight = AdapterState(
            "weight", rows: outputs, columns: inputSize, start: .uniform(0.02 * 3.0.squareRoot()))
        return [weight] + (hasBias ? [AdapterState("bias", count: outputs, start: .zero)] : [])
    }

    /// Throws where the final states are not as wide as the head's input.
    func requireWidth(_ width: Int) throws(AdapterError) {
        guard inputSize != width else { return }
        throw AdapterError(
            "the head of the task is for another model", subject: path, expected: "\(width) inputs",
            found: "\(inputSize)")
    }

    /// What PEFT calls tasks that have a head.
    static let peftTasks = ["SEQ_CLS", "TOKEN_CLS"]

    /// What PEFT calls the task.
    var peftTask: String {
        switch task {
        case .generate: "CAUSAL_LM"
        case .classify, .regress: "SEQ_CLS"
        case .tag: "TOKEN_CLS"
        case .embed: "FEATURE_EXTRACTION"
        }
    }

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
        JSONObject([
            ("task", .string(task.rawValue)), ("module", .string(path)), ("inputs", .integer(inputSize)),
            ("outputs", .integer(outputs)), ("bias", .bool(hasBias)), ("multi_label", .bool(isMultiLabel)),
            ("labels", .array(labels.map { .string($0) })), ("shares", .array(shares.map { .double($0) })),
            ("thresholds", .array(thresholds.map { .double($0) })),
        ])
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
            Set(labels).count == labels.count
        else { return nil }
        self.init(
            task: task, path: path, inputSize: inputs, outputs: outputs, hasBias: hasBias, isMultiLabel: isMultiLabel,
            labels: labels, shares: shares, thresholds: thresholds)
    }

    /// A bound against files that are not meant.
    private static let largest = 1 << 24
}
