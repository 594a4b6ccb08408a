// Lists, matrices, texts and attributes, read. Sizes are checked against the file's own before memory is taken for them.

internal import CHDF5

extension HDF5File {
    /// Whether something stands at `path`, whose parents are there.
    public func contains(_ path: String) -> Bool { H5Lexists(file.id, path, lathe_h5_default()) > 0 }

    /// The fp32 matrix at `path`.
    public func floats(_ path: String) throws(HDF5Failure) -> (rows: Int, columns: Int, values: [Float]) {
        let (sizes, values) = try read(path, axes: 2, as: Float.self)
        return (sizes[0], sizes[1], values)
    }

    /// The list at `path`; none where nothing stands there.
    public func list<Number: HDF5Number>(_ path: String, of type: Number.Type) throws(HDF5Failure) -> [Number] {
        guard contains(path) else { return [] }
        return try read(path, axes: 1, as: Number.self).values
    }

    func read<Number: HDF5Number>(
        _ path: String, axes: Int, as: Number.Type
    ) throws(HDF5Failure) -> (sizes: [Int], values: [Number]) {
        let dataset = try handle(H5Dopen2(file.id, path, lathe_h5_default()), "open \(path)", closing: H5Dclose)
        let sizes = try sizes(of: dataset, axes: axes, path)
        var count = 1
        for size in sizes {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, product <= largestByteCount / MemoryLayout<Number>.stride else {
                throw failure("hold \(path), which is larger than its file")
            }
            count = product
        }
        var values = [Number](repeating: .zero, count: count)
        let status = values.withUnsafeMutableBytes {
            H5Dread(
                dataset.id, Number.typeInMemory, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw failure("read \(path)") }
        return (sizes, values)
    }

    /// By how much the bytes of a dataset may be more than those that hold them: zlib's most, where they are deflated.
    func largestExpansion(of dataset: HDF5Handle) -> Int {
        guard let creation = try? handle(H5Dget_create_plist(dataset.id), "", closing: H5Pclose) else { return 1 }
        return H5Pget_filter_by_id2(creation.id, H5Z_FILTER_DEFLATE, nil, nil, nil, 0, nil, nil) >= 0 ? 1032 : 1
    }

    func sizes(of dataset: HDF5Handle, axes: Int, _ path: String) throws(HDF5Failure) -> [Int] {
        let space = try handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        var sizes = [hsize_t](repeating: 0, count: axes)
        guard H5Sget_simple_extent_ndims(space.id) == axes, H5Sget_simple_extent_dims(space.id, &sizes, nil) == axes
        else {
            throw failure("find \(axes) axes in \(path)")
        }
        return sizes.map { Int(clamping: $0) }
    }

    /// The text at `path`.
    public func text(_ path: String) throws(HDF5Failure) -> String {
        let dataset = try handle(H5Dopen2(file.id, path, lathe_h5_default()), "open \(path)", closing: H5Dclose)
        let type = try handle(H5Dget_type(dataset.id), "type of \(path)", closing: H5Tclose)
        let space = try handle(H5Dget_space(dataset.id), "measure \(path)", closing: H5Sclose)
        return try string(of: type, in: space, path) { bytes in
            H5Dread(dataset.id, type.id, lathe_h5_all(), lathe_h5_all(), lathe_h5_default(), bytes)
        }
    }

    /// Whether group `path` has an attribute of that name.
    public func hasAttribute(_ name: String, of path: String) -> Bool {
        H5Aexists_by_name(file.id, path, name, lathe_h5_default()) > 0
    }

    /// An integer attribute of group `path`.
    public func integer(_ name: String, of path: String) throws(HDF5Failure) -> Int {
        Int(try attribute(name, of: path, as: Int64.self))
    }

    /// A floating-point attribute of group `path`.
    public func double(_ name: String, of path: String) throws(HDF5Failure) -> Double {
        try attribute(name, of: path, as: Double.self)
    }

    /// A text attribute of group `path`.
    public func text(_ name: String, of path: String) throws(HDF5Failure) -> String {
        let (attribute, space) = try open(name, of: path)
        let type = try handle(H5Aget_type(attribute.id), "type of \(path) \(name)", closing: H5Tclose)
        return try string(of: type, in: space, "\(path) \(name)") { H5Aread(attribute.id, type.id, $0) }
    }

    private func attribute<Number: HDF5Number>(
        _ name: String, of path: String, as: Number.Type
    ) throws(HDF5Failure) -> Number {
        let (attribute, space) = try open(name, of: path)
        var value = Number.zero
        guard H5Sget_simple_extent_npoints(space.id) == 1, H5Aread(attribute.id, Number.typeInMemory, &value) >= 0
        else { throw failure("read \(path) \(name)") }
        return value
    }

    private func open(
        _ name: String, of path: String
    ) throws(HDF5Failure) -> (attribute: HDF5Handle, space: HDF5Handle) {
        let attribute = try handle(
            H5Aopen_by_name(file.id, path, name, lathe_h5_default(), lathe_h5_default()), "open \(path) \(name)",
            closing: H5Aclose)
        let space = try handle(H5Aget_space(attribute.id), "measure \(path) \(name)", closing: H5Sclose)
        return (attribute, space)
    }

    private func string(
        of type: HDF5Handle, in space: HDF5Handle, _ path: String, reading: (UnsafeMutableRawPointer?) -> herr_t
    ) throws(HDF5Failure) -> String {
        guard H5Tget_class(type.id) == H5T_STRING, H5Tis_variable_str(type.id) == 0,
            H5Sget_simple_extent_npoints(space.id) == 1, H5Tget_size(type.id) <= largestByteCount
        else { throw failure("find one text in \(path)") }
        var bytes = [UInt8](repeating: 0, count: H5Tget_size(type.id))
        guard bytes.withUnsafeMutableBytes({ reading($0.baseAddress) }) >= 0 else {
            throw failure("read \(path)")
        }
        while bytes.last == 0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
