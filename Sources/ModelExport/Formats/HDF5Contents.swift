// What is in an exported HDF5 model: names, types, shapes.

@preconcurrency internal import CHDF5
public import Foundation
public import Tensors
internal import Vocabulary
public import WeightFiles

/// The datasets of an HDF5 file.
public struct HDF5Contents {
    /// By name. `type` is the type of the numbers as safetensors names it ("BF16"); `offset` is where they begin in
    /// the file, nil where they do not lie there in one piece.
    public let tensors: [(name: String, type: String, shape: Shape, offset: Int?)]
    private let url: URL

    /// Whether the file starts as HDF5 files do; a checkpoint does not, its digest stands first.
    public static func isHDF5(_ url: URL) throws -> Bool {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: url.path, "cannot be opened") }
        defer { close(descriptor) }
        let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
        var start = [UInt8](repeating: 0, count: signature.count)
        let count = read(descriptor, &start, start.count)
        guard count >= 0 else { throw SystemError(errno, reading: url.path) }
        return count == start.count && start == signature
    }

    public init(_ url: URL) throws(ModelExportError) {
        func failure(_ problem: String, _ name: String? = nil) -> ModelExportError {
            ModelExportError(url.path + (name.map { ", \($0)" } ?? ""), problem, hint: "is the file whole?")
        }
        H5open()
        H5Eset_auto2(0, nil, nil)  // Errors are ours to tell.
        let file = H5Fopen(url.path, 0, 0)
        guard file >= 0 else { throw failure("cannot be read as HDF5") }
        defer { H5Fclose(file) }
        var info = H5G_info_t()
        guard H5Gget_info(file, &info) >= 0 else { throw failure("cannot be listed") }
        var tensors: [(name: String, type: String, shape: Shape, offset: Int?)] = []
        for index in 0..<info.nlinks {
            let count = H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, 0)
            guard count >= 0 else { throw failure("cannot be listed") }
            var bytes = [CChar](repeating: 0, count: count + 1)
            H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, index, &bytes, bytes.count, 0)
            let name = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let dataset = H5Dopen2(file, name, 0)
            guard dataset >= 0 else { throw failure("is no dataset", name) }
            defer { H5Dclose(dataset) }
            guard let shape = Self.shape(of: dataset) else { throw failure("has no shape", name) }
            tensors.append((name, Self.typeName(of: dataset), shape, Self.offset(of: dataset)))
        }
        self.tensors = tensors
        self.url = url
    }

    /// The numbers as weights, where the file holds a model as Lathe writes it.
    ///
    /// - Parameter form: how the weight of a name is stored.
    /// - Throws: for a tensor of another type, or one whose numbers do not lie in one piece.
    public func weights(form: (String) -> StoredForm = { _ in .asStored }) throws -> any WeightSource {
        let file = try MappedFile(url)
        return WeightsInMemory(
            try tensors.map { tensor in
                guard let dtype = DType(rawValue: tensor.type.lowercased()), let offset = tensor.offset,
                    let bytes = tensor.shape.elementCount.flatMap({ dtype.byteCount(elements: $0) }),
                    offset <= file.bytes.count - bytes
                else {
                    throw ModelExportError(
                        "\(url.path), \(tensor.name)", "is no tensor that can be read where it lies", found: tensor.type
                    )
                }
                let place = UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + bytes])
                let isAligned = UInt(bitPattern: place.baseAddress) % UInt(dtype.blockBytes) == 0
                let storage = isAligned ? file.storage : Storage(byteCount: bytes) { $0.copyMemory(from: place) }
                let form = form(tensor.name)
                return FrozenTensor(
                    name: tensor.name, dtype: dtype, shape: form.meaning(tensor.shape), storage: storage,
                    byteOffset: isAligned ? offset : 0, form: form)
            }, location: url.path)
    }

    private static func offset(of dataset: hid_t) -> Int? {
        let offset = H5Dget_offset(dataset)
        return offset == UInt64.max ? nil : Int(exactly: offset)
    }

    private static func shape(of dataset: hid_t) -> Shape? {
        let space = H5Dget_space(dataset)
        defer { H5Sclose(space) }
        let rank = H5Sget_simple_extent_ndims(space)
        guard (0...32).contains(rank) else { return nil }
        var sizes = [hsize_t](repeating: 0, count: Int(rank))
        guard H5Sget_simple_extent_dims(space, &sizes, nil) >= 0 else { return nil }
        let whole = sizes.compactMap { Int(exactly: $0) }
        return whole.count == sizes.count ? Shape(whole) : nil
    }

    private static func typeName(of dataset: hid_t) -> String {
        let type = H5Dget_type(dataset)
        defer { H5Tclose(type) }
        let bits = H5Tget_size(type) * 8
        switch H5Tget_class(type) {
        case H5T_FLOAT: return "F\(bits)"
        // bf16, which HDF5 has not, is told by an attribute.
        case H5T_INTEGER where H5Aexists(dataset, "dtype") > 0: return "BF16"
        case H5T_INTEGER: return (H5Tget_sign(type) == H5T_SGN_NONE ? "U" : "I") + "\(bits)"
        default: return "?"
        }
    }
}
