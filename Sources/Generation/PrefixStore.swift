// What is kept of prompts that were read, for those that begin alike: a system message is read once for all who send it.

public import Models

/// Keys and values of prompts, by adapters and tokens, in a bounded number of bytes. What was not asked for longest goes first.
///
/// Answers are the same as without it, bit for bit: see `SequenceMemory`, whose rules it follows.
public final class PrefixStore {
    /// The most bytes that are kept.
    public let limit: Int
    /// Bytes that are kept, never more than `limit`.
    public private(set) var byteCount = 0
    /// Tokens that need not have been read since the store began.
    public private(set) var savedTokens = 0

    private struct Entry {
        let cache: KeyValueCache
        let origin: CacheOrigin
    }

    /// The one asked for last at the end.
    private var entries: [Entry] = []

    /// Fewer tokens are read again.
    private static let fewest = 16

    public init(limit: Int) {
        precondition(limit >= 0)
        self.limit = limit
    }

    /// How many beginnings are kept.
    public var count: Int { entries.count }

    /// Forgets what was read with `adapters`, which may then leave memory.
    public func forget(_ adapters: AdapterBinding) {
        entries.removeAll { entry in
            guard entry.origin.adapters.isSame(as: adapters) else { return false }
            byteCount -= entry.cache.byteCount
            return true
        }
    }

    /// A cache of `capacity` tokens with as much of `prompt` as is kept; nil where nothing is.
    func take(_ prompt: [Int32], capacity: Int, _ origin: CacheOrigin) -> KeyValueCache? {
        guard let (place, common) = best(for: prompt, origin), common >= Self.fewest else { return nil }
        let entry = entries.remove(at: place)
        entries.append(entry)
        savedTokens += common
        return entry.cache.copy(of: common, capacity: capacity)
    }

    /// Keeps what `cache` holds of `prompt`, which was read into it. Shorter beginnings of it are of no more use.
    func keep(_ prompt: [Int32], in cache: KeyValueCache, _ origin: CacheOrigin) {
        // Of a prompt that is asked once more all but the last token.
        let wanted = cache.commonBeginning(with: prompt)
        guard wanted >= Self.fewest, best(for: prompt, origin).map({ $0.common < wanted }) ?? true else { return }
        let bytes = cache.byteCount / max(cache.capacity, 1) * wanted
        guard bytes <= limit else { return }
        entries.removeAll { entry in
            guard origin.isSame(as: entry.origin), entry.cache.length <= wanted,
                entry.cache.commonBeginning(with: prompt) == entry.cache.length
            else { return false }
            byteCount -= entry.cache.byteCount
            return true
        }
        while byteCount + bytes > limit { byteCount -= entries.removeFirst().cache.byteCount }
        let kept = cache.copy(of: wanted, capacity: wanted)
        byteCount += kept.byteCount
        entries.append(Entry(cache: kept, origin: origin))
    }

    /// The entry that has most of `prompt`, the last of equals, with the number of tokens.
    private func best(for prompt: [Int32], _ origin: CacheOrigin) -> (place: Int, common: Int)? {
        var best: (place: Int, common: Int)?
        for (place, entry) in entries.enumerated() where origin.isSame(as: entry.origin) {
            let common = entry.cache.commonBeginning(with: prompt)
            if common >= max(best?.common ?? 0, 1) { best = (place, common) }
        }
        return best
    }
}
