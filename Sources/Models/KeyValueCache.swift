// What generation remembers of the tokens before: keys and values of every layer, in memory of its own.

import Kernels
import Tensors

/// Rotated keys and values of one sequence, a matrix `[capacity, G·D]` each a layer.
final class KeyValueCache {
    let capacity: Int
    /// Tokens in the cache.
    var length = 0
    private let width: Int
    private let layers: Int
    private let type: ElementType
    private let storage: UnsafeMutableRawBufferPointer

    /// - Parameter type: in which keys and values are kept.
    init(configuration: ModelConfiguration, capacity: Int, type: ElementType) {
        self.capacity = capacity
        self.type = type
        width = configuration.keyValueWidth
        layers = configuration.layers
        storage = .allocate(
            byteCount: max(capacity * Self.bytesPerToken(configuration, type), 1), alignment: 64)
    }

    /// What one more token takes.
    static func bytesPerToken(_ configuration: ModelConfiguration, _ type: ElementType) -> Int {
        2 * configuration.layers * configuration.keyValueWidth * type.byteCount
    }

    deinit { storage.deallocate() }

    /// Puts the keys and values of new positions, `[n, G·D]` each, at `start`.
    func store(_ keys: Matrix, _ values: Matrix, layer: Int, at start: Int) {
        precondition(start + keys.rows <= capacity, "more tokens than the cache was made for")
        let range = start..<(start + keys.rows)
        Conversion.convert(keys, into: matrix(2 * layer).rows(range))
        Conversion.convert(values, into: matrix(2 * layer + 1).rows(range))
    }

    /// The keys and values of positions `range` of a layer.
    func rows(layer: Int, _ range: Range<Int>) -> (keys: Matrix, values: Matrix) {
        (matrix(2 * layer).rows(range), matrix(2 * layer + 1).rows(range))
    }

    private func matrix(_ index: Int) -> Matrix {
        precondition(index < 2 * layers)
        return Matrix(
            pointer: storage.baseAddress.unsafelyUnwrapped + index * capacity * width * type.byteCount, rows: capacity,
            columns: width, type: type)
    }
}
