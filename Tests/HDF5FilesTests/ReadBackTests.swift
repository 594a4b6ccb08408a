import Foundation
import HDF5Files
import TestSupport
import Testing

@Suite struct ReadBackTests {
    private static let seal = FileSeal("LATHE TEST", version: "1")

    /// A file that something else writes into while it is made: what reached the disk is not what was appended.
    ///
    /// Silent failure: the seal covers whatever lies on the disk, zeros included.
    @Test func whatDidNotReachTheDiskIsNotSealed() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            let writer = try SealedHDF5Writer(url, seal: Self.seal)
            let list = try HDF5ListWriter<UInt8>("/ids", in: writer.file)
            // Two whole batches, which lie in the file before it is closed.
            for _ in 0..<2 { try list.append([UInt8](repeating: 7, count: 1 << 16)) }
            try list.finish()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let name = try #require(names.first { $0.hasSuffix(".partial") })
            let temporary = folder.appendingPathComponent(name)
            let bytes = try Data(contentsOf: temporary)
            let place = try #require(bytes.range(of: Data(repeating: 7, count: 4096)))
            let handle = try FileHandle(forWritingTo: temporary)
            try handle.seek(toOffset: UInt64(place.lowerBound))
            try handle.write(contentsOf: Data(repeating: 0, count: 4096))
            try handle.close()
            #expect(throws: SealedWriteError.self) { try writer.commit() }
            #expect(!FileManager.default.fileExists(atPath: url.path))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    /// A disk that takes nothing: `/dev/full` takes every opening and refuses every write.
    @Test func aRefusedWriteIsNamed() throws {
        do {
            let full = try HDF5File(creating: "/dev/full")
            try full.write("text", to: "/text")
            try full.flush()
            Issue.record("a full disk took a file")
        } catch { #expect(error.fault == ENOSPC, "\(error)") }
        do {
            _ = try HDF5File(creating: "/no/such/folder/a.h5")
            Issue.record("a file was made nowhere")
        } catch { #expect(error.fault == ENOENT, "\(error)") }
    }
}
