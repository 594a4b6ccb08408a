// What generation remembers of the tokens before: keys and values of every layer, in memory of its own.

import Kernels
import Tensors

/// Rotated keys and values of one sequence, a matrix `[capacity, G·D]` each a layer.
public final class KeyValueCache {
    /// The most tokens that have room.
    public let capacity: Int
    /// The tokens in the cache, and how they were read.
    private var entries: [(token: Int32, manner: ReadingManner)] = []
    /// How many of them an encoder read: their places hold what cross attention sees.
    private(set) var sourceCount = 0
    /// Of each layer: its width, and where it begins, in numbers a position.
    private let places: [(width: Int, start: Int)]
    private let type: ElementType
    private let memory: PageMemory

    /// - Parameter type: in which keys and values are kept.
    init(configuration: ModelConfiguration, capacity: Int, type: ElementType) {
        var start = 0
        let places = configuration.blocks.map { block in
            let width = block.attention.shape.keyValueWidth
            defer { start += 2 * width }
            return (width: width, start: start)
        }
        self.capacity = capacity
        self.places = places
        self.type = type
        memory = PageMemory(byteCount: capacity * Self.bytesPerToken(configuration, type))
    }

    private init(like other: KeyValueCache, capacity: Int) {
        (self.capacity, places, type) = (capacity, other.places, other.type)
        memory = PageMemory(
            byteCount: capacity * other.places.reduce(0) { $0 + 2 * $1.width } * other.type.byteCount)
    }

    /// What one more token takes.
    static func bytesPerToken(_ configuration: ModelConfiguration, _ type: ElementType) -> Int {
        2 * configuration.blocks.reduce(0) { $0 + $1.attention.shape.keyValueWidth } * type.byteCount
    }

    /// Tokens in the cache.
    public var length: Int { entries.count }

    /// The position of the next token among those that the decoder reads or writes.
    var position: Int { length - sourceCount }

    /// Memory that it takes, filled or not.
    public var byteCount: Int { memory.bytes.count }

    // MARK: Going on

    /// How many tokens of `prompt` are here already with the numbers that reading it anew would give them, bit for bit.
    /// Never all: the last token has to be read for what follows it.
    ///
    /// Tokens that were read as part of a prompt have these numbers. Those that were written one by one, as answers
    /// are, have numbers that were rounded in another way: they are to be read again.
    public func commonBeginning(with prompt: [Int32]) -> Int {
        guard sourceCount == 0 else { return 0 }
        var count = 0
        while count < min(length, prompt.count - 1), entries[count].token == prompt[count],
            entries[count].manner == PromptChunk(after: count, ofPromptOf: prompt.count)?.manner
        {
            count += 1
        }
        return count
    }

    /// A cache of `capacity` tokens that begins with the first `count` of this one, which is of no more use: it may be
    /// the same.
    public func beginning(_ count: Int, capacity: Int) -> KeyValueCache {
        precondition(count <= min(length, capacity))
        guard capacity == self.capacity else { return copy(of: count, capacity: capacity) }
        entries.removeLast(length - count)
        sourceCount = min(sourceCount, count)
        return self
    }

    /// A cache of its own, of `capacity` tokens, that begins with the first `count` of this one.
    public func copy(of count: Int, capacity: Int) -> KeyValueCache {
        precondition(count <= min(length, capacity))
        let result = KeyValueCache(like: self, capacity: capacity)
        for layer in places.indices {
            let (from, to) = (rows(layer: layer, 0..<count), result.rows(layer: layer, 0..<count))
            Conversion.convert(from.keys, into: to.keys)
            Conversion.convert(from.values, into: to.values)
        }
        result.entries = Array(entries[..<count])
        result.sourceCount = min(sourceCount, count)
        return result
    }

    // MARK: Layers

    /// Puts the keys and values of new positions, `[n, G·D]` each, after those that are there.
    func store(_ keys: Matrix, _ values: Matrix, layer: Int) {
        precondition(length + keys.rows <= capacity, "more tokens than the cache was made for")
        let new = rows(layer: layer, length..<(length + keys.rows))
        Conversion.convert(keys, into: new.keys)
        Conversion.convert(values, into: new.values)
    }

    /// Puts the keys and values of what an encoder read, `[M, G·D]` each, into an empty cache.
    func storeSource(_ keys: Matrix, _ values: Matrix, layer: Int) {
        precondition(length == 0 && keys.rows <= capacity, "a text is read once, as a whole")
        let places = rows(layer: layer, 0..<keys.rows)
        Conversion.convert(keys, into: places.keys)
        Conversion.convert(values, into: places.values)
    }

    /// Counts tokens that an encoder read, whose keys and values are stored in every layer.
    func appendSource(_ tokens: some Sequence<Int32>, _ manner: ReadingManner) {
        append(tokens, manner)
        sourceCount = length
    }

    /// The keys and values of what an encoder read.
    func source(layer: Int) -> (keys: Matrix, values: Matrix) { rows(layer: layer, 0..<sourceCount) }

    /// Counts tokens whose keys and values are stored in every layer.
    func append(_ tokens: some Sequence<Int32>, _ manner: ReadingManner) {
        for token in tokens { entries.append((token, manner)) }
    }

    /// The keys and values of positions `range` of a layer.
    func rows(layer: Int, _ range: Range<Int>) -> (keys: Matrix, values: Matrix) {
        let (width, start) = places[layer]
        func matrix(_ start: Int) -> Matrix {
            Matrix(
                pointer: memory.bytes.baseAddress.unsafelyUnwrapped + start * capacity * type.byteCount, rows: capacity,
                columns: width, type: type
            ).rows(range)
        }
        return (matrix(start), matrix(start + width))
    }
}
