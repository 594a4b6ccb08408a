// The few words of HDF5 that a checkpoint needs, over a file image in memory: libhdf5 never touches the disk, so a full disk
// is met by our own writer, and what is read was verified before the library saw it.

internal import CHDF5
import Synchronization

/// A refusal of the library.
struct HDF5Failure: Error {
    /// What was asked of it: "open dataset /adapter/…".
    let operation: String
}

/// Closes a library handle when the last holder lets go.
private final class Handle {
    let id: hid_t
    private let close: (hid_t) -> herr_t

    init(_ id: hid_t, _ operation: @autoclosure () -> String, closing close: @escaping (hid_t) -> herr_t)
        throws(HDF5Failure)
    {
        guard id >= 0 else { throw HDF5Failure(operation: operation()) }
        self.id = id
        self.close = close
    }

    deinit { _ = close(id) }
}

/// An HDF5 file in memory: written piece by piece, or opened from bytes.
final class HDF5File {
    private let file: Handle
    /// Nothing read can be larger than the file: its numbers are not compressed.
    private var largestByteCount = Int.max

    /// The library takes two open files of one name for the same, in memory too.
    private static let counter = Atomic(0)
    private static var freshName: String { "image-\(counter.add(1, ordering: .relaxed).newValue)" }

    /// A new, empty file.
    init() throws(HDF5Failure) {
        lathe_h5_be_quiet()
        let access = try Self.accessInMemory()
        file = try Handle(
            H5Fcreate(Self.freshName, lathe_h5_truncate(), lathe_h5_default(), access.id), "create a file",
            closing: H5Fclose)
    }

    /// The file whose bytes are `image`; they must come from a trusted place, as the library crashes on hostile ones.
    init(image: UnsafeRawBufferPointer) throws(HDF5Failure) {
        lathe_h5_be_quiet()
        let access = try Self.accessInMemory()
        // The library copies the bytes; it takes a mutable pointer without writing through it.
        guard H5Pset_file_image(access.id, UnsafeMutableRawPointer(mutating: image.baseAddress), image.count) >= 0
        else {
            throw HDF5Failure(operation: "take a file image")
        }
        file = try Handle(H5Fopen(Self.freshName, lathe_h5_read_only(), access.id), "open the file", closing: H5Fclose)
        largestByteCount = image.count
    }

    /// The bytes of the file as it would lie on disk.
    func image() throws(HDF5Failure) -> [UInt8] {
        guard H5Fflush(file.id, H5F_SCOPE_GLOBAL) >= 0 else { throw HDF5Failure(operation: "flush the file") }
        let count = H5Fget_file_image(file.id, nil, 0)
        guard count > 0 else { throw HDF5Failure(operation: "measure the file") }
        var bytes = [UInt8](repeating: 0, count: count)
        guard H5Fget_file_image(file.id, &bytes, count) == count else { throw HDF5Failure(operation: "copy the file") }
        return bytes
    }

    private static func accessInMemory() throws(HDF5Failure) -> Handle {
        let access = try Handle(H5Pcreate(lathe_h5_file_access_class()), "set file access", closing: H5Pclose)
        guard H5Pset_fapl_core(access.id, 1 << 20, false) >= 0 else { throw HDF5Failure(operation: "choose memory") }
        return access
    }
}

// MARK: - Writing

extension HDF5File {
    /// Numbers go in chunks of at most this many rows' worth of elements, each with its own checksum.
    private static let chunkElements = 1 << 16

    /// Creates group `path`; its parents are there.
    func makeGroup(_ path: String) throws(HDF5Failure) {
        let creation = try Handle(H5Pcreate(lathe_h5_group_creation_class()), "set \(path)", closing: H5Pclose)
        // Times would make two equal runs' files differ.
        _ = H5Pset_obj_track_times(creation.id, false)
        _ = try Handle(
            H5Gcreate2(file.id, path, lathe_h5_default(), creation.id, lathe_h5_default()), "create group \(path)",
            closing: H5Gclose)
    }

    /// Writes the fp32 matrix `[rows, columns]`, chunked and with checksums; its group is there.
    func write(_ values: [Float], rows: Int, columns: Int, to path: String) throws(HDF5Failure) {
        precondition(values.count == rows * columns && !values.isEmpty)
        let chunkRows = min(rows, max(1, Self.chunkElements / columns))
        try write(
            values, sizes: [rows, columns], chunk: [chunkRows, columns], type: lathe_h5_float_in_memory(),
            fileType: lathe_h5_float_in_file(), to: path)
    }

    /// Writes a list of doubles; an empty one is left out, for a chunk has at least one element.
    func write(_ values: [Double], to path: String) throws(HDF5Failure) {
        guard !values.isEmpty else { return }
        try write(
            values, sizes: [values.count], chunk: [min(values.count, Self.chunkElements)],
            type: lathe_h5_double_in_memory(), fileType: lathe_h5_double_in_file(), to: path)
    }

