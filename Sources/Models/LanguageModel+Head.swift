// An adapter on the head. The head's product is fused with the loss, so the adapter is added to a copy of the weight: it can be
// read, scored and merged, and has no gradient of its own.

import Kernels
public import Tensors

extension LanguageModel {
    /// The module path of the head.
    public static let headPath = "lm_head"

    /// How the head's weight is stored.
    public var headType: DType { storedHead.dtype }

    /// The adapters to be bound in a pass, by the paths of their layers; that of the head under `headPath`.
    /// - Precondition: each path is a layer's, and the sizes are its own.
    public func binding(_ adapters: [String: LowRankAdapter]) -> AdapterBinding {
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
            layers: found == 0 ? [] : layers, head: head, adaptedHead: head.map { adapted(storedHead, by: $0) })
    }

    /// The weight of the head that a pass computes with: as stored, or with its adapter added.
    func headWeight(_ adapters: AdapterBinding) -> FrozenTensor { adapters.adaptedHead ?? storedHead }

    /// The head that a pass computes with.
    func head(_ adapters: AdapterBinding) -> LogitHead {
        LogitHead(
            RowLayout(headWeight(adapters)), scale: configuration.head.scale, softcap: configuration.head.softcap,
            bias: headBias?.matrix)
    }

    /// W with the adapter merged into it: in fp32, or in its own blocks where these take the change.
    func adapted(_ head: FrozenTensor, by adapter: LowRankAdapter) -> FrozenTensor {
        let (rows, columns) = (head.shape[0], head.shape[1])
        precondition(adapter.inputSize == columns && adapter.outputSize == rows, "adapter of other sizes")
        if let folding = adapter.method.folding { return folding.weight(adapter, head) }
        let storage = Storage(byteCount: rows * columns * 4) { bytes in
            guard let start = bytes.baseAddress else { return }
            let sum = Matrix(pointer: start, rows: rows, columns: columns, type: .f32)
            Widening.widen(head, into: sum)
            let workspace = Workspace()
            let step = max(1, (1 << 20) / max(columns, 1))
            let ranges = stride(from: 0, to: rows, by: step).map { $0..<min($0 + step, rows) }
            adapter.withFactors { factors in
                for range in ranges {
                    workspace.scoped {
                        let product = workspace.matrix(rows: range.count, columns: columns)
                        Products.times(factors.b.rows(range), factors.a, into: product, alpha: adapter.scale)
                        Elements.add(product, into: sum.rows(range))
                    }
                }
            }
            for range in ranges {
                let part = sum.rows(range)
                adapter.factors(of: part, firstRow: range.lowerBound)?.apply(to: part)
            }
        }
        return FrozenTensor(name: head.name, dtype: .f32, shape: head.shape, storage: storage, byteOffset: 0)
    }
}
