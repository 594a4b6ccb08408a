import CKernels
import Tensors

/// Which keys a query sees.
public enum AttentionMask: Sendable, Equatable {
    /// Its own and those before it; a window counts its own.
    case causal
    /// All; a window goes as many places to each side.
    case bidirectional
}

/// How queries meet keys: how many heads there are, which keys a query sees, and what their scores are.
///
/// Query head `h` reads key/value head `h / (H / G)`.
public struct AttentionRule: Sendable {
    /// H, query heads.
    public var heads: Int
    /// G, key/value heads; divides `heads`.
    public var groups: Int
    /// What products of queries and keys are multiplied with.
    public var scale: Float
    /// c: a scaled product s counts as c·tanh(s / c); nil: as it is.
    public var softcap: Float?
    public var mask: AttentionMask
    /// How many positions a query sees of those the mask shows; nil for all.
    public var window: Int?
    /// What is added to scores by the distance from query to key.
    public var bias: PositionBias?

    /// A rule from its parts.
    public init(
        heads: Int, groups: Int, scale: Float, softcap: Float? = nil, mask: AttentionMask = .causal,
        window: Int? = nil, bias: PositionBias? = nil
    ) {
        precondition(heads > 0 && groups > 0 && heads % groups == 0)
        precondition(window.map { $0 > 0 } ?? true && softcap.map { $0 > 0 } ?? true)
        precondition(bias.map { $0.heads == heads } ?? true)
        self.heads = heads
        self.groups = groups
        self.scale = scale
        self.softcap = softcap
        self.mask = mask
        self.window = window
        self.bias = bias
    }

    /// More positions than there are.
    private static let unlimited = 1 << 60

    /// How many places before its own a query sees, and how many after.
    private var reach: (before: Int, after: Int) {
        switch mask {
        case .causal: (window.map { $0 - 1 } ?? Self.unlimited, 0)
        case .bidirectional: (window ?? Self.unlimited, window ?? Self.unlimited)
        }
    }

    /// The keys that queries `queries` of an example of `rows` rows need, where both are counted from its start.
    func keys(of queries: Range<Int>, rows: Int) -> Int { mask == .causal ? queries.upperBound : rows }

    /// Gives `body` the kernel's form of the rule for heads from `head` on.
    ///
    /// - Parameters:
    ///   - position: of the first query among the keys.
    ///   - type: of queries, keys and values; what comes out has that type too unless `body` says otherwise.
    func withShape(
        head: Int, queries: Int, keys: Int, position: Int, width: Int, type: ElementType,
        _ body: (inout lathe_attention_shape) -> Void
    ) {
        precondition(bias.map { $0.positions >= max(keys, position + queries) } ?? true)
        var shape = lathe_attention_shape()
        shape.queries = queries
        shape.keys = keys
        shape.position = position
        (shape.before, shape.after) = reach
        shape.width = width
        shape.query_stride = heads * width
        shape.output_stride = heads * width
        shape.key_stride = groups * width
        shape.lse_stride = heads
        shape.scale = scale
        shape.softcap = softcap ?? 0
        shape.type = type.c
        shape.output_type = type.c
        guard let bias else { return body(&shape) }
        bias.withNumbers(head: head) { numbers in
            (shape.bias, shape.bias_stride) = (numbers, bias.stride)
            body(&shape)
        }
    }
}
