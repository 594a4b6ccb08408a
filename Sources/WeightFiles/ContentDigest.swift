// The identity of a base model: what its weights are, not where or in which file they lie.

internal import Digests
internal import Synchronization

/// SHA-256 over name, type, shape and bytes of every tensor, by name, so that shards and metadata do not count.
func digestOfTensors(_ tensors: [(name: String, entry: StoredTensor, file: MappedFile)]) -> String {
    var hash = SHA256()
    let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (name, entry, file) in sorted {
        hash.update("\(name)\n\(entry.type.name) \(entry.shape)\n")
        hash.update(UnsafeRawBufferPointer(rebasing: file.bytes[entry.byteRange]))
    }
    return hash.digest().hexadecimal
}

/// A value computed at most once, from any thread.
final class OnceCache<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    func value(_ compute: () -> Value) -> Value {
        stored.withLock { stored in
            if let stored { return stored }
            let value = compute()
            stored = value
            return value
        }
    }
}
