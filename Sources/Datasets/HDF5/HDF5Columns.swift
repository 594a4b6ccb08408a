// What of an HDF5 file is a table: a data set of compound rows, or data sets of one length side by side.

internal import CHDF5
internal import HDF5Files

/// One data set as a column, or as whole rows where its elements are compound.
struct HDF5Column {
    let name: String
    let dataset: HDF5Handle
    /// As values lie in memory.
    let type: HDF5Handle
    let rowCount: Int
    /// Elements of one row: the sizes after the first.
    let shape: [Int]

    var elementCount: Int { shape.reduce(1, *) }
    var isCompound: Bool { H5Tget_class(type.id) == H5T_COMPOUND }
}

/// Looks through a file for its table.
struct HDF5Columns {
    private let file: HDF5Handle
    private var groups: [(path: String, columns: [HDF5Column])] = []

    private static let maximumDepth = 8
    private static let maximumObjects = 10_000

    /// The table of the file: the object at `path`, else the only one there is.
    static func find(in file: HDF5Handle, path: String?, place: RowPlace) throws(DatasetError) -> [HDF5Column] {
        var search = HDF5Columns(file: file)
        var objects = 0
        do throws(HDF5Failure) {
            try search.visit(path ?? "/", depth: 0, &objects)
        } catch {
            throw DatasetError(
                .unreadable, place, path.map { "the HDF5 file has no \"\($0)\"" } ?? "HDF5: the file cannot be read")
        }
        let compound = search.groups.flatMap { group in
            group.columns.filter(\.isCompound).map { (path: group.path, columns: [$0]) }
        }
        let plain = search.groups.compactMap { group -> (path: String, columns: [HDF5Column])? in
            let columns = group.columns.filter { !$0.isCompound }
            guard let first = columns.first, columns.allSatisfy({ $0.rowCount == first.rowCount }) else { return nil }
            return (group.path, columns)
        }
        let tables = compound.isEmpty ? plain : compound
        guard let table = tables.first else {
            throw DatasetError(
                .unknownFormat, place, "the HDF5 file holds no table",
                hint: "a data set of compound rows, or a group of data sets of one length")
        }
        guard tables.count == 1 else {
            let names = tables.prefix(6).map { $0.path.isEmpty ? "/" : $0.path }.joined(separator: ", ")
            throw DatasetError(
                .unknownFormat, place, "the HDF5 file holds \(tables.count) tables: \(names)",
                hint: "name one: data.records: PATH")
        }
        return table.columns
    }

    private init(file: HDF5Handle) { self.file = file }

    private mutating func visit(_ path: String, depth: Int, _ objects: inout Int) throws(HDF5Failure) {
        let object = try HDF5Handle(H5Oopen(file.id, path, lathe_h5_default()), closing: H5Oclose)
        if H5Iget_type(object.id) == H5I_DATASET {
            if let column = try Self.column(path, H5Dopen2(file.id, path, lathe_h5_default())) {
                groups.append((path, [column]))
            }
            return
        }
        guard H5Iget_type(object.id) == H5I_GROUP, depth < Self.maximumDepth else { return }
        var columns: [HDF5Column] = []
        for name in try Self.names(of: object) {
            objects += 1
            guard objects < Self.maximumObjects else { throw HDF5Failure() }
            let child = path == "/" ? "/" + name : path + "/" + name
            let opened = try HDF5Handle(H5Oopen(file.id, child, lathe_h5_default()), closing: H5Oclose)
            if H5Iget_type(opened.id) == H5I_DATASET {
                let dataset = H5Dopen2(file.id, child, lathe_h5_default())
                if let column = try Self.column(name, dataset) { columns.append(column) }
            } else {
                try visit(child, depth: depth + 1, &objects)
            }
        }
        if !columns.isEmpty { groups.append((path, columns)) }
    }

    /// Names of what the group holds itself: links into other files are not followed.
    private static func names(of group: HDF5Handle) throws(HDF5Failure) -> [String] {
        var info = H5G_info_t()
        guard H5Gget_info(group.id, &info) >= 0 else { throw HDF5Failure() }
        var names: [String] = []
        for index in 0..<min(info.nlinks, hsize_t(maximumObjects)) {
            let count = H5Lget_name_by_idx(
                group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, lathe_h5_default())
            guard count > 0, count < 4096 else { throw HDF5Failure() }
            var bytes = [CChar](repeating: 0, count: count + 1)
            _ = H5Lget_name_by_idx(
                group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, count + 1, lathe_h5_default())
            let name = String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var link = H5L_info_t()
            guard H5Lget_info(group.id, name, &link, lathe_h5_default()) >= 0 else { throw HDF5Failure() }
            if link.type == H5L_TYPE_HARD { names.append(name) }
        }
        return names
    }

    /// `nil` for single values, which are no columns.
    private static func column(_ name: String, _ id: hid_t) throws(HDF5Failure) -> HDF5Column? {
        let dataset = try HDF5Handle(id, closing: H5Dclose)
        let space = try HDF5Handle(H5Dget_space(dataset.id), closing: H5Sclose)
        let rank = Int(H5Sget_simple_extent_ndims(space.id))
        guard rank > 0, rank <= 8 else { return nil }
        var sizes = [hsize_t](repeating: 0, count: rank)
        guard H5Sget_simple_extent_dims(space.id, &sizes, nil) >= 0 else { throw HDF5Failure() }
        let stored = try HDF5Handle(H5Dget_type(dataset.id), closing: H5Tclose)
        let type = try HDF5Handle(H5Tget_native_type(stored.id, H5T_DIR_ASCEND), closing: H5Tclose)
        return HDF5Column(
            name: name, dataset: dataset, type: type, rowCount: Int(clamping: sizes[0]),
            shape: sizes.dropFirst().map { Int(clamping: $0) })
    }
}
