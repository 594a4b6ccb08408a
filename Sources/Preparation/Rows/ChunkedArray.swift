// An array that grows without ever being copied: with millions of rows, doubling would need twice the memory.

/// Elements in blocks of one size.
struct ChunkedArray<Element> {
    private var chunks: [[Element]] = []
    private(set) var count = 0
    private let filler: Element

    private static var shift: Int { 14 }
    private static var mask: Int { (1 << shift) - 1 }

    init(repeating filler: Element, count: Int = 0) {
        self.filler = filler
        for _ in 0..<count { append(filler) }
    }

    mutating func append(_ element: Element) {
        if count & Self.mask == 0 {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(1 << Self.shift)
        }
        chunks[count >> Self.shift].append(element)
        count += 1
    }

    subscript(index: Int) -> Element {
        get { chunks[index >> Self.shift][index & Self.mask] }
        set { chunks[index >> Self.shift][index & Self.mask] = newValue }
    }
}
