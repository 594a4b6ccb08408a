// HDF5 tables as rows.

internal import CHDF5
internal import HDF5Files
internal import JSON

/// The rows of an HDF5 table, some hundred at a time.
///
/// The file is read by libhdf5, which crashes on some damaged files: `GuardedHDF5Rows` does this in a process of its own.
final class HDF5Rows: FileRows {
    private let file: String
    private let handle: HDF5Handle
    private let columns: [(column: HDF5Column, value: HDF5Value)]
    private let rowCount: Int
    private let blockRowCount: Int
    private var number = 0
    private var blocks: [HDF5Block] = []
    private var blockStart = 0

    private static let blockByteCount = 1 << 22

    /// - Parameter path: of the table in the file; `nil`: the only one there is.
    init(_ file: String, path: String?, maximumRowBytes: Int) throws(DatasetError) {
        self.file = file
        let place = RowPlace(file: file, line: 0)
        lathe_h5_be_quiet()
        // The library is not asked about files that are plainly none of its own: it stumbles over them when it ends.
        guard try Self.hasSignature(file) else { throw DatasetError(.unreadable, place, "not an HDF5 file") }
        do throws(HDF5Failure) {
            handle = try HDF5Handle(H5Fopen(file, lathe_h5_read_only(), lathe_h5_default()), closing: H5Fclose)
        } catch { throw DatasetError(.unreadable, place, "a damaged HDF5 file") }
        var columns: [(column: HDF5Column, value: HDF5Value)] = []
        var rowByteCount = 0
        for column in try HDF5Columns.find(in: handle, path: path, place: place) {
            do throws(HDF5Failure) {
                columns.append((column, try HDF5Value(column.type.id)))
            } catch {
                throw DatasetError(
                    .unsupported, place, "the column \"\(column.name)\" is of a type that is no JSON value")
            }
            let (size, overflow) = column.elementCount.multipliedReportingOverflow(by: H5Tget_size(column.type.id))
            guard !overflow, size <= maximumRowBytes - rowByteCount else {
                throw DatasetError([RowOutcome.tooLarge(place, maximumRowBytes)])
            }
            rowByteCount += size
        }
        self.columns = columns
        rowCount = columns.first?.column.rowCount ?? 0
        // Texts lie outside of the rows themselves: a few hundred rows at most, however short they look.
        blockRowCount = max(1, min(256, Self.blockByteCount / max(1, rowByteCount)))
    }

    /// The superblock begins the file, or stands after a block of the user's of 512 bytes doubled some times.
    private static func hasSignature(_ file: String) throws(DatasetError) -> Bool {
        let head = try FileBytes(path: file).readFirst((1 << 16) + 8)
        var offset = 0
        while offset + 8 <= head.count {
            if head[offset..<(offset + 8)] == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] { return true }
            offset = offset == 0 ? 512 : offset * 2
        }
        return false
    }

    func next() throws(DatasetError) -> RowOutcome? {
        guard number < rowCount else { return nil }
        if blocks.isEmpty || number == blockStart + blockRowCount { try readBlocks() }
        let place = RowPlace(file: file, line: number + 1)
        let index = number - blockStart
        number += 1
        var fields = JSONObject()
        for ((column, value), block) in zip(columns, blocks) {
            guard let json = value.list(at: block.row(index), shape: column.shape[...], block.elementByteCount) else {
                return .bad(DatasetProblem(.notUTF8, place, "a text in \"\(column.name)\" is not UTF-8"))
            }
            if column.isCompound, column.shape.isEmpty, let members = json.object?.members {
                fields.members += members
            } else {
                fields.members.append((column.name, json))
            }
        }
        return .row(fields, place)
    }

    private func readBlocks() throws(DatasetError) {
        blockStart = number
        let count = min(blockRowCount, rowCount - number)
        blocks.removeAll()
        for (column, _) in columns {
            do throws(HDF5Failure) {
                blocks.append(try HDF5Block(column, from: number, count: count))
            } catch {
                throw DatasetError(
                    .unreadable, RowPlace(file: file, line: number + 1),
                    "HDF5: the rows of \"\(column.name)\" cannot be read")
            }
        }
    }
}

/// Some rows of one column as the library lays them in memory, with the texts they point to.
final class HDF5Block {
    let elementByteCount: Int
    private let rowByteCount: Int
    private let buffer: UnsafeMutableRawPointer
    private let space: HDF5Handle
    private let type: HDF5Handle

    init(_ column: HDF5Column, from start: Int, count: Int) throws(HDF5Failure) {
        type = column.type
        elementByteCount = H5Tget_size(column.type.id)
        rowByteCount = elementByteCount * column.elementCount
        buffer = .allocate(byteCount: max(1, rowByteCount * count), alignment: 16)
        // Where reading fails half-way, what is reclaimed must be nothing.
        buffer.initializeMemory(as: UInt8.self, repeating: 0, count: max(1, rowByteCount * count))
        var starts = [hsize_t](repeating: 0, count: column.shape.count + 1)
        var counts = [hsize_t(count)] + column.shape.map { hsize_t($0) }
        starts[0] = hsize_t(start)
        space = try HDF5Handle(H5Screate_simple(Int32(counts.count), &counts, nil), closing: H5Sclose)
        let stored = try HDF5Handle(H5Dget_space(column.dataset.id), closing: H5Sclose)
        guard H5Sselect_hyperslab(stored.id, H5S_SELECT_SET, &starts, nil, &counts, nil) >= 0,
            H5Dread(column.dataset.id, type.id, space.id, stored.id, lathe_h5_default(), buffer) >= 0
        else { throw HDF5Failure() }
    }

    deinit {
        _ = H5Dvlen_reclaim(type.id, space.id, lathe_h5_default(), buffer)
        buffer.deallocate()
    }

    func row(_ index: Int) -> UnsafeRawPointer { UnsafeRawPointer(buffer + index * rowByteCount) }
}
