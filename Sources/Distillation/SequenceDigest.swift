// Which sequence a distribution is of.

package import Datasets
internal import Digests

/// The first eight bytes of the SHA-256 of a sequence's tokens and of which of them carry loss, big end first. What is captured is
/// found by it, and its draws begin with it: so they depend neither on where a row stands nor on what stands beside it.
enum SequenceDigest {
    static func of(_ ids: some RandomAccessCollection<Int32>, _ isTarget: [Bool]) -> UInt64 {
        var hash = SHA256()
        Array(ids).withUnsafeBytes { hash.update($0) }
        hash.update(isTarget.map { $0 ? 1 : 0 } as [UInt8])
        return hash.digest().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension TokenizedExample {
    package var captureDigest: UInt64 { SequenceDigest.of(ids, isTarget) }
}
