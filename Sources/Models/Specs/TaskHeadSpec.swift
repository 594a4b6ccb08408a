// The layers between the states of a model and the answers of a task, as data: what transformers puts on top of each family.

public import Kernels
public import Vocabulary

/// A head that says something of a text, or of each of its words.
public struct TaskHeadSpec: Sendable, Equatable {
    /// What becomes of a layer's results.
    public enum Function: Sendable, Equatable {
        case tanh
        case activation(Activation)
    }

    /// A linear layer of the head, with what follows it.
    public struct Layer: Sendable, Equatable {
        /// The module's path as Hugging Face names it: `classifier.dense`.
        public var path: String
        public var hasBias: Bool
        /// nil where results stay as they are.
        public var function: Function?
        /// The norm after that, and its path; nil where there is none.
        public var norm: NormSpec?
        public var normPath: String?
        /// Whether it stays as the base has it and may carry an adapter; else it is trained and saved whole. One that the base
        /// does not have is trained whole in any case.
        public var isFrozen: Bool

        /// A layer from its parts.
        public init(
            _ path: String, hasBias: Bool = true, function: Function? = nil, norm: NormSpec? = nil,
            normPath: String? = nil, isFrozen: Bool = false
        ) {
            self.path = path
            self.hasBias = hasBias
            self.function = function
            self.norm = norm
            self.normPath = normPath
            self.isFrozen = isFrozen
        }
    }

    /// What of a text's states it reads; nil: those of its words, each by itself.
    public var pooling: Pooling?
    /// From the states up, each as wide as these but for the last, which gives the answers.
    public var layers: [Layer]

    /// A head from its parts.
    public init(pooling: Pooling?, layers: [Layer]) {
        self.pooling = pooling
        self.layers = layers
    }
}

/// The heads that a family's models are given.
public struct TaskHeads: Sendable, Equatable {
    /// Of texts as wholes.
    public var texts: TaskHeadSpec
    /// Of words.
    public var words: TaskHeadSpec

    /// The heads of a family.
    public init(texts: TaskHeadSpec, words: TaskHeadSpec) {
        self.texts = texts
        self.words = words
    }

    /// The head of `task`; nil where that has none.
    public subscript(task: TaskKind) -> TaskHeadSpec? {
        guard task.hasHead else { return nil }
        return task == .tag ? words : texts
    }

    /// Those of decoders: one layer on the last token's state, or on each word's.
    /// - Parameter words: what the layer on words is called.
    static func decoder(words: String = "score") -> TaskHeads {
        TaskHeads(
            texts: TaskHeadSpec(pooling: .last, layers: [.init("score", hasBias: false)]),
            words: TaskHeadSpec(pooling: nil, layers: [.init(words)]))
    }

    /// Those of encoders: on the first token's state, or on each word's.
    /// - Parameters:
    ///   - pooling: what of a text's states is read.
    ///   - texts: what stands below the answers of texts, `words` the same of words.
    ///   - answers: the layer of the answers of texts.
    static func encoder(
        pooling: Pooling = .first, texts: [TaskHeadSpec.Layer], answers: String = "classifier",
        words: [TaskHeadSpec.Layer] = []
    ) -> TaskHeads {
        TaskHeads(
            texts: TaskHeadSpec(pooling: pooling, layers: texts + [.init(answers)]),
            words: TaskHeadSpec(pooling: nil, layers: words + [.init("classifier")]))
    }

    /// The tasks whose head has the layer `path`.
    func tasks(with path: String) -> Set<TaskKind> {
        Set(TaskKind.allCases.filter { self[$0]?.layers.contains { $0.path == path } ?? false })
    }
}

extension ModelConfiguration {
    /// Whether the tensor `name` is of a layer that heads of tasks share and that is trained in none.
    func isOnTop(_ name: String) -> Bool {
        (taskHeads.texts.layers + taskHeads.words.layers).contains { layer in
            layer.isFrozen && [layer.path, layer.normPath].contains { $0.map { name.hasPrefix($0 + ".") } ?? false }
        }
    }
}
