// Groups, lists, matrices, texts and attributes, written. No object carries its time, so that equal contents are equal bytes.

internal import CHDF5
internal import Digests

extension HDF5File {
    /// Numbers go in chunks of at most this many, each with its own checksum.
    static let chunkElements = 1 << 16

    /// Creates group `path`; its parents are there.
    public func makeGroup(_ path: String) throws(HDF5Failure) {
        let creation = try handle(H5Pcreate(lathe_h5_group_creation_class()), "set \(path)", closing: H5Pclose)
        _ = H5Pset_obj_track_times(creation.id, false)
        _ = try handle(
            H5Gcreate2(file.id, path, lathe_h5_default(), creation.id, lathe_h5_default()), "create group \(path)",
            closing: H5Gclose)
    }

    /// Writes the matrix `[rows, columns]`, chunked and with checksums; its group is there.
    public func write(_ values: [Float], rows: Int, columns: Int, to path: String) throws(HDF5Failure) {
        precondition(values.count == rows * columns && !values.isEmpty)
        // As even as they can be: the last chunk takes as much room as the others, full or not.
        let mostRows = max(1, Self.chunkElements / columns), chunks = (rows + mostRows - 1) / mostRows
        let chunkRows = (rows + chunks - 1) / chunks
        try write(values, sizes: [rows, columns], chunk: [chunkRows, columns], to: path)
    }

    /// Writes a list of numbers; an empty one is left out, for a chunk has at least one element.
    public func write(_ values: [some HDF5Number], to path: String) throws(HDF5Failure) {
        guard !values.isEmpty else { return }
        try write(values, sizes: [values.count], chunk: [min(values.count, Self.chunkElements)], to: path)
    }

    private func write<Number: HDF5Number>(
        _ values: [Number], sizes: [Int], chunk: [Int], to path: String
    ) throws(HDF5Failure) {
        let space = try Self.space(sizes)
        let dataset = try create(path, Number.typeInFile, space, chunk: chunk)
        let status = values.withUnsafeBytes {
            H5Dwrite(
                dataset.id, Number.typeInMemory, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw failure("write \(path)") }
        let digest = values.withUnsafeBytes { SHA256.hex(of: $0) }
        let axes = sizes.count
        expect(path) { (file) throws(HDF5Failure) in
            let (found, values) = try file.read(path, axes: axes, as: Number.self)
            return found == sizes && values.withUnsafeBytes { SHA256.hex(of: $0) } == digest
        }
    }

    /// How hard zlib tries.
    private static let deflateLevel: UInt32 = 6

    /// Creates a dataset; one with chunks gets checksums.
    /// - Parameter isCompressed: whether chunks are deflated, the bytes of equal weight together.
    func create(
        _ path: String, _ type: hid_t, _ space: HDF5Handle, chunk: [Int], isCompressed: Bool = false
    ) throws(HDF5Failure) -> HDF5Handle {
        let creation = try handle(H5Pcreate(lathe_h5_dataset_creation_class()), "set \(path)", closing: H5Pclose)
        _ = H5Pset_obj_track_times(creation.id, false)
        if !chunk.isEmpty {
            guard H5Pset_chunk(creation.id, Int32(chunk.count), chunk.map { hsize_t($0) }) >= 0,
                !isCompressed
                    || H5Pset_shuffle(creation.id) >= 0 && H5Pset_deflate(creation.id, Self.deflateLevel) >= 0,
                H5Pset_fletcher32(creation.id) >= 0
            else { throw failure("set the chunks of \(path)") }
        }
        return try handle(
            H5Dcreate2(file.id, path, type, space.id, lathe_h5_default(), creation.id, lathe_h5_default()),
            "create \(path)", closing: H5Dclose)
    }

    /// Writes a text as a scalar string of UTF-8 bytes.
    public func write(_ text: String, to path: String) throws(HDF5Failure) {
        let (bytes, type) = try Self.string(text)
        let dataset = try create(path, type.id, try Self.space([]), chunk: [])
        guard H5Dwrite(dataset.id, type.id, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), bytes) >= 0 else {
            throw failure("write \(path)")
        }
        expect(path) { (file) throws(HDF5Failure) in try file.text(path) == Self.stored(text) }
    }

    /// Writes an integer attribute of group `path`.
    public func setAttribute(_ name: String, of path: String, _ value: Int) throws(HDF5Failure) {
        let attribute = try attribute(name, of: path, Int64.typeInFile)
        var value = Int64(value)
        guard H5Awrite(attribute.id, Int64.typeInMemory, &value) >= 0 else { throw failure("write \(path) \(name)") }
        expect("\(path) \(name)") { [value] (file) throws(HDF5Failure) in try file.integer(name, of: path) == value }
    }

    /// Writes a floating-point attribute of group `path`.
    public func setAttribute(_ name: String, of path: String, _ value: Double) throws(HDF5Failure) {
        let attribute = try attribute(name, of: path, Double.typeInFile)
        var value = value
        guard H5Awrite(attribute.id, Double.typeInMemory, &value) >= 0 else { throw failure("write \(path) \(name)") }
        expect("\(path) \(name)") { [bits = value.bitPattern] (file) throws(HDF5Failure) in
            try file.double(name, of: path).bitPattern == bits
        }
    }

    /// Writes a text as an attribute of group `path`. Attributes hold less than 64 KiB.
    public func setAttribute(_ name: String, of path: String, _ value: String) throws(HDF5Failure) {
        let (bytes, type) = try Self.string(value)
        let attribute = try attribute(name, of: path, type.id)
        guard H5Awrite(attribute.id, type.id, bytes) >= 0 else { throw failure("write \(path) \(name)") }
        expect("\(path) \(name)") { (file) throws(HDF5Failure) in try file.text(name, of: path) == Self.stored(value) }
    }

    private func attribute(_ name: String, of path: String, _ type: hid_t) throws(HDF5Failure) -> HDF5Handle {
        let space = try Self.space([])
        return try handle(
            H5Acreate_by_name(
                file.id, path, name, type, space.id, lathe_h5_default(), lathe_h5_default(), lathe_h5_default()),
            "create \(path) \(name)", closing: H5Aclose)
    }

    /// A simple space, or the scalar one for no sizes.
    static func space(_ sizes: [Int]) throws(HDF5Failure) -> HDF5Handle {
        let id =
            sizes.isEmpty
            ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(sizes.count), sizes.map { hsize_t($0) }, nil)
        return try HDF5Handle(id, "make a space", closing: H5Sclose)
    }

    /// A text as it is read again: zeros after it are padding.
    private static func stored(_ text: String) -> String {
        var bytes = Array(text.utf8)
        while bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The bytes of a text and their type. HDF5 strings have at least one byte, and the terminator is padding.
    private static func string(_ text: String) throws(HDF5Failure) -> (bytes: [UInt8], type: HDF5Handle) {
        var bytes = Array(text.utf8)
        if bytes.isEmpty { bytes = [0] }
        let type = try HDF5Handle(H5Tcopy(lathe_h5_c_string()), "make a text type", closing: H5Tclose)
        guard H5Tset_size(type.id, bytes.count) >= 0, H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0,
            H5Tset_strpad(type.id, H5T_STR_NULLPAD) >= 0
        else { throw HDF5Failure(operation: "make a text type") }
        return (bytes, type)
    }
}
