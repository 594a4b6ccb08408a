// Which adapter acts on which layer: passed with the pass, so that one base serves several adapters, or none.

import Tensors

/// The adapters of one pass through a model.
public struct AdapterBinding {
    /// By the layer's number; empty where no layer has one.
    private let layers: [LowRankAdapter?]
    /// The adapter on the head.
    public let head: LowRankAdapter?
    /// The head with its adapter and with rows that are trained, since the head's product is fused with the loss; nil where it has
    /// neither.
    let changedHead: ChangedHead?
    /// Whether an adapter changes stored blocks themselves.
    let foldsWeights: Bool
    /// What is trained beside the adapters, in the place of the base's own; nil where nothing is.
    let parts: TrainedParts?
    /// The head of a task, in the place of the language's; nil where there is none.
    public private(set) var task: TaskHead?

    /// The base alone.
    public static var none: AdapterBinding { AdapterBinding(layers: [], head: nil, changedHead: nil, parts: nil) }

    /// - Parameters:
    ///   - layers: by the layers' numbers.
    ///   - changedHead: there if `head` is.
    init(layers: [LowRankAdapter?], head: LowRankAdapter?, changedHead: ChangedHead?, parts: TrainedParts?) {
        self.layers = layers
        foldsWeights = layers.contains { $0?.method.folding != nil }
        self.head = head
        self.changedHead = changedHead
        self.parts = parts
    }

    /// The same adapters with `task` as the head of a task.
    public func with(task: TaskHead?) -> AdapterBinding {
        var binding = self
        binding.task = task
        return binding
    }

    /// The adapter on `layer`; nil where there is none.
    public subscript(layer: LinearLayer) -> LowRankAdapter? {
        layers.isEmpty ? nil : layers[layer.number]
    }

    /// Whether inputs of any adapter are dropped in training.
    var drops: Bool { (layers + [head]).contains { ($0?.dropout ?? 0) > 0 } }

    /// Whether both put the same adapters on the same layers.
    public func isSame(as other: AdapterBinding) -> Bool {
        head === other.head && task === other.task && parts === other.parts && layers.count == other.layers.count
            && zip(layers, other.layers).allSatisfy { $0 === $1 }
    }

    /// Another number whenever an adapter's numbers were changed: what was computed with the old ones is stale.
    public var revision: Int { (layers + [head]).reduce(parts?.revision ?? 0) { $0 + ($1?.revision ?? 0) } }
}
