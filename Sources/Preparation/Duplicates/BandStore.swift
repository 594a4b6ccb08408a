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

    func set(_ hash: UInt32, band: Int) { block[band * Self.rowsPerBlock + inBlock] = hash }

    /// Ends the row whose bands were set.
    func endRow() throws {
        inBlock += 1
        count += 1
        guard inBlock == Self.rowsPerBlock else { return }
        if descriptor < 0 { descriptor = try RowSpool.namelessFile(in: folder) }
        try block.withUnsafeBytes { try RowSpool.write($0, to: descriptor, in: folder) }
        blocksWritten += 1
        inBlock = 0
    }

    /// The hash of `band` for every row.
    func column(_ band: Int) throws -> [UInt32] {
        var column: [UInt32] = []
        column.reserveCapacity(count)
        let bytesPerColumn = Self.rowsPerBlock * 4
        for number in 0..<blocksWritten {
            let start = (number * bands + band) * bytesPerColumn
            let bytes = try RowSpool.read(start..<start + bytesPerColumn, from: descriptor, in: folder)
            bytes.withUnsafeBytes { column.append(contentsOf: $0.bindMemory(to: UInt32.self)) }
        }
        let start = band * Self.rowsPerBlock
        column.append(contentsOf: block[start..<start + inBlock])
        return column
    }
}
