// What changes the head. Its product is fused with the loss, so an adapter on it is added to a copy of the weight, and rows that are
// trained take their places there; the loss gives their gradients with its own.

import Kernels
public import Tensors

extension LanguageModel {
    /// The module path of the head.
    public static let headPath = "lm_head"

    /// How the head's weight is stored.
    public var headType: DType { storedHead.dtype }

    /// The adapters to be bound in a pass, by the paths of their layers; that of the head under `headPath`.
    /// - Parameter parts: what is trained beside them.
    /// - Precondition: each path is a layer's, and the sizes are its own.
    public func binding(_ adapters: [String: LowRankAdapter], parts: TrainedParts? = nil) -> AdapterBinding {
        let layers = linearLayers.map { layer in
            let adapter = adapters[layer.path]
            precondition(
                adapter.map { $0.inputSize == layer.inputSize && $0.outputSize == layer.outputSize } ?? true,
                "an adapter of other sizes")
            return adapter
        }
        let head = adapters[Self.headPath]
        let found = layers.count { $0 != nil } + (head == nil ? 0 : 1)
        precondition(found == adapters.count, "an adapter for another model")
        return AdapterBinding(
            layers: found == 0 ? [] : layers, head: head, changedHead: ChangedHead(of: self, head, parts), parts: parts)
    }

    /// The weight of the head that a pass computes with: as stored, trained whole, or with its adapter added.
    /// - Parameter measures: whether only memory is counted, and no number is looked at.
    func headWeight(_ adapters: AdapterBinding, measures: Bool = false) -> FrozenTensor {
        adapters.parts?.head?.tensor ?? adapters.changedHead?.tensor(measures: measures) ?? storedHead
    }

    /// Bytes of the copies of the head's weight in which changes of it are.
    public var changedHeadBytes: Int { changedHeadBytes(adapters) }

    /// The same of other adapters than those of the model.
    public func changedHeadBytes(_ adapters: AdapterBinding) -> Int {
        (adapters.changedHead?.copies ?? 0) * storedHead.elementCount * 4
    }

    /// Where gradients of the head go.
    private func headGradient(_ adapters: AdapterBinding) -> HeadGradient {
        var gradient = HeadGradient()
        gradient.weight = adapters.parts?.head?.gradients
        gradient.bias = adapters.parts?.headBias?.gradients
        gradient.rows = adapters.parts?.headRows.map { .init($0.tokens, gradients: $0.matrix.gradients) }
        gradient.factors = adapters.head.flatMap {
            guard $0.method.kind == .lora else { return nil }
            return .init(
                a: $0.a, b: $0.b, gradientOfA: $0.states[0].gradients, gradientOfB: $0.states[1].gradients,
                scale: $0.scale)
        }
        return gradient
    }

    /// The head that a pass computes with.
    /// - Parameter measures: whether only memory is counted, and no number is looked at.
    func head(_ adapters: AdapterBinding, measures: Bool = false) -> LogitHead {
        LogitHead(
            RowLayout(headWeight(adapters, measures: measures)), scale: configuration.head.scale,
            softcap: configuration.head.softcap, bias: adapters.parts?.headBias?.values ?? headBias?.matrix,
            gradient: headGradient(adapters))
    }
}
