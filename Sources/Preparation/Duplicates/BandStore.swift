// Band hashes of all rows, by column: what does not fit a block goes to a nameless file, so memory stays small.

internal import Foundation

final class BandStore {
    private let bands: Int
    private let folder: URL
    private var descriptor: Int32 = -1
    /// `[bands, rowsPerBlock]` of the block being filled.
    private var block: [UInt32]
    private var inBlock = 0
    private var blocksWritten = 0
    private(set) var count = 0

    private static let rowsPerBlock = 4096

    init(bands: Int, folder: URL) {
        self.bands = bands
        self.folder = folder
        block = Array(repeating: 0, count: bands * Self.rowsPerBlock)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Adds the next row; `hashes` has one for each band.
    func append(_ hashes: [UInt32]) throws {
        block.withUnsafeMutableBufferPointer { block in
            for band in 0..<bands { block[band * Self.rowsPerBlock + inBlock] = hashes[band] }
        }
        inBlock += 1
        count += 1
        guard inBlock == Self.rowsPerBlock else { return }
        if descriptor < 0 { descriptor = try RowSpool.namelessFile(in: folder) }
        try block.withUnsafeBytes { try RowSpool.write($0, to: descriptor, in: folder) }
        blocksWritten += 1
        inBlock = 0
    }

    /// The hashes of `band` for all rows, a block of rows at a time.
    func forEachBlock(of band: Int, _ body: (_ firstRow: Int, UnsafeBufferPointer<UInt32>) -> Void) throws {
        var column = [UInt32](repeating: 0, count: Self.rowsPerBlock)
        for number in 0..<blocksWritten {
            try column.withUnsafeMutableBytes { bytes in
                try RowSpool.read(
                    into: bytes, at: (number * bands + band) * Self.rowsPerBlock * 4, from: descriptor, in: folder)
            }
            column.withUnsafeBufferPointer { body(number * Self.rowsPerBlock, $0) }
        }
        let start = band * Self.rowsPerBlock
        block.withUnsafeBufferPointer { block in
            body(
                blocksWritten * Self.rowsPerBlock, UnsafeBufferPointer(rebasing: block[start..<start + inBlock]))
        }
    }
}
