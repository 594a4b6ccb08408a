import CKernels
public import Tensors

/// The projection onto the vocabulary, and what becomes of its products: `logits = cap · tanh((s · x·Wᵀ + b) / cap)`, or without what
/// a family does not have.
///
/// Legend: C width, V vocabulary. It keeps nothing of this alive.
public struct LogitHead: Sendable {
    /// W `[V, C]`.
    public let weight: RowLayout
    /// s.
    let scale: Float
    /// `cap`; nil where logits are as large as they come.
    let softcap: Float?
    /// b `[1, V]`, fp32.
    let bias: Matrix?
    /// What of it is trained.
    public let gradient: HeadGradient

    /// - Parameters:
    ///   - weight: `[V, C]`.
    ///   - scale: what products are multiplied with.
    ///   - softcap: within which logits are drawn.
    ///   - bias: `[1, V]`, fp32, of the scaled products.
    ///   - gradient: what of it is trained.
    public init(
        _ weight: RowLayout, scale: Float = 1, softcap: Float? = nil, bias: Matrix? = nil,
        gradient: HeadGradient = HeadGradient()
    ) {
        precondition(bias.map { $0.count == weight.rows && $0.type == .f32 } ?? true)
        self.weight = weight
        self.scale = scale
        self.softcap = softcap
        self.bias = bias
        self.gradient = gradient
    }

    /// V.
    public var rows: Int { weight.rows }
    /// C.
    public var columns: Int { weight.columns }

    /// The logits of tokens `tokens` times `factor`, `[n, tokens.count]`, fp32.
    ///
    /// - Parameters:
    ///   - hidden: `[n, C]`, in the panels' type.
    ///   - panels: of the tokens' rows of W.
    public func multiply(
        _ hidden: Matrix, _ panels: Panels, tokens: Range<Int>, factor: Float = 1, into logits: Matrix
    ) {
        let isLinear = bias == nil && softcap == nil
        Products.sum(
            [Term(hidden, panels)], into: logits, alpha: isLinear ? scale * factor : scale, bias: bias(of: tokens))
        guard !isLinear else { return }
        cap(logits)
        if factor != 1 { Elements.scale(logits, by: factor) }
    }

    /// Turns products `x·Wᵀ` of all tokens, `[n, V]`, fp32, into logits.
    public func finish(_ products: Matrix) {
        precondition(products.columns == rows && products.type == .f32)
        if scale != 1 { Elements.scale(products, by: scale) }
        if let bias { Elements.addBias(bias, to: products) }
        cap(products)
    }

    private func cap(_ logits: Matrix) {
        guard let softcap else { return }
        parallelRanges(logits.rows, grain: logits.rowGrain) { rows in
            for row in rows { lathe_softcap(logits.rows(row..<row + 1).floatPointer, softcap, logits.columns) }
        }
    }

    private func bias(of tokens: Range<Int>) -> Matrix? {
        bias.map {
            Matrix(pointer: $0.element(tokens.lowerBound), rows: 1, columns: tokens.count, type: .f32)
        }
    }

    // MARK: Backward

    /// By what a gradient of `factor · logits` is multiplied to be one of the products, beside `slopes`.
    func alpha(_ factor: Float) -> Float { scale * factor }

    /// Multiplies `gradient` by the slopes of the cap at logits times `factor`, number by number. Of logits at −∞ they are zero.
    func multiplyBySlopes(
        _ gradient: UnsafeMutableRawPointer, _ type: ElementType, _ logits: UnsafePointer<Float>, factor: Float,
        count: Int
    ) {
        guard let softcap else { return }
        lathe_softcap_slopes(logits, softcap * factor, gradient, type.c, count)
    }

    /// The slope of the cap at a logit times `factor`.
    func slope(at logit: Double, factor: Float) -> Double {
        guard let softcap else { return 1 }
        let share = logit / Double(softcap * factor)
        return 1 - share * share
    }
}
