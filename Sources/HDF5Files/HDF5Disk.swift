// What the system refused while libhdf5 read or wrote one file: the library does not hand on every failure, its driver here does.

internal import CHDF5
internal import CHDF5Disk

/// The disk under one file.
final class HDF5Disk: Sendable {
    /// Freed when this value and the library have let go of it; its one number is read and written atomically.
    private nonisolated(unsafe) let disk: OpaquePointer

    init() throws(HDF5Failure) {
        guard let disk = lathe_disk_make() else { throw HDF5Failure(operation: "take memory") }
        self.disk = disk
    }

    deinit { lathe_disk_release(disk) }

    /// The first refusal, as `errno` names it; 0: there was none.
    var fault: Int32 { lathe_disk_fault(disk) }

    /// How files on this disk are opened.
    func access() throws(HDF5Failure) -> HDF5Handle {
        let access = try HDF5Handle(H5Pcreate(lathe_h5_file_access_class()), "set file access", closing: H5Pclose)
        guard lathe_disk_use(disk, access.id) >= 0 else { throw HDF5Failure(operation: "choose a disk") }
        return access
    }
}
