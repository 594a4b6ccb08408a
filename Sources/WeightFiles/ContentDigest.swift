// The identity of a base model: what its weights are, not where or in which file they lie.

internal import Digests
internal import Synchronization
internal import Tensors

/// One tensor as the digest sees it.
struct DigestPart {
    let name: String
    /// Type and shape.
    let form: String
    let storage: Storage
    let range: Range<Int>

    /// Bytes that are hashed before their pages may leave memory again: a model is read once for its digest.
    private static let stride = 8 << 20

    fileprivate func update(_ hash: inout SHA256) {
        hash.update("\(name)\n\(form)\n")
        for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: Self.stride) {
            let piece = start..<min(start + Self.stride, range.upperBound)
            hash.update(UnsafeRawBufferPointer(rebasing: storage.bytes[piece]))
            storage.dropPages(piece)
        }
    }
}

/// SHA-256 over name, type, shape and bytes of every tensor, by name, so that shards and metadata do not count.
func digestOfTensors(_ tensors: [DigestPart]) -> String {
    var hash = SHA256()
    for tensor in tensors.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) { tensor.update(&hash) }
    return hash.digest().hexadecimal
}

extension MappedFile {
    /// What `digestOfTensors` needs of the tensors of this file.
    func digestParts(_ tensors: [StoredTensor]) -> [DigestPart] {
        tensors.map {
            DigestPart(name: $0.name, form: "\($0.type.name) \($0.shape)", storage: storage, range: $0.byteRange)
        }
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
