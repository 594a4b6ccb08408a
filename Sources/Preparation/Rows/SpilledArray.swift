// An array for a value a row, whatever the number of rows: the first so many stay in memory, the others lie in a nameless file.

internal import Foundation

final class SpilledArray<Element: BitwiseCopyable> {
    private let folder: URL
    private let residentCount: Int
    private let filler: Element
    private var resident: ChunkedArray<Element>
    private var descriptor: Int32 = -1
    /// Elements on disk, and those that will go there next.
    private var writtenCount = 0
    private var pending: [Element] = []
    private(set) var count = 0

    private static var blockCount: Int { 8192 }

    /// - Parameter residentByteCount: how much stays in memory.
    init(_ filler: Element, residentByteCount: Int, folder: URL) {
        self.folder = folder
        self.filler = filler
        residentCount = residentByteCount / MemoryLayout<Element>.stride
        resident = ChunkedArray(repeating: filler)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ element: Element) throws {
        count += 1
        guard count > residentCount else { return resident.append(element) }
        pending.append(element)
        guard pending.count == Self.blockCount else { return }
        if descriptor < 0 { descriptor = try RowSpool.namelessFile(in: folder) }
        try pending.withUnsafeBytes { try RowSpool.write($0, to: descriptor, in: folder) }
        writtenCount += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    /// Element `index`, with a look into the file where it lies there.
    func element(_ index: Int) throws -> Element {
        if index < residentCount { return resident[index] }
        let place = index - residentCount
        if place >= writtenCount { return pending[place - writtenCount] }
        var element = filler
        let size = MemoryLayout<Element>.stride
        try withUnsafeMutableBytes(of: &element) { bytes in
            try RowSpool.read(into: bytes, at: place * size, from: descriptor, in: folder)
        }
        return element
    }

    /// All elements in order.
    func forEach(_ body: (_ index: Int, Element) throws -> Void) throws {
        for index in 0..<min(count, residentCount) { try body(index, resident[index]) }
        var index = residentCount
        var block = Array(repeating: filler, count: Self.blockCount)
        let size = MemoryLayout<Element>.stride
        while index < residentCount + writtenCount {
            try block.withUnsafeMutableBytes { bytes in
                try RowSpool.read(into: bytes, at: (index - residentCount) * size, from: descriptor, in: folder)
            }
            for (offset, element) in block.enumerated() { try body(index + offset, element) }
            index += block.count
        }
        for element in pending {
            try body(index, element)
            index += 1
        }
    }
}