    /// Writes a list of integers; an empty one is left out.
    func write(_ values: [Int], to path: String) throws(HDF5Failure) {
        guard !values.isEmpty else { return }
        try write(
            values.map(Int64.init), sizes: [values.count], chunk: [min(values.count, Self.chunkElements)],
            type: lathe_h5_int64_in_memory(), fileType: lathe_h5_int64_in_file(), to: path)
    }

    private func write<Element>(
        _ values: [Element], sizes: [Int], chunk: [Int], type: hid_t, fileType: hid_t, to path: String
    ) throws(HDF5Failure) {
        let space = try Self.space(sizes)
        let creation = try Handle(H5Pcreate(lathe_h5_dataset_creation_class()), "set \(path)", closing: H5Pclose)
        _ = H5Pset_obj_track_times(creation.id, false)
        guard H5Pset_chunk(creation.id, Int32(chunk.count), chunk.map(hsize_t.init)) >= 0,
            H5Pset_fletcher32(creation.id) >= 0
        else { throw HDF5Failure(operation: "set the chunks of \(path)") }
        let dataset = try Handle(
            H5Dcreate2(file.id, path, fileType, space.id, lathe_h5_default(), creation.id, lathe_h5_default()),
            "create \(path)", closing: H5Dclose)
        let status = values.withUnsafeBytes {
            H5Dwrite(dataset.id, type, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw HDF5Failure(operation: "write \(path)") }
    }

    /// Writes a text as a scalar string of UTF-8 bytes.
    func write(_ text: String, to path: String) throws(HDF5Failure) {
        // HDF5 strings have at least one byte, and the terminator is padding.
        var bytes = Array(text.utf8)
        let type = try Self.stringType(byteCount: max(bytes.count, 1))
        if bytes.isEmpty { bytes = [0] }
        let space = try Self.space([])
        let creation = try Handle(H5Pcreate(lathe_h5_dataset_creation_class()), "set \(path)", closing: H5Pclose)
        _ = H5Pset_obj_track_times(creation.id, false)
        let dataset = try Handle(
            H5Dcreate2(file.id, path, type.id, space.id, lathe_h5_default(), creation.id, lathe_h5_default()),
            "create \(path)", closing: H5Dclose)
        guard H5Dwrite(dataset.id, type.id, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), bytes) >= 0 else {
            throw HDF5Failure(operation: "write \(path)")
        }
    }

    /// Writes an integer attribute of group `path`.
    func setAttribute(_ name: String, of path: String, _ value: Int) throws(HDF5Failure) {
        try setAttribute(name, of: path, [Int64(value)], lathe_h5_int64_in_memory(), lathe_h5_int64_in_file())
    }

    /// Writes a floating-point attribute of group `path`.
    func setAttribute(_ name: String, of path: String, _ value: Double) throws(HDF5Failure) {
        try setAttribute(name, of: path, [value], lathe_h5_double_in_memory(), lathe_h5_double_in_file())
    }

    private func setAttribute<Element>(
        _ name: String, of path: String, _ value: [Element], _ type: hid_t, _ fileType: hid_t
    ) throws(HDF5Failure) {
        let space = try Self.space([])
        let attribute = try Handle(
            H5Acreate_by_name(
                file.id, path, name, fileType, space.id, lathe_h5_default(), lathe_h5_default(), lathe_h5_default()),
            "create \(path) \(name)", closing: H5Aclose)
        let status = value.withUnsafeBytes { H5Awrite(attribute.id, type, $0.baseAddress) }
        guard status >= 0 else { throw HDF5Failure(operation: "write \(path) \(name)") }
    }

    /// A simple space, or the scalar one for no sizes.
    private static func space(_ sizes: [Int]) throws(HDF5Failure) -> Handle {
        let id =
            sizes.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(sizes.count), sizes.map(hsize_t.init), nil)
        return try Handle(id, "make a space", closing: H5Sclose)
    }

    private static func stringType(byteCount: Int) throws(HDF5Failure) -> Handle {
        let type = try Handle(H5Tcopy(lathe_h5_c_string()), "make a text type", closing: H5Tclose)
        guard H5Tset_size(type.id, byteCount) >= 0, H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0,
            H5Tset_strpad(type.id, H5T_STR_NULLPAD) >= 0
        else { throw HDF5Failure(operation: "make a text type") }
        return type
    }
}

// MARK: - Reading

extension HDF5File {
    /// Whether something stands at `path`, whose parents are there.
    func contains(_ path: String) -> Bool { H5Lexists(file.id, path, lathe_h5_default()) > 0 }

    /// The fp32 matrix at `path`.
    func floats(_ path: String) throws(HDF5Failure) -> (rows: Int, columns: Int, values: [Float]) {
        let (sizes, values) = try read(path, axes: 2, as: Float.self, zero: 0, type: lathe_h5_float_in_memory())
        return (sizes[0], sizes[1], values)
    }

