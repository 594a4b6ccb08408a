/// How what a file stores of a weight stands to Hugging Face's numbers.
public enum StoredForm: Sendable, Hashable {
    case asStored
    /// GGUF's order of Q and K in the Llama family: within each of `heads` heads of width `D`, the row that Hugging Face has
    /// at `half · D/2 + i` (`half` 0 or 1) is stored at `2i + half`.
    case interleavedHalves(heads: Int)
    /// GGUF's norms of the Gemma family: each number is stored with 1 added.
    case plusOne
    /// GGUF's order of one projection for query, key and value: all rows of a part together. Hugging Face has them in `blocks` equal
    /// blocks, each with `shares` of the parts in order, in heads.
    case partByPart(blocks: Int, shares: [Int])
    /// Hugging Face's GPT-2: what counts as `[out, in]` is stored as `[in, out]`.
    case transposed

    /// The shape that a tensor has for its readers where a file says `stored`, and the other way.
    public func meaning(_ stored: Shape) -> Shape {
        self == .transposed ? Shape(stored.sizes.reversed()) : stored
    }

    /// Whether `rowCount` rows are what the form moves whole.
    public func fits(rows rowCount: Int) -> Bool {
        switch self {
        case .asStored, .plusOne, .transposed: true
        case .interleavedHalves(let heads): rowCount % (2 * heads) == 0
        case .partByPart(let blocks, let shares): rowCount % (blocks * shares.reduce(0, +)) == 0
        }
    }

    /// How the rows are shared out, in a message.
    public var rowsWanted: String {
        switch self {
        case .asStored, .plusOne, .transposed: "rows"
        case .interleavedHalves(let heads): "\(heads) heads of even width"
        case .partByPart(let blocks, let shares): "\(blocks) blocks of \(shares.reduce(0, +)) heads"
        }
    }

    /// The stored row that holds Hugging Face's row `row` of `rowCount`.
    ///
    /// - Precondition: rows are stored whole.
    public func storedRow(_ row: Int, of rowCount: Int) -> Int {
        switch self {
        case .asStored, .plusOne: return row
        case .transposed: preconditionFailure("rows of a transposed tensor are not stored whole")
        case .partByPart(let blocks, let shares):
            let width = rowCount / (blocks * shares.reduce(0, +))
            let (block, inBlock) = row.quotientAndRemainder(dividingBy: width * shares.reduce(0, +))
            var start = 0
            for share in shares {
                if inBlock < (start + share) * width {
                    return blocks * start * width + block * share * width + inBlock - start * width
                }
                start += share
            }
            preconditionFailure("a row outside its block")
        case .interleavedHalves(let heads):
            let width = rowCount / heads
            let (head, inHead) = row.quotientAndRemainder(dividingBy: width)
            let (half, index) = inHead.quotientAndRemainder(dividingBy: width / 2)
            return head * width + 2 * index + half
        }
    }
}

/// A weight that training must not touch, in the form in which its file stores it.
public struct FrozenTensor: Sendable {
    /// The weight's full path, as Hugging Face names it: `model.layers.0.self_attn.q_proj.weight`.
    public let name: String
    public let dtype: DType
    /// Outermost first: a projection is `[out, in]`.
    public let shape: Shape
    public let storage: Storage
    public let byteOffset: Int
    /// Kernels that widen the tensor give Hugging Face's numbers in its order.
    public let form: StoredForm

    /// - Precondition: the tensor lies inside `storage`.
    public init(
        name: String, dtype: DType, shape: Shape, storage: Storage, byteOffset: Int, form: StoredForm = .asStored
    ) {
        let byteCount = shape.elementCount.flatMap { dtype.byteCount(elements: $0) }
        precondition(
            byteCount.map { byteOffset >= 0 && $0 <= storage.bytes.count - byteOffset } ?? false,
            "\(name) lies outside its storage")
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.storage = storage
        self.byteOffset = byteOffset
        self.form = form
    }

    public var elementCount: Int { shape.elementCount ?? 0 }

    /// Lets the tensor's pages leave memory where its file can give them back.
    public func dropPages() { storage.dropPages(byteOffset..<(byteOffset + bytes.count)) }

    /// The same of rows that a pass is through with; of a tensor in another form nothing.
    public func dropPages(rows: Range<Int>) {
        guard form == .asStored, let count = shape.sizes.first, count > 0 else { return }
        let rowBytes = bytes.count / count
        storage.dropPages(byteOffset + rows.lowerBound * rowBytes..<byteOffset + rows.upperBound * rowBytes)
    }

    public var bytes: UnsafeRawBufferPointer {
        let count = dtype.byteCount(elements: elementCount) ?? 0
        return UnsafeRawBufferPointer(rebasing: storage.bytes[byteOffset..<(byteOffset + count)])
    }

    /// A vector as a column, so that its elements are rows and come in the order that the form says; a matrix as it is.
    public var asColumn: FrozenTensor {
        guard shape.rank == 1 else { return self }
        return FrozenTensor(
            name: name, dtype: dtype, shape: [shape[0], 1], storage: storage, byteOffset: byteOffset, form: form)
    }
}
