// Tables that are never held whole: rows of numbers, and texts, written as they come.

internal import CHDF5

/// A matrix `[n, columns]` of float32 that grows at its end.
public final class HDF5MatrixWriter {
    private let rows: GrowingDataset
    private let columns: Int
    private var pending: [Float] = []

    /// Numbers that go to the file at once.
    private static let pendingElements = 1 << 16

    /// An empty matrix at `path`, whose parents are there.
    public init(_ path: String, columns: Int, in file: HDF5File) throws(HDF5Failure) {
        precondition(columns > 0)
        self.columns = columns
        rows = try GrowingDataset(
            path, Float.typeInFile, width: columns, chunkRows: max(1, HDF5File.chunkElements / 4 / columns), in: file)
    }

    /// - Precondition: a number for each column.
    public func append(_ row: [Float]) throws(HDF5Failure) {
        precondition(row.count == columns)
        pending += row
        if pending.count >= Self.pendingElements { try flush() }
    }

    /// Writes what is left and closes the matrix.
    public func finish() throws(HDF5Failure) {
        try flush()
        try rows.finish()
    }

    private func flush() throws(HDF5Failure) {
        guard !pending.isEmpty else { return }
        let numbers = pending
        pending.removeAll(keepingCapacity: true)
        try rows.append(count: numbers.count / columns, Float.typeInMemory) { write in
            numbers.withUnsafeBytes { write($0.baseAddress) }
        }
    }
}

/// A list of texts of any length that grows at its end. What it has no text for is an empty one.
public final class HDF5TextWriter {
    private let rows: GrowingDataset
    private let type: HDF5Handle
    private var pending: [String] = []
    private var pendingBytes = 0

    private static let pendingTexts = 512
    private static let mostBytes = 1 << 20

    /// An empty list at `path`, whose parents are there.
    public init(_ path: String, in file: HDF5File) throws(HDF5Failure) {
        type = try HDF5Handle(H5Tcopy(lathe_h5_c_string()), "make a text type", closing: H5Tclose)
        // The size that stands for texts of any length.
        guard H5Tset_size(type.id, -1) >= 0, H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0 else {
            throw HDF5Failure(operation: "make a text type")
        }
        rows = try GrowingDataset(path, type.id, width: nil, chunkRows: 1024, in: file)
    }

    /// - Throws: for a text with a zero in it, at which such a text ends.
    public func append(_ text: String) throws(HDF5Failure) {
        guard !text.utf8.contains(0) else { throw HDF5Failure(operation: "write a text that holds a zero byte") }
        pending.append(text)
        pendingBytes += text.utf8.count
        if pending.count >= Self.pendingTexts || pendingBytes >= Self.mostBytes { try flush() }
    }

    /// Writes what is left and closes the list.
    public func finish() throws(HDF5Failure) {
        try flush()
        try rows.finish()
    }

    private func flush() throws(HDF5Failure) {
        guard !pending.isEmpty else { return }
        let texts = pending
        (pending, pendingBytes) = ([], 0)
        // One after the other with a zero behind each, and where each begins.
        var bytes: [CChar] = [], starts: [Int] = []
        for text in texts {
            starts.append(bytes.count)
            bytes += text.utf8.map { CChar(bitPattern: $0) } + [0]
        }
        try rows.append(count: texts.count, type.id) { write in
            bytes.withUnsafeBufferPointer { bytes in
                let pointers = starts.map { start in bytes.baseAddress.map { $0 + start } }
                return pointers.withUnsafeBytes { write($0.baseAddress) }
            }
        }
    }
}

/// A dataset that is extended along its rows.
private final class GrowingDataset {
    private var dataset: HDF5Handle?
    private let file: HDF5File
    private let path: String
    private let width: Int?
    private var written = 0

    init(_ path: String, _ type: hid_t, width: Int?, chunkRows: Int, in file: HDF5File) throws(HDF5Failure) {
        self.path = path
        self.file = file
        self.width = width
        let tail = width.map { [hsize_t($0)] } ?? [], sizes = [0] + tail, limits = [lathe_h5_unlimited()] + tail
        let space = try file.handle(
            H5Screate_simple(Int32(sizes.count), sizes, limits), "make a space", closing: H5Sclose)
        let creation = try file.handle(H5Pcreate(lathe_h5_dataset_creation_class()), "set \(path)", closing: H5Pclose)
        _ = H5Pset_obj_track_times(creation.id, false)
        guard H5Pset_chunk(creation.id, Int32(sizes.count), [hsize_t(chunkRows)] + tail) >= 0 else {
            throw file.failure("set the chunks of \(path)")
        }
        // Texts lie elsewhere: what the chunks hold of them needs no sum of its own.
        if width != nil, H5Pset_fletcher32(creation.id) < 0 { throw file.failure("set the chunks of \(path)") }
        dataset = try file.handle(
            H5Dcreate2(file.id, path, type, space.id, lathe_h5_default(), creation.id, lathe_h5_default()),
            "create \(path)", closing: H5Dclose)
    }

    /// Adds `count` rows, which `body` hands to the library.
    func append(
        count: Int, _ type: hid_t, _ body: ((UnsafeRawPointer?) -> herr_t) -> herr_t
    ) throws(HDF5Failure) {
        guard let dataset else { preconditionFailure("the rows of \(path) are finished") }
        let tail = width.map { [hsize_t($0)] } ?? []
        guard H5Dset_extent(dataset.id, [hsize_t(written + count)] + tail) >= 0 else {
            throw file.failure("extend \(path)")
        }
        let memory = try HDF5File.space([count] + tail.map { Int($0) })
        let stored = try file.handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        let start = [hsize_t(written)] + tail.map { _ in 0 }, stretch = [hsize_t(count)] + tail
        guard H5Sselect_hyperslab(stored.id, H5S_SELECT_SET, start, nil, stretch, nil) >= 0 else {
            throw file.failure("write \(path)")
        }
        let status = body { H5Dwrite(dataset.id, type, memory.id, stored.id, lathe_h5_default(), $0) }
        guard status >= 0 else { throw file.failure("write \(path)") }
        try file.requireWritten(path)
        written += count
    }

    func finish() throws(HDF5Failure) {
        dataset = nil
        try file.requireWritten(path)
        file.expect(path) { [path, written] (file) throws(HDF5Failure) in
            let dataset = try HDF5Handle(
                H5Dopen2(file.id, path, lathe_h5_default()), "open \(path)", closing: H5Dclose)
            let space = try HDF5Handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
            var sizes: [hsize_t] = [0, 0]
            return H5Sget_simple_extent_dims(space.id, &sizes, nil) > 0 && Int(sizes[0]) == written
        }
    }
}
