// Lists whose chunks are deflated: the same numbers in fewer bytes, and the same bytes each time.

import Files
import Foundation
import HDF5Files
import TestSupport
import Testing

@Suite struct CompressedListTests {
    private static let seal = FileSeal("LATHE TEST", version: "1")
    private let numbers = (0..<100_000).map { Int32($0 % 1000) }

    private func write(_ url: URL, isCompressed: Bool) throws {
        let writer = try SealedHDF5Writer(url, seal: Self.seal)
        let list = try HDF5ListWriter<Int32>("/list", in: writer.file, isCompressed: isCompressed)
        try list.append(numbers)
        try list.finish()
        try writer.commit()
    }

    @Test func aCompressedListIsTheSameInFewerBytes() throws {
        try withTemporaryDirectory { folder in
            let (plain, packed) = (folder.appendingPathComponent("plain"), folder.appendingPathComponent("packed"))
            try write(plain, isCompressed: false)
            try write(packed, isCompressed: true)
            let bytes = try WholeFile.bytes(packed.path)
            #expect(bytes.count * 4 < (try WholeFile.bytes(plain.path).count))
            // More numbers than the file has bytes.
            #expect(bytes.count < numbers.count)
            let file = try HDF5File(opening: packed.path)
            let list = try HDF5ListReader<Int32>("/list", in: file)
            #expect(try list.readAll() == numbers)
            #expect(try list.read(16_380..<16_400) == Array(numbers[16_380..<16_400]))
            let again = folder.appendingPathComponent("again")
            try write(again, isCompressed: true)
            #expect(try WholeFile.bytes(again.path) == bytes)
        }
    }

    /// A finished file is whole and sealed before it is put anywhere; nothing of it stays where it is not.
    @Test func aFinishedFileIsHandedOver() throws {
        struct Refused: Error {}
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("x")
            let writer = try SealedHDF5Writer(url, seal: Self.seal)
            try writer.file.write([1, 2, 3] as [Int32], to: "/list")
            #expect(throws: Refused.self) {
                try writer.finish { finished in
                    #expect(finished.deletingLastPathComponent().path == folder.path && finished.path != url.path)
                    try Self.seal.check(path: finished.path)
                    throw Refused()
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }
}
