// A file in the few words that Lathe needs of HDF5. Small files are written in memory, where libhdf5 never touches the disk; large
// ones on disk. What is read was verified before the library sees it: it can be crashed by hostile bytes.

public import CHDF5
internal import Synchronization

/// An HDF5 file: written piece by piece, or opened.
public final class HDF5File: Sendable {
    let file: HDF5Handle
    /// Where the file lies; `nil`: in memory.
    private let disk: HDF5Disk?
    /// What a file on disk must hold once it is closed.
    let written = WrittenThings()
    /// Nothing read can be larger than the file: its numbers are not compressed.
    let largestByteCount: Int

    /// The library takes two open files of one name for the same, in memory too.
    private static let counter = Atomic(0)
    private static var freshName: String { "image-\(counter.add(1, ordering: .relaxed).newValue)" }

    /// A new, empty file in memory.
    public init() throws(HDF5Failure) {
        lathe_h5_be_quiet()
        let access = try Self.accessInMemory()
        disk = nil
        file = try HDF5Handle(
            H5Fcreate(Self.freshName, lathe_h5_truncate(), lathe_h5_default(), access.id), "create a file",
            closing: H5Fclose)
        largestByteCount = Int.max
    }

    /// The file whose bytes are `image`; they must come from a trusted place.
    public init(image: UnsafeRawBufferPointer) throws(HDF5Failure) {
        lathe_h5_be_quiet()
        let access = try Self.accessInMemory()
        // The library copies the bytes; it takes a mutable pointer without writing through it.
        guard H5Pset_file_image(access.id, UnsafeMutableRawPointer(mutating: image.baseAddress), image.count) >= 0
        else {
            throw HDF5Failure(operation: "take a file image")
        }
        disk = nil
        file = try HDF5Handle(
            H5Fopen(Self.freshName, lathe_h5_read_only(), access.id), "open the file", closing: H5Fclose)
        largestByteCount = image.count
    }

    /// A new, empty file on disk, in place of what stands at `path`.
    ///
    /// - Parameters:
    ///   - userBlock: bytes before the HDF5 file that are left to its user: 0, or 512 doubled some times.
    ///   - chunksInNode: how many chunks of a list a node of its index has room for, twice; few make small files smaller. Nil: the
    ///     library's number, 32.
    public init(creating path: String, userBlock: Int = 0, chunksInNode: Int? = nil) throws(HDF5Failure) {
        lathe_h5_be_quiet()
        let creation = try HDF5Handle(H5Pcreate(lathe_h5_file_creation_class()), "set \(path)", closing: H5Pclose)
        guard H5Pset_userblock(creation.id, hsize_t(userBlock)) >= 0 else {
            throw HDF5Failure(operation: "leave \(userBlock) bytes to its user")
        }
        if let chunksInNode, H5Pset_istore_k(creation.id, UInt32(chunksInNode)) < 0 {
            throw HDF5Failure(operation: "set the size of indices")
        }
        let disk = try HDF5Disk()
        let access = try disk.access()
        self.disk = disk
        do throws(HDF5Failure) {
            file = try HDF5Handle(
                H5Fcreate(path, lathe_h5_truncate(), creation.id, access.id), "create \(path)", closing: H5Fclose)
        } catch { throw HDF5Failure(operation: error.operation, fault: disk.fault) }
        largestByteCount = Int.max
    }

    /// The file at `path`, read where it lies; it must come from a trusted place.
    public init(opening path: String) throws(HDF5Failure) {
        lathe_h5_be_quiet()
        let disk = try HDF5Disk()
        let access = try disk.access()
        self.disk = disk
        var size: hsize_t = 0
        do throws(HDF5Failure) {
            file = try HDF5Handle(
                H5Fopen(path, lathe_h5_read_only(), access.id), "open \(path)", closing: H5Fclose)
        } catch { throw HDF5Failure(operation: error.operation, fault: disk.fault) }
        guard H5Fget_filesize(file.id, &size) >= 0 else {
            throw HDF5Failure(operation: "measure \(path)", fault: disk.fault)
        }
        largestByteCount = Int(clamping: size)
    }

    /// What the system refused so far, as `errno`; 0: nothing.
    public var fault: Int32 { disk?.fault ?? 0 }

    /// The library's number of the file.
    public var id: hid_t { file.id }

    /// A failure of `operation`, with what the system said.
    func failure(_ operation: String) -> HDF5Failure { HDF5Failure(operation: operation, fault: fault) }

    /// A handle of the library, or why there is none.
    func handle(
        _ id: hid_t, _ operation: @autoclosure () -> String, closing close: @escaping @Sendable (hid_t) -> herr_t
    ) throws(HDF5Failure) -> HDF5Handle {
        guard id >= 0 else { throw failure(operation()) }
        return try HDF5Handle(id, closing: close)
    }

    /// Throws where the system refused a write, though the library may not know of it.
    public func requireWritten(_ path: @autoclosure () -> String) throws(HDF5Failure) {
        guard fault == 0 else { throw failure("write \(path())") }
    }

    /// Remembers what stands at `path` from now on, to look for it when the file was closed.
    func expect(_ path: String, _ isHeld: @escaping WrittenThings.Check) {
        if disk != nil { written.add(path, isHeld) }
    }

    /// Objects of the file that somebody holds; it is closed only when there are none.
    var openObjectCount: Int {
        Int(H5Fget_obj_count(file.id, lathe_h5_object_kinds()))
    }

    /// Gives all that was written to the system.
    public func flush() throws(HDF5Failure) {
        guard H5Fflush(file.id, H5F_SCOPE_GLOBAL) >= 0, fault == 0 else { throw failure("flush the file") }
    }

    /// Closes the file that `opened` holds, which lies at `path`, and looks there for all that was written into it. Nobody else may
    /// hold it, or a list of it, any more.
    public static func close(_ opened: inout HDF5File?, at path: String) throws(HDF5Failure) {
        guard let written = opened?.written else { preconditionFailure("the file is closed") }
        precondition(opened?.openObjectCount == 0, "a list is not finished")
        try opened?.flush()
        opened = nil
        try written.requireAll(in: HDF5File(opening: path))
    }

    /// The bytes of the file as it would lie on disk.
    public func image() throws(HDF5Failure) -> [UInt8] {
        try flush()
        let count = H5Fget_file_image(file.id, nil, 0)
        guard count > 0 else { throw HDF5Failure(operation: "measure the file") }
        var bytes = [UInt8](repeating: 0, count: count)
        guard H5Fget_file_image(file.id, &bytes, count) == count else { throw HDF5Failure(operation: "copy the file") }
        return bytes
    }

    private static func accessInMemory() throws(HDF5Failure) -> HDF5Handle {
        let access = try HDF5Handle(H5Pcreate(lathe_h5_file_access_class()), "set file access", closing: H5Pclose)
        guard H5Pset_fapl_core(access.id, 1 << 20, false) >= 0 else { throw HDF5Failure(operation: "choose memory") }
        return access
    }
}