    /// The doubles at `path`; none where nothing stands there.
    func doubles(_ path: String) throws(HDF5Failure) -> [Double] {
        guard contains(path) else { return [] }
        return try read(path, axes: 1, as: Double.self, zero: 0, type: lathe_h5_double_in_memory()).values
    }

    /// The integers at `path`; none where nothing stands there.
    func integers(_ path: String) throws(HDF5Failure) -> [Int] {
        guard contains(path) else { return [] }
        return try read(path, axes: 1, as: Int64.self, zero: 0, type: lathe_h5_int64_in_memory()).values.map { Int($0) }
    }

    private func read<Element>(
        _ path: String, axes: Int, as: Element.Type, zero: Element, type: hid_t
    ) throws(HDF5Failure) -> (sizes: [Int], values: [Element]) {
        let dataset = try Handle(H5Dopen2(file.id, path, lathe_h5_default()), "open \(path)", closing: H5Dclose)
        let space = try Handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        var sizes = [hsize_t](repeating: 0, count: axes)
        guard H5Sget_simple_extent_ndims(space.id) == axes, H5Sget_simple_extent_dims(space.id, &sizes, nil) == axes
        else {
            throw HDF5Failure(operation: "find \(axes) axes in \(path)")
        }
        var count = 1
        for size in sizes {
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(clamping: size))
            guard !overflow, product <= largestByteCount / MemoryLayout<Element>.stride else {
                throw HDF5Failure(operation: "hold \(path), which is larger than its file")
            }
            count = product
        }
        var values = [Element](repeating: zero, count: count)
        let status = values.withUnsafeMutableBytes {
            H5Dread(dataset.id, type, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw HDF5Failure(operation: "read \(path)") }
        return (sizes.map { Int($0) }, values)
    }

    /// The text at `path`.
    func text(_ path: String) throws(HDF5Failure) -> String {
        let dataset = try Handle(H5Dopen2(file.id, path, lathe_h5_default()), "open \(path)", closing: H5Dclose)
        let type = try Handle(H5Dget_type(dataset.id), "type of \(path)", closing: H5Tclose)
        guard H5Tget_class(type.id) == H5T_STRING, H5Tis_variable_str(type.id) == 0 else {
            throw HDF5Failure(operation: "find a text in \(path)")
        }
        let space = try Handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        guard H5Sget_simple_extent_npoints(space.id) == 1, H5Tget_size(type.id) <= largestByteCount else {
            throw HDF5Failure(operation: "find one text in \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: H5Tget_size(type.id))
        guard H5Dread(dataset.id, type.id, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), &bytes) >= 0 else {
            throw HDF5Failure(operation: "read \(path)")
        }
        while bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether group `path` has an attribute of that name.
    func hasAttribute(_ name: String, of path: String) -> Bool {
        H5Aexists_by_name(file.id, path, name, lathe_h5_default()) > 0
    }

    /// An integer attribute of group `path`.
    func integer(_ name: String, of path: String) throws(HDF5Failure) -> Int {
        Int(try attribute(name, of: path, zero: Int64(0), lathe_h5_int64_in_memory()))
    }

    /// A floating-point attribute of group `path`.
    func double(_ name: String, of path: String) throws(HDF5Failure) -> Double {
        try attribute(name, of: path, zero: 0.0, lathe_h5_double_in_memory())
    }

    private func attribute<Element>(
        _ name: String, of path: String, zero: Element, _ type: hid_t
    ) throws(HDF5Failure) -> Element {
        let attribute = try Handle(
            H5Aopen_by_name(file.id, path, name, lathe_h5_default(), lathe_h5_default()), "open \(path) \(name)",
            closing: H5Aclose)
        let space = try Handle(H5Aget_space(attribute.id), "measure \(path) \(name)", closing: H5Sclose)
        var value = zero
        guard H5Sget_simple_extent_npoints(space.id) == 1, H5Aread(attribute.id, type, &value) >= 0 else {
            throw HDF5Failure(operation: "read \(path) \(name)")
        }
        return value
    }

    /// The names in group `path`, in order of their bytes.
    func names(in path: String) throws(HDF5Failure) -> [String] {
        let group = try Handle(H5Gopen2(file.id, path, lathe_h5_default()), "open \(path)", closing: H5Gclose)
        var info = H5G_info_t()
        guard H5Gget_info(group.id, &info) >= 0 else { throw HDF5Failure(operation: "list \(path)") }
        var names: [String] = []
        for index in 0..<info.nlinks {
            let count = H5Lget_name_by_idx(
                group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, lathe_h5_default())
            guard count >= 0 else { throw HDF5Failure(operation: "list \(path)") }
            var bytes = [CChar](repeating: 0, count: count + 1)
            H5Lget_name_by_idx(
                group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, bytes.count, lathe_h5_default())
            names.append(String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        return names
    }
}
