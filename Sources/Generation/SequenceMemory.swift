// What a chat keeps between its turns.

import Models

/// The keys and values of a sequence, kept for a longer prompt that begins alike: the next turn of a chat reads what is
/// new.
///
///     let memory = SequenceMemory()
///     scheduler.add(GenerationRequest(prompt: first, maximumTokens: 200, memory: memory))
///     …
///     scheduler.add(GenerationRequest(prompt: first + answer + second, maximumTokens: 200, memory: memory))
///
/// Answers are the same as without it, bit for bit. So what an answer wrote is read again, since reading it as part of
/// a prompt rounds in another way than writing it did. Its memory does not count in the scheduler's `cacheBytes` while no request runs on it.
public final class SequenceMemory {
    private var kept: (cache: KeyValueCache, origin: CacheOrigin)?

    public init() {}

    /// Tokens that are kept.
    public var length: Int { kept?.cache.length ?? 0 }
    /// Bytes that are kept.
    public var byteCount: Int { kept?.cache.byteCount ?? 0 }

    /// A cache of `capacity` tokens with as much of `prompt` as is kept, which leaves the memory empty.
    func take(_ prompt: [Int32], capacity: Int, _ reader: SequenceReader, _ adapters: AdapterBinding) -> KeyValueCache {
        defer { kept = nil }
        guard let (cache, origin) = kept, origin.isSame(as: CacheOrigin(reader, adapters)) else {
            return reader.cache(capacity: capacity)
        }
        return cache.beginning(cache.commonBeginning(with: prompt), capacity: capacity)
    }

    /// Keeps what a sequence has read and written.
    func keep(_ cache: KeyValueCache, _ reader: SequenceReader, _ adapters: AdapterBinding) {
        kept = (cache, CacheOrigin(reader, adapters))
    }
}
