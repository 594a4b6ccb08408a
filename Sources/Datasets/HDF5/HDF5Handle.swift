// libhdf5's handles, closed when nobody holds them.

internal import CHDF5

/// A library handle.
final class HDF5Handle {
    let id: hid_t
    private let close: (hid_t) -> herr_t

    init(_ id: hid_t, closing close: @escaping (hid_t) -> herr_t) throws(HDF5Refusal) {
        guard id >= 0 else { throw HDF5Refusal() }
        self.id = id
        self.close = close
    }

    deinit { _ = close(id) }
}

/// The library said no.
struct HDF5Refusal: Error {}
