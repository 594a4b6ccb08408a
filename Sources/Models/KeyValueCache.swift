// What generation remembers of the tokens before: keys and values of every layer, in memory of its own.

import Kernels
import Tensors

/// Rotated keys and values of one sequence, a matrix `[capacity, G·D]` each a layer.
final class KeyValueCache {
    let capacity: Int
    /// Tokens in the cache.
    var length = 0
    /// Of each layer: its width, and where it begins, in numbers a position.
    private let places: [(width: Int, start: Int)]
    private let type: ElementType
    private let storage: UnsafeMutableRawBufferPointer

    /// - Parameter type: in which keys and values are kept.
    init(configuration: ModelConfiguration, capacity: Int, type: ElementType) {
        self.capacity = capacity
        self.type = type
        var start = 0
        places = configuration.blocks.map { block in
            let width = block.attention.shape.keyValueWidth
            defer { start += 2 * width }
            return (width, start)
        }
        storage = .allocate(
            byteCount: max(capacity * Self.bytesPerToken(configuration, type), 1), alignment: 64)
    }

    /// What one more token takes.
    static func bytesPerToken(_ configuration: ModelConfiguration, _ type: ElementType) -> Int {
        2 * configuration.blocks.reduce(0) { $0 + $1.attention.shape.keyValueWidth } * type.byteCount
    }

    deinit { storage.deallocate() }

    /// Puts the keys and values of new positions, `[n, G·D]` each, at `start`.
    func store(_ keys: Matrix, _ values: Matrix, layer: Int, at start: Int) {
        precondition(start + keys.rows <= capacity, "more tokens than the cache was made for")
        let range = start..<(start + keys.rows), matrices = matrices(layer)
        Conversion.convert(keys, into: matrices.keys.rows(range))
        Conversion.convert(values, into: matrices.values.rows(range))
    }

    /// The keys and values of positions `range` of a layer.
    func rows(layer: Int, _ range: Range<Int>) -> (keys: Matrix, values: Matrix) {
        let matrices = matrices(layer)
        return (matrices.keys.rows(range), matrices.values.rows(range))
    }

    private func matrices(_ layer: Int) -> (keys: Matrix, values: Matrix) {
        let (width, start) = places[layer]
        func matrix(_ start: Int) -> Matrix {
            Matrix(
                pointer: storage.baseAddress.unsafelyUnwrapped + start * capacity * type.byteCount, rows: capacity,
                columns: width, type: type)
        }
        return (matrix(start), matrix(start + width))
    }
}
