// Some rows and columns of a tensor, as a tensor of its own.

internal import Kernels
internal import Tensors

extension FrozenTensor {
    /// The tensor under the name `path`, with the rows and columns that are named alone; all of those that are not. Rows are whole
    /// heads where the file stores heads in an order of its own. Where columns do not fill the blocks in which they are stored, the
    /// numbers are fp32.
    func sliced(as path: String, rows: [Int]?, columns: [Int]?) -> FrozenTensor {
        let kept = rows.map { keeping(rows: $0) } ?? self
        let tensor = columns.map { kept.keeping(columns: $0) } ?? kept
        return FrozenTensor(
            name: path, dtype: tensor.dtype, shape: tensor.shape, storage: tensor.storage,
            byteOffset: tensor.byteOffset, form: tensor.form)
    }

    private func keeping(rows: [Int]) -> FrozenTensor {
        let count = shape[0], rowBytes = bytes.count / max(count, 1)
        let storage = Storage(byteCount: rows.count * rowBytes) { target in
            for (place, row) in rows.enumerated() {
                target.copy(bytes[row * rowBytes..<(row + 1) * rowBytes], to: place * rowBytes)
            }
        }
        var sizes = shape.sizes
        sizes[0] = rows.count
        return FrozenTensor(
            name: name, dtype: dtype, shape: Shape(sizes), storage: storage, byteOffset: 0,
            form: form.keeping(rows.count, of: count))
    }

    private func keeping(columns: [Int]) -> FrozenTensor {
        let (rows, width) = (shape[0], shape[1]), rowBytes = bytes.count / max(shape[0], 1)
        let type = dtype.isQuantised ? DType.f32 : dtype, size = type.blockBytes
        let widened = UnsafeMutableBufferPointer<Float>.allocate(capacity: dtype.isQuantised ? width : 0)
        defer { widened.deallocate() }
        let storage = Storage(byteCount: rows * columns.count * size) { target in
            for row in 0..<rows {
                var source = UnsafeRawBufferPointer(rebasing: bytes[row * rowBytes..<(row + 1) * rowBytes])
                if dtype.isQuantised {
                    Widening.dequantise(source, dtype, into: widened)
                    source = UnsafeRawBufferPointer(widened)
                }
                for (place, column) in columns.enumerated() {
                    target.copy(
                        source[column * size..<(column + 1) * size], to: (row * columns.count + place) * size)
                }
            }
        }
        return FrozenTensor(
            name: name, dtype: type, shape: [rows, columns.count], storage: storage, byteOffset: 0, form: form)
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func copy(_ bytes: Slice<UnsafeRawBufferPointer>, to place: Int) {
        UnsafeMutableRawBufferPointer(rebasing: self[place..<place + bytes.count]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes))
    }
}

extension StoredForm {
    /// Of `kept` of `count` rows, which are whole heads.
    fileprivate func keeping(_ kept: Int, of count: Int) -> StoredForm {
        switch self {
        case .asStored, .plusOne: self
        case .partByPart, .transposed: preconditionFailure("parts of one projection are not left out one by one")
        case .interleavedHalves(let heads): .interleavedHalves(heads: kept / (count / heads))
        }
    }
}
