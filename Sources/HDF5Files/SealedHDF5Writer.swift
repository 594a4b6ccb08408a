// A large HDF5 file that appears whole or not at all: written under a temporary name beside its place, sealed, made durable, renamed.

internal import Files
public import Foundation
public import Vocabulary

/// Why a sealed file cannot be written.
public struct SealedWriteError: ClassifiedError {
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var kind: FailureKind { .inputOutput }
    public var namedFile: String? { path }
    public var description: String { "\(path): cannot be written: \(reason)" }
}

/// A sealed file being written. Until `commit` its place is untouched; without `commit` the temporary file is removed.
public final class SealedHDF5Writer {
    public let url: URL
    private let seal: FileSeal
    private let temporary: URL
    private var opened: HDF5File?

    /// - Parameter chunksInNode: as `HDF5File` has it.
    public init(_ url: URL, seal: FileSeal, chunksInNode: Int? = nil) throws(SealedWriteError) {
        self.url = url
        self.seal = seal
        temporary = TemporaryName.beside(url)
        do throws(HDF5Failure) {
            opened = try HDF5File(creating: temporary.path, userBlock: FileSeal.byteCount, chunksInNode: chunksInNode)
        } catch {
            unlink(temporary.path)
            throw SealedWriteError(path: url.path, reason: error.description)
        }
    }

    deinit { abandon() }

    /// The file to write into.
    public var file: HDF5File {
        guard let opened else { preconditionFailure("the file is closed") }
        return opened
    }

    /// Makes the bytes durable and puts the file in its place, once it is known to hold what was written into it. Nobody else may
    /// hold the file or a list of it any more.
    public func commit() throws(SealedWriteError) {
        defer { abandon() }
        try close()
        guard rename(temporary.path, url.path) == 0 else { throw refusal(errno) }
        do throws(SystemError) { try Folder.makeDurable(url.deletingLastPathComponent()) } catch {
            throw refusal(error.code)
        }
    }

    /// The same, but that `put` moves the file from its temporary name, beside its place, to where it belongs.
    public func finish(_ put: (_ finished: URL) throws -> Void) throws {
        defer { abandon() }
        try close()
        try put(temporary)
    }

    private func close() throws(SealedWriteError) {
        do throws(HDF5Failure) { try HDF5File.close(&opened, at: temporary.path) } catch {
            throw SealedWriteError(path: url.path, reason: error.description)
        }
        let descriptor = open(temporary.path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(errno) }
        defer { Foundation.close(descriptor) }
        do throws(SealFault) { try seal.write(to: descriptor, path: temporary.path) } catch {
            throw SealedWriteError(path: url.path, reason: "\(error)")
        }
        guard fsync(descriptor) == 0 else { throw refusal(errno) }
    }

    /// Closes and removes the temporary file.
    public func abandon() {
        opened = nil
        unlink(temporary.path)
    }

    private func refusal(_ code: Int32) -> SealedWriteError {
        SealedWriteError(path: url.path, reason: SystemError(code, writing: url.path).cause)
    }
}
