// What an adapter makes of one weight.

internal import Adapters
internal import Kernels
public import Models
public import Tensors

/// What is added to one linear layer's weight: scale · B·A, and what the adapter's method makes of the sum.
public struct LowRankDelta: Sendable {
    public let method: AdapterMethod
    let layout: StateLayout
    /// The module's path: `model.layers.0.self_attn.q_proj`.
    public let path: String
    public let scale: Float
    private let factors: DeltaFactors
    /// The numbers of what the method has beside trained factors.
    public let own: [[Float]]

    /// LoRA factors read from a file, with the shapes the file gives them.
    public init(
        path: String, scale: Float, a: [Float], aShape: Shape, b: [Float], bShape: Shape
    ) throws(ModelExportError) {
        guard aShape.rank == 2, bShape.rank == 2, aShape.elementCount == a.count, bShape.elementCount == b.count else {
            throw ModelExportError(path, "factors are matrices", found: "A \(aShape), B \(bShape)")
        }
        guard aShape[0] == bShape[1] else {
            throw ModelExportError(
                path, "the factors' ranks differ", expected: "A [r, in] and B [out, r]",
                found: "A \(aShape), B \(bShape)",
                hint: "is a factor transposed?")
        }
        method = .lora
        layout = StateLayout(path: path, inputSize: aShape[1], outputSize: bShape[0], rank: aShape[0])
        self.path = path
        self.scale = scale
        factors = .own(a: a, b: b, rank: aShape[0])
        own = []
    }

    /// The delta of an attached adapter, whose numbers stay where they are.
    public init(path: String, _ adapter: LowRankAdapter) {
        method = adapter.method
        layout = adapter.layout
        self.path = path
        scale = adapter.scale
        factors = .attached(adapter)
        own = adapter.own.map { Array($0.values.floats) }
    }

    /// r; 0 of a method without factors.
    public var rank: Int { factors.rank }
    /// A copy of A `[r, in]`, row-major; of some methods a column stands for several inputs.
    public var a: [Float] { factors.numbers.a }
    /// A copy of B `[out, r]`, row-major.
    public var b: [Float] { factors.numbers.b }

    var inputSize: Int { layout.inputSize }
    var outputSize: Int { layout.outputSize }

    /// Whether a merge does more than to add B·A.
    var scales: Bool { method.scales(layout) }
    /// By what a merge multiplies the layer's bias; nil: by nothing.
    var biasFactors: [Float]? { method.biasFactors(own: own, layout) }

    /// Whether the merged weight cannot be stored as the base's is.
    var changesType: Bool { method.folding == nil }

    /// Turns `block`, the rows `range` of W in fp32, into those of the merged weight; returns the sum of the squares of what changed.
    /// - Parameter product: room of the same size.
    func merge(rows range: Range<Int>, into block: Matrix, using product: Matrix) -> Double {
        multiply(rows: range, into: product)
        guard let factors = factors(of: block, plus: product, firstRow: range.lowerBound) else {
            Elements.add(product, into: block)
            return Elements.sumOfSquares(UnsafeBufferPointer(product.floats))
        }
        // `product` is the sum by now, and then the merged rows.
        factors.apply(to: product)
        Elements.scale(block, by: -1)
        Elements.add(product, into: block)
        defer { Elements.copy(product, into: block) }
        return Elements.sumOfSquares(UnsafeBufferPointer(block.floats))
    }

    /// By what the method multiplies W + scale · B·A, whose rows then stand in `product`; nil, and nothing is changed, where it does
    /// not.
    func factors(of base: Matrix, plus product: Matrix, firstRow: Int) -> ScalingFactors? {
        guard scales else { return nil }
        Elements.add(base, into: product)
        return method.factors(of: product, firstRow: firstRow, own: own, layout)
    }

    /// The rows `range` of scale · B·A in fp32: zeros where there are no factors.
    func multiply(rows range: Range<Int>, into product: Matrix) {
        guard rank > 0 else { return Elements.fill(product) }
        withFactors { a, b in Products.times(b.rows(range), a, into: product, alpha: scale) }
    }

    /// Runs `body` on A and B as matrices, which it only reads; not where there are none.
    func withFactors(_ body: (_ a: Matrix, _ b: Matrix) -> Void) { factors.withMatrices(body) }

    /// Throws unless the delta can be added to the weight `stored`.
    func check(against stored: FrozenTensor) throws(ModelExportError) {
        let shape = stored.shape
        guard method.changes(stored.dtype) else {
            throw ModelExportError(
                path, "adapter.method \(method.kind.rawValue) cannot change the weight's stored type",
                expected: method.kind.changeableTypes, found: stored.dtype.rawValue.uppercased())
        }
        let own = Shape([outputSize, inputSize])
        guard rank > 0 || scales, scale.isFinite else {
            throw ModelExportError(path, "rank \(rank) with scale \(scale)")
        }
        guard shape == own else {
            throw ModelExportError(
                path, "the adapter was made for another model", expected: "B·A of shape \(shape)", found: "\(own)",
                hint: shape.sizes == own.sizes.reversed() ? "are the factors transposed?" : nil)
        }
        let names = method.states(layout).map(\.name)
        if let (state, place, value) = firstNonFinite {
            throw ModelExportError(path, "\(names[state]) is not finite", found: "\(value) at element \(place)")
        }
    }

    /// The first number that is none: in which of the states and where.
    private var firstNonFinite: (state: Int, place: Int, value: Float)? {
        func find(_ numbers: UnsafeBufferPointer<Float>, _ state: Int) -> (state: Int, place: Int, value: Float)? {
            Elements.firstNonFinite(numbers).map { (state, $0, numbers[$0]) }
        }
        var found: (state: Int, place: Int, value: Float)?
        if method.trainsFactors {
            withFactors { a, b in found = find(.init(a.floats), 0) ?? find(.init(b.floats), 1) }
        }
        for (index, values) in own.enumerated() where found == nil {
            found = values.withUnsafeBufferPointer { find($0, (method.trainsFactors ? 2 : 0) + index) }
        }
        return found
    }
}

extension LanguageModel {
    /// The deltas of the adapters attached to the model, in network order.
    public var lowRankDeltas: [LowRankDelta] {
        linearLayers.compactMap { layer in adapters[layer].map { LowRankDelta(path: layer.path, $0) } }
            + (adapters.head.map { [LowRankDelta(path: Self.headPath, $0)] } ?? [])
    }
}
