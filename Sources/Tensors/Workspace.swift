// The buffers of one step: one arena, taken and given back like a stack, so a step allocates nothing.

/// An arena for the buffers of one micro-batch.
///
/// Its size grows between steps to the highest mark seen (`reserve` plans it before the run); inside a step memory only moves
/// up and, at the end of `scoped`, back down. Not for numbers that outlive a step: those live in a `ParameterSlab`.
public final class Workspace {
    private var chunks: [UnsafeMutableRawBufferPointer] = []
    private var chunk = 0
    private var offset = 0
    /// The most bytes ever in use at once.
    public private(set) var peakBytes = 0
    public private(set) var bytesInUse = 0

    /// Buffers start on cache lines.
    private static let alignment = 64
    private static let smallestChunk = 1 << 20

    /// Whether buffers are only counted: they have no memory, and no number in them may be touched.
    public let measures: Bool

    public init(reservingBytes bytes: Int = 0) {
        measures = false
        reserve(bytes: bytes)
    }

    private init(measures: Bool) { self.measures = measures }

    /// The most bytes that `body` has in use at once, by what it takes from a workspace without memory.
    public static func measuring(_ body: (Workspace) throws -> Void) rethrows -> Int {
        let workspace = Workspace(measures: true)
        try body(workspace)
        return workspace.peakBytes
    }

    /// Counts `bytes` that a kernel takes for itself, by its own word, for the rest of the enclosing `scoped`.
    /// - Precondition: the workspace measures.
    public func count(bytes: Int) {
        precondition(measures)
        _ = take(bytes)
    }

    /// Makes room for `bytes` in one piece, where there is less. The system backs it only as it is used.
    public func reserve(bytes: Int) {
        if bytes > reservedBytes { addChunk(bytes) }
    }

    deinit { chunks.forEach { $0.deallocate() } }

    public var reservedBytes: Int { chunks.reduce(0) { $0 + $1.count } }

    /// A matrix of undefined numbers, valid until the end of the enclosing `scoped`.
    public func matrix(rows: Int, columns: Int, type: ElementType = .f32) -> Matrix {
        let count = Self.byteCount(rows: rows, columns: columns, type: type)
        return Matrix(pointer: take(count), rows: rows, columns: columns, type: type)
    }

    /// Bytes that `matrix` takes.
    public static func byteCount(rows: Int, columns: Int, type: ElementType = .f32) -> Int {
        max(rows * columns * type.byteCount + alignment - 1, alignment) / alignment * alignment
    }

    /// Runs `body`; every buffer taken inside is given back at its end.
    public func scoped<Result>(_ body: () throws -> Result) rethrows -> Result {
        let mark = (chunk, offset, bytesInUse)
        defer { (chunk, offset, bytesInUse) = mark }
        return try body()
    }

    /// Gives all memory back to the system; the next buffers take it again.
    /// - Precondition: no buffer is in use.
    public func release() {
        precondition(bytesInUse == 0, "a workspace in use cannot be released")
        chunks.forEach { $0.deallocate() }
        chunks = []
        (chunk, offset) = (0, 0)
    }

    private func take(_ size: Int) -> UnsafeMutableRawPointer {
        bytesInUse += size
        peakBytes = max(peakBytes, bytesInUse)
        // No address: whoever reads or writes there is stopped at once.
        if measures { return UnsafeMutableRawPointer(bitPattern: Self.alignment).unsafelyUnwrapped }
        while chunk < chunks.count, chunks[chunk].count - offset < size {
            chunk += 1
            offset = 0
        }
        if chunk == chunks.count { addChunk(size) }
        let pointer =
            UnsafeMutableRawPointer(mutating: UnsafeRawPointer(chunks[chunk].baseAddress.unsafelyUnwrapped)) + offset
        offset += size
        return pointer
    }

    private func addChunk(_ size: Int) {
        chunks.append(.allocate(byteCount: max(size, Self.smallestChunk), alignment: Self.alignment))
    }
}
