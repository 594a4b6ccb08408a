// A model as HDF5: one dataset for each weight, under its Hugging Face name; h5py reads it without anything of ours.

// libhdf5's type identifiers are C globals, set once when the library opens.
@preconcurrency internal import CHDF5
internal import Files
internal import Foundation
internal import HDF5Files
internal import Tensors
internal import Vocabulary

extension ModelFormat {
    /// One HDF5 file with a dataset for each weight.
    public static let hdf5 = ModelFormat(
        isFolder: false, holdsConfiguration: false, arrange: arrangedAsHuggingFace
    ) { _, place in
        try HDF5Model(for: place)
    }
}

/// An HDF5 file being written under a temporary name; without `finish` it is removed.
///
/// bf16, which HDF5 has not, is stored as uint16 with the attribute `dtype` = "bfloat16". Datasets are contiguous and carry no
/// times, so that the same model gives the same bytes.
private final class HDF5Model: TensorSink {
    private let temporary: URL
    private let place: URL
    /// `nil` once it is closed.
    private var file: HDF5File?
    private var isFinished = false
    private let half: HDF5Handle

    /// - Parameter place: where the file goes, as errors name it.
    init(for place: URL) throws {
        temporary = TemporaryName.beside(place)
        self.place = place
        do throws(HDF5Failure) {
            file = try HDF5File(creating: temporary.path)
            half = try HDF5Handle(H5Tcopy(H5T_IEEE_F32LE_g), closing: H5Tclose)
            guard H5Tset_fields(half.id, 15, 10, 5, 0, 10) >= 0, H5Tset_size(half.id, 2) >= 0,
                H5Tset_ebias(half.id, 15) >= 0
            else { throw HDF5Failure(operation: "make the type of fp16") }
        } catch { throw ModelExportError(place.path, "cannot be created", found: "\(error)", kind: .inputOutput) }
    }

    deinit { abandon() }

    /// Closes and removes the temporary file.
    private func abandon() {
        file = nil
        if !isFinished { unlink(temporary.path) }
    }

    func write(_ tensor: PlannedTensor, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        guard let file else { preconditionFailure("the file is closed") }
        let type = try type(tensor)
        let shape = tensor.storedShape
        guard shape.rank <= 2 else { throw unfit(tensor.name, "a tensor of rank \(shape.rank)") }
        let dataset = try located(tensor.name) { () throws(HDF5Failure) in
            try HDF5Rows(tensor.name, sizes: tensor.storedShape.sizes, type: type, in: file)
        }
        if tensor.dtype == .bf16 {
            try located(tensor.name) { () throws(HDF5Failure) in try dataset.setAttribute("dtype", "bfloat16") }
        }
        let unit =
            tensor.storedShape.rank <= 1
            ? tensor.dtype.blockBytes : tensor.byteCount / max(tensor.storedShape.sizes.first ?? 1, 1)
        try produce { bytes in
            guard !bytes.isEmpty else { return }
            try self.located(tensor.name) { () throws(HDF5Failure) in
                try dataset.append(bytes, rows: bytes.count / unit)
            }
        }
    }

    /// Makes the file durable, once it is known to hold what was written into it.
    func finish() throws -> URL {
        try located(nil) { () throws(HDF5Failure) in try HDF5File.close(&file, at: temporary.path) }
        let descriptor = open(temporary.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, writing: place.path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemError(errno, writing: place.path, "cannot be flushed") }
        isFinished = true
        return temporary
    }

    private func located<Result>(_ tensor: String?, _ body: () throws(HDF5Failure) -> Result) throws -> Result {
        do throws(HDF5Failure) { return try body() } catch {
            throw ModelExportError(
                place.path + (tensor.map { ", \($0)" } ?? ""), "cannot be written", found: "\(error)",
                kind: .inputOutput)
        }
    }

    private func type(_ tensor: PlannedTensor) throws -> hid_t {
        switch tensor.dtype {
        case .f32: H5T_IEEE_F32LE_g
        case .f64: H5T_IEEE_F64LE_g
        case .f16: half.id
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
}
