// How many sequences run together.

/// The most that runs at the same time.
public struct CacheLimits: Sendable {
    /// Sequences.
    public var width: Int
    /// Memory that the caches of running sequences take together; one sequence runs whatever it takes.
    public var cacheBytes: Int

    public init(width: Int = 16, cacheBytes: Int = 256 << 20) {
        precondition(width > 0)
        self.width = width
        self.cacheBytes = cacheBytes
    }

    /// Whether a sequence has room beside those that run.
    /// - Parameters:
    ///   - bytes: of its cache.
    ///   - running: bytes of the others' caches.
    func haveRoom(for bytes: Int, beside running: [Int]) -> Bool {
        running.isEmpty || (running.count < width && running.reduce(bytes, +) <= cacheBytes)
    }

    /// The first of `caches` that run together when nothing else does.
    func together(_ caches: ArraySlice<Int>) -> [Int] {
        var running: [Int] = []
        for bytes in caches {
            guard haveRoom(for: bytes, beside: running) else { break }
            running.append(bytes)
        }
        return running
    }
}
