// A model as HDF5: one dataset for each weight, under its Hugging Face name; h5py reads it without anything of ours.

// libhdf5's type identifiers are C globals, set once when the library opens.
@preconcurrency internal import CHDF5
internal import Foundation
internal import Tensors
internal import Vocabulary

/// An HDF5 file being written under a temporary name.
///
/// bf16, which HDF5 has not, is stored as uint16 with the attribute `dtype` = "bfloat16". Datasets are contiguous and carry no
/// times, so that the same model gives the same bytes.
final class HDF5Model {
    private let place: URL
    private let temporary: URL
    private let file: hid_t
    private let half: hid_t
    private var isOpen = true

    init(_ place: URL, replaces: Bool) throws {
        guard replaces || !FileManager.default.fileExists(atPath: place.path) else {
            throw ModelExportError(place.path, "is there already", hint: "name another place, or remove it first", kind: .inputOutput)
        }
        self.place = place
        temporary = place.deletingLastPathComponent().appendingPathComponent(
            ".\(place.lastPathComponent).\(getpid()).partial")
        H5open()
        H5Eset_auto2(0, nil, nil)  // Errors are ours to tell.
        file = H5Fcreate(temporary.path, UInt32(H5F_ACC_TRUNC_VALUE), 0, 0)
        half = H5Tcopy(H5T_IEEE_F32LE_g)
        guard file >= 0, half >= 0, H5Tset_fields(half, 15, 10, 5, 0, 10) >= 0, H5Tset_size(half, 2) >= 0,
            H5Tset_ebias(half, 15) >= 0
        else {
            throw SystemError(errno, writing: place.path, "cannot be created")
        }
    }

    deinit {
        guard isOpen else { return }
        H5Tclose(half)
        H5Fclose(file)
        unlink(temporary.path)
    }

    /// Writes one tensor; `produce` hands its bytes, whole rows at a time, to the sink.
    func write(_ tensor: PlannedTensor, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        let type = try type(tensor)
        guard tensor.shape.rank <= 2 else { throw unfit(tensor.name, "a tensor of rank \(tensor.shape.rank)") }
        let sizes = tensor.shape.sizes.map { hsize_t($0) }
        let space = sizes.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(sizes.count), sizes, nil)
        defer { H5Sclose(space) }
        let creation = H5Pcreate(H5P_CLS_DATASET_CREATE_ID_g)
        defer { H5Pclose(creation) }
        H5Pset_obj_track_times(creation, false)
        let dataset = H5Dcreate2(file, tensor.name, type, space, 0, creation, 0)
        guard dataset >= 0 else { throw failure(errno, tensor.name) }
        defer { H5Dclose(dataset) }
        if tensor.dtype == .bf16 { try attribute("dtype", "bfloat16", on: dataset, tensor.name) }
        var start = 0
        let rowBytes = tensor.byteCount / max(sizes.first.map(Int.init) ?? 1, 1)
        let isVector = sizes.count <= 1
        try produce { bytes in
            guard !bytes.isEmpty else { return }
            let unit = isVector ? tensor.dtype.blockBytes : rowBytes
            try self.append(bytes, rows: start..<(start + bytes.count / unit), sizes, dataset, space, type, tensor.name)
            start += bytes.count / unit
        }
    }

    /// Makes the file durable and puts it in its place.
    func commit() throws {
        let flushed = H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0
        H5Tclose(half)
        let closed = H5Fclose(file) >= 0
        isOpen = false
        let descriptor = open(temporary.path, O_RDONLY | O_CLOEXEC)
        let durable = descriptor >= 0 && fsync(descriptor) == 0
        close(descriptor)
        guard flushed, closed, durable, rename(temporary.path, place.path) == 0 else {
            let code = errno
            unlink(temporary.path)
            throw SystemError(code == 0 ? EIO : code, writing: place.path)
        }
    }

    private func append(
        _ bytes: UnsafeRawBufferPointer, rows: Range<Int>, _ sizes: [hsize_t], _ dataset: hid_t, _ space: hid_t,
        _ type: hid_t,
        _ name: String
    ) throws {
        var memory: hid_t = 0  // H5S_ALL
        var target: hid_t = 0
        if !sizes.isEmpty {
            var start = [hsize_t](repeating: 0, count: sizes.count)
            var count = sizes
            start[0] = hsize_t(rows.lowerBound)
            count[0] = hsize_t(rows.count)
            guard H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, count, nil) >= 0 else {
                throw failure(errno, name)
            }
            memory = H5Screate_simple(Int32(count.count), count, nil)
            target = space
        }
        defer { if memory > 0 { H5Sclose(memory) } }
        guard H5Dwrite(dataset, type, memory, target, 0, bytes.baseAddress) >= 0 else {
            throw failure(errno, name)
        }
    }

    private func attribute(_ name: String, _ text: String, on dataset: hid_t, _ tensor: String) throws {
        let type = H5Tcopy(H5T_C_S1_g)
        let space = H5Screate(H5S_SCALAR)
        H5Tset_size(type, text.utf8.count)
        let attribute = H5Acreate2(dataset, name, type, space, 0, 0)
        defer {
            H5Aclose(attribute)
            H5Sclose(space)
            H5Tclose(type)
        }
        guard attribute >= 0, H5Awrite(attribute, type, Array(text.utf8)) >= 0 else {
            throw failure(errno, tensor)
        }
    }

    private func type(_ tensor: PlannedTensor) throws -> hid_t {
        switch tensor.dtype {
        case .f32: H5T_IEEE_F32LE_g
        case .f64: H5T_IEEE_F64LE_g
        case .f16: half
        case .bf16: H5T_STD_U16LE_g
        case .i8: H5T_STD_I8LE_g
        case .i16: H5T_STD_I16LE_g
        case .i32: H5T_STD_I32LE_g
        case .i64: H5T_STD_I64LE_g
        case .u8, .bool: H5T_STD_U8LE_g
        default: throw unfit(tensor.name, "HDF5 export does not hold \(tensor.dtype.rawValue)")
        }
    }

    private func unfit(_ name: String, _ problem: String) -> ModelExportError {
        ModelExportError("\(place.path), \(name)", problem)
    }

    /// libhdf5 leaves `errno` as the system set it; where it set none, the library itself refused.
    private func failure(_ code: Int32, _ name: String) -> SystemError {
        SystemError(code == 0 ? EIO : code, writing: "\(place.path), \(name)")
    }
}

/// `H5F_ACC_TRUNC`, a macro that Swift does not see.
private let H5F_ACC_TRUNC_VALUE = 2
