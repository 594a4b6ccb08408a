// The head of a task that a model's own folder has: what a …ForSequenceClassification answers without an adapter.

internal import JSON
internal import Kernels
public import Models
public import Tensors
internal import Vocabulary
internal import WeightFiles

/// A model's own head: what it answers, and its numbers.
public final class OwnHead {
    public let head: SavedHead
    private let slab: ParameterSlab
    /// For passes of the model.
    public let taskHead: TaskHead
    /// Whether its labels are the names that transformers makes up where nobody gave any.
    public let hasMadeUpLabels: Bool

    /// The head of the class that the folder of `source` was saved as; nil where that has none.
    ///
    /// - Parameter model: what `source` is.
    /// - Throws: `AdapterError` where the folder says of the head what is not computed here, or lacks a part of it.
    public init?(_ source: any ModelSource, _ model: ModelConfiguration) throws(AdapterError) {
        guard let spec = model.ownHead, let words = source.huggingFaceConfiguration else { return nil }
        let place = "\(source.location)/\(source.configurationName ?? "")"
        do throws(AdapterError) {
            let head = try Self.head(spec, words, source, model)
            let names = head.layers.flatMap { layer in layer.states.map { (layer.path, $0) } }
            let slab = ParameterSlab(
                names.map { (name: "\($0.0).\($0.1.name)", rows: $0.1.rows, columns: $0.1.columns) })
            for slot in slab.slots { try Self.read(slot, source, into: slab) }
            self.head = head
            self.slab = slab
            taskHead = TaskHead(head, slots: slab.slots, of: slab)
            hasMadeUpLabels = words["id2label"] == nil || head.hasMadeUpLabels
        } catch { throw error.located(place) }
    }

    private static func head(
        _ spec: TaskHeadSpec, _ words: JSONValue, _ source: any ModelSource, _ model: ModelConfiguration
    ) throws(AdapterError) -> SavedHead {
        // Layers that the base has as its own stay there.
        let own = spec.layers.filter { !$0.isFrozen }
        var layers: [SavedHead.Layer] = []
        for layer in own {
            guard let shape = source.shape(at: layer.path + ".weight"), shape.rank == 2 else {
                throw AdapterError(
                    "is missing: \(words["architectures"]?.array?.first?.string ?? "the class") answers with it",
                    subject: layer.path + ".weight")
            }
            layers.append(
                SavedHead.Layer(
                    layer.path, inputSize: shape[1], outputs: shape[0], hasBias: source.contains(layer.path + ".bias")))
        }
        guard let answers = layers.popLast() else { throw AdapterError("the head has no layer") }
        let task = try task(words, model.taskClass, outputs: answers.outputs)
        let labels = task.kind == .regress ? [] : self.labels(words, count: answers.outputs)
        guard Set(labels).count == labels.count else {
            throw AdapterError("names a label twice", subject: "id2label", found: labels.joined(separator: ", "))
        }
        let head = SavedHead(
            task: task.kind, path: answers.path, inputSize: answers.inputSize, outputs: answers.outputs,
            hasBias: answers.hasBias, isMultiLabel: task.isMultiLabel, labels: labels, below: layers)
        try head.requireWidth(model.width)
        return head
    }

    private static func task(
        _ words: JSONValue, _ kind: TaskClass?, outputs: Int
    ) throws(AdapterError) -> (kind: TaskKind, isMultiLabel: Bool) {
        if kind == .words { return (.tag, false) }
        switch words["problem_type"]?.string {
        case nil: return outputs == 1 ? (.regress, false) : (.classify, false)
        case "single_label_classification" where outputs > 1: return (.classify, false)
        case "multi_label_classification": return (.classify, true)
        case "regression" where outputs == 1: return (.regress, false)
        case let other?:
            throw AdapterError(
                "is not supported with \(outputs) outputs of the head", subject: "problem_type", found: other)
        }
    }

    private static func labels(_ words: JSONValue, count: Int) -> [String] {
        zip(0..<count, SavedHead.madeUpLabels(count)).map { words["id2label"]?["\($0)"]?.string ?? $1 }
    }

    private static func read(
        _ slot: MatrixSlot, _ source: any ModelSource, into slab: ParameterSlab
    ) throws(AdapterError) {
        let tensor: FrozenTensor
        do { tensor = try source.tensor(at: slot.name) } catch {
            throw AdapterError("cannot be read: \(error)", subject: slot.name)
        }
        guard tensor.elementCount == slot.rows * slot.columns, Widening.supports(tensor.dtype) else {
            throw AdapterError(
                "is no tensor of the head", subject: slot.name, expected: "\(slot.rows) x \(slot.columns)",
                found: "\(tensor.shape) \(tensor.dtype.rawValue)")
        }
        let numbers = Widening.floats(tensor)
        guard numbers.allSatisfy(\.isFinite) else {
            throw AdapterError("holds a NaN or infinity", subject: slot.name)
        }
        _ = slab.values(slot).floats.update(from: numbers)
    }
}

extension AdapterSet {
    /// Begins with the numbers of `own` where the head has the same layers: all, or those below the answers where these stand for
    /// something else.
    ///
    /// - Returns: whether the answers begin there, too.
    @discardableResult
    public func begin(with own: OwnHead) -> Bool {
        guard let head = configuration.head else { return false }
        let isSame = own.head.answersAlike(head)
        for slot in slab.slots where isSame || !slot.name.hasPrefix(head.path + ".") {
            guard let found = own.slot(slot.name), found.rows == slot.rows, found.columns == slot.columns else {
                continue
            }
            _ = slab.values(slot).floats.update(from: own.values(found))
        }
        slab.valuesChanged()
        return isSame
    }
}

extension OwnHead {
    fileprivate func slot(_ name: String) -> MatrixSlot? { slab.slots.first { $0.name == name } }
    fileprivate func values(_ slot: MatrixSlot) -> [Float] { Array(slab.values(slot).floats) }
}

extension AdapterSet {
    /// The numbers of what the head trains whole, by the names of their tensors: `classifier.weight`.
    public var headNumbers: [(name: String, shape: Shape, numbers: [Float])] {
        headStates.map { state, slot in (slot.name, state.shape, Array(slab.values(slot).floats)) }
    }
}
