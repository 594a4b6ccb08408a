// A dataset of known sizes, written row by row in one piece of the file.

public import CHDF5

/// A contiguous dataset that is filled from its first row to its last.
public final class HDF5Rows {
    private let dataset: HDF5Handle
    private let space: HDF5Handle
    private let sizes: [Int]
    private let type: hid_t
    private let file: HDF5File
    private let path: String
    private var rowCount = 0

    /// - Parameters:
    ///   - sizes: of its axes; none: one number.
    ///   - type: of its numbers, in memory as in the file.
    public init(_ path: String, sizes: [Int], type: hid_t, in file: HDF5File) throws(HDF5Failure) {
        space = try HDF5File.space(sizes)
        dataset = try file.create(path, type, space, chunk: [])
        (self.path, self.sizes, self.type, self.file) = (path, sizes, type, file)
    }

    /// Writes the next `rows` rows.
    public func append(_ bytes: UnsafeRawBufferPointer, rows: Int) throws(HDF5Failure) {
        var memory: HDF5Handle?
        if !sizes.isEmpty {
            var start = [hsize_t](repeating: 0, count: sizes.count)
            var count = sizes.map { hsize_t($0) }
            start[0] = hsize_t(rowCount)
            count[0] = hsize_t(rows)
            guard H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, count, nil) >= 0 else {
                throw file.failure("find rows \(rowCount)..<\(rowCount + rows) of \(path)")
            }
            memory = try HDF5File.space(count.map { Int($0) })
        }
        let status = H5Dwrite(
            dataset.id, type, memory?.id ?? lathe_h5_all(), memory == nil ? lathe_h5_all() : space.id,
            lathe_h5_default(), bytes.baseAddress)
        guard status >= 0 else { throw file.failure("write \(path)") }
        try file.requireWritten(path)
        rowCount += rows
    }

    /// Writes a text as an attribute.
    public func setAttribute(_ name: String, _ value: String) throws(HDF5Failure) {
        try file.setAttribute(name, of: path, value)
    }
}
