// The identity of a base model: what its weights are, not where or in which file they lie.

internal import Digests
internal import Synchronization

/// SHA-256 over name, type, shape and bytes of every tensor, by name, so that shards and metadata do not count.
func digestOfTensors(_ tensors: [(name: String, form: String, bytes: UnsafeRawBufferPointer)]) -> String {
    var hash = SHA256()
    for tensor in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
        hash.update("\(tensor.name)\n\(tensor.form)\n")
        hash.update(tensor.bytes)
    }
    return hash.digest().hexadecimal
}

extension MappedFile {
    /// What `digestOfTensors` needs of the tensors of this file.
    func digestParts(_ tensors: [StoredTensor]) -> [(name: String, form: String, bytes: UnsafeRawBufferPointer)] {
        tensors.map { ($0.name, "\($0.type.name) \($0.shape)", UnsafeRawBufferPointer(rebasing: bytes[$0.byteRange])) }
    }
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
