public import Tensors

/// What of a head is trained, and where its gradients are added: nothing, all of its weight, some of its rows, or factors beside it.
///
/// Legend: C width, V vocabulary, r rank. It keeps nothing of this alive.
public struct HeadGradient: Sendable {
    /// Rows of the weight that are trained alone.
    public struct Rows: Sendable {
        /// The tokens whose rows they are, in the rows' order.
        let tokens: [Int32]
        /// `[tokens, C]`, fp32.
        let gradients: Matrix

        /// - Precondition: a row for each token.
        public init(_ tokens: [Int32], gradients: Matrix) {
            precondition(tokens.count == gradients.rows)
            self.tokens = tokens
            self.gradients = gradients
        }
    }

    /// A low-rank addition s·B·A to the weight.
    public struct Factors: Sendable {
        /// A `[r, C]` and B `[V, r]` with their gradients, fp32.
        let a, b, gradientOfA, gradientOfB: Matrix
        /// s.
        let scale: Float

        public init(a: Matrix, b: Matrix, gradientOfA: Matrix, gradientOfB: Matrix, scale: Float) {
            (self.a, self.b, self.gradientOfA, self.gradientOfB) = (a, b, gradientOfA, gradientOfB)
            self.scale = scale
        }
    }

    /// Of W `[V, C]`, fp32.
    public var weight: Matrix?
    /// Of b `[1, V]`, fp32.
    public var bias: Matrix?
    public var rows: Rows?
    public var factors: Factors?

    /// Nothing is trained.
    public init() {}

    /// Whether nothing is trained.
    public var isEmpty: Bool { weight == nil && bias == nil && rows == nil && factors == nil }
}

/// The gradients of a head from some rows, a tile of the vocabulary after the other:
///
///     dW += α·gᵀ·h      db += Σ g      z = α·s·h·Aᵀ      dB += gᵀ·z      dz = α·s·g·B      dA += dzᵀ·h
///
/// with g the gradient of the logits before they are scaled by α. Each sum over rows is taken in their order.
final class HeadSums {
    private let gradient: HeadGradient
    /// α.
    private let alpha: Float
    /// `[n, C]`; times α where rows of the weight are trained.
    private let hidden: Matrix
    private let scaled: Matrix
    /// `[n, 1]`, by what slopes count for the bias.
    private let ones: Matrix?
    /// `[n, tokens]`, the slopes at the tokens whose rows are trained.
    private let named: Matrix?
    /// `[n, r]`, r rounded up to whole pairs: z, dz in fp32, and that in the type of products.
    private let low: (z: Matrix, dz: Matrix, typed: Matrix)?
    private let workspace: Workspace

    /// - Parameters:
    ///   - hidden: `[n, C]`, in the type of products.
    ///   - factor: what logits were multiplied by, after all that the head does.
    init(_ head: LogitHead, _ hidden: Matrix, factor: Float, _ workspace: Workspace) {
        let gradient = head.gradient, type = hidden.type, rows = hidden.rows
        self.gradient = gradient
        self.workspace = workspace
        self.hidden = hidden
        alpha = head.alpha(factor)
        let scales = alpha != 1 && (gradient.weight != nil || gradient.rows != nil)
        scaled = scales ? workspace.matrix(rows: rows, columns: hidden.columns, type: type) : hidden
        ones = gradient.bias.map { _ in workspace.matrix(rows: rows, columns: 1, type: type) }
        named = gradient.rows.map { workspace.matrix(rows: rows, columns: $0.tokens.count, type: type) }
        low = gradient.factors.map { factors in
            let columns = Panels.paddedDepth(factors.a.rows, type)
            return (
                workspace.matrix(rows: rows, columns: columns, type: type),
                workspace.matrix(rows: rows, columns: columns),
                workspace.matrix(rows: rows, columns: columns, type: type)
            )
        }
        if scales {
            Elements.copy(hidden, into: scaled)
            Elements.scale(scaled, by: alpha)
        }
        if let ones { Elements.fill(ones, with: factor) }
        guard let low, let factors = gradient.factors else { return }
        workspace.scoped {
            let source = PanelSource(
                RowLayout(factors.a), .transposed, type: type, paddingColumns: true, in: workspace)
            let panels = Panels.pack([source])[0]
            Products.sum([Term(hidden, panels)], into: low.z, alpha: alpha * factors.scale)
        }
        Elements.fill(low.dz)
    }

    /// Takes the slopes of the logits of tokens `range`.
    /// - Parameter slopes: `[n, ≥ range.count]`, in the type of products, zeros where it is wider than the range.
    func take(_ slopes: Matrix, tokens range: Range<Int>) {
        var products: [GradientProduct] = []
        if let weight = gradient.weight {
            products.append(
                GradientProduct(
                    scaled, count: scaled.columns, slopes, width: range.count, addedTo: weight.rows(range), .manyByFew))
        }
        if let bias = gradient.bias, let ones {
            let part = Matrix(pointer: bias.element(range.lowerBound), rows: 1, columns: range.count, type: .f32)
            products.append(GradientProduct(ones, count: 1, slopes, width: range.count, addedTo: part, .fewByMany))
        }
        if let factors = gradient.factors, let low {
            products.append(
                GradientProduct(
                    low.z, count: factors.a.rows, slopes, width: range.count,
                    addedTo: factors.gradientOfB.rows(range), .manyByFew))
            workspace.scoped {
                let source = PanelSource(
                    RowLayout(factors.b), rows: range, .plain, type: hidden.type, paddingColumns: true, in: workspace)
                let panels = Panels.pack([source])[0]
                RowBlock.forEach(of: slopes.rows) { block in
                    let sum = low.dz.rows(block.rows)
                    Products.sum(
                        [Term(slopes.rows(block.rows), panels)], into: sum, alpha: alpha * factors.scale, base: sum)
                }
            }
        }
        GradientProduct.run(products)
        guard let rows = gradient.rows, let named else { return }
        for (place, token) in rows.tokens.enumerated() where range.contains(Int(token)) {
            Elements.copyColumn(Int(token) - range.lowerBound, of: slopes, into: place, of: named)
        }
    }

    /// What is left to do when all tiles were taken.
    func finish() {
        var products: [GradientProduct] = []
        if let rows = gradient.rows, let named {
            products.append(
                GradientProduct(named, count: rows.tokens.count, scaled, addedTo: rows.gradients, .fewByMany))
        }
        if let factors = gradient.factors, let low {
            Elements.copy(low.dz, into: low.typed)
            products.append(
                GradientProduct(low.typed, count: factors.a.rows, hidden, addedTo: factors.gradientOfA, .fewByMany))
        }
        GradientProduct.run(products)
    }

    /// Bytes taken from a workspace for `rows` rows, of which a tile has `tile` tokens.
    static func workspaceBytes(
        _ gradient: HeadGradient, rows: Int, width: Int, tile: Int, type: ElementType
    ) -> Int {
        guard !gradient.isEmpty else { return 0 }
        func matrix(_ columns: Int, _ type: ElementType) -> Int {
            Workspace.byteCount(rows: rows, columns: columns, type: type)
        }
        var bytes = matrix(width, type) + matrix(1, type) + matrix(gradient.rows?.tokens.count ?? 0, type)
        if let factors = gradient.factors {
            let rank = Panels.paddedDepth(factors.a.rows, type)
            bytes += 2 * matrix(rank, type) + matrix(rank, .f32)
            bytes += Panels.byteCount(depth: max(width, tile), columns: rank, type: type)
        }
        return bytes
    }
}
