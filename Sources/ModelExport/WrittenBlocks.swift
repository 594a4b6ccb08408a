// What rounding with feedback wrote, by a number for each tensor: it takes too long to be done again only to be compared.

/// A number over the bytes of each tensor that was written (FNV-1a, 64 bits): two readings of one file differ by accident, and not
/// by anybody's will.
final class WrittenBlocks {
    private var numbers: [String: UInt64] = [:]

    private static let (start, factor): (UInt64, UInt64) = (0xCBF2_9CE4_8422_2325, 0x100_0000_01B3)

    /// Begins the tensor called `path`, over what was written of it before.
    func begin(_ path: String) { numbers[path] = Self.start }

    /// Takes in the next bytes of a tensor that was begun.
    func add(_ bytes: UnsafeRawBufferPointer, to path: String) {
        guard let number = numbers[path] else { return }
        numbers[path] = Self.number(bytes, from: number)
    }

    /// Whether `bytes` are those that were written of the tensor called `path`; nil where none were.
    func wrote(_ bytes: UnsafeRawBufferPointer, of path: String) -> Bool? {
        numbers[path].map { $0 == Self.number(bytes, from: Self.start) }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, from start: UInt64) -> UInt64 {
        bytes.reduce(start) { ($0 ^ UInt64($1)) &* factor }
    }
}
