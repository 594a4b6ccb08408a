import Files
import Foundation
import HDF5Files
import TestSupport
import Testing

private let seal = FileSeal("LATHE TEST", version: "1")

/// A sealed file of a growing list, a text and attributes.
private func writeFile(_ url: URL, count: Int, batch: Int = 1000) throws {
    let writer = try SealedHDF5Writer(url, seal: seal)
    try writer.file.makeGroup("/group")
    do {
        let ids = try HDF5ListWriter<Int32>("/group/ids", in: writer.file)
        let marks = try HDF5ListWriter<UInt8>("/group/marks", in: writer.file)
        for start in stride(from: 0, to: count, by: batch) {
            try ids.append((start..<min(start + batch, count)).map { Int32($0 * 3 - 7) })
            for index in start..<min(start + batch, count) { try marks.append(UInt8(index & 1)) }
        }
        #expect(ids.count == count)
        try ids.finish()
        try marks.finish()
    }
    try writer.file.write("naïve\n文字", to: "/text")
    try writer.file.write([Int64.max, -1], to: "/few")
    try writer.file.setAttribute("count", of: "/group", count)
    try writer.file.setAttribute("share", of: "/group", 0.25)
    try writer.file.setAttribute("name", of: "/", "prepared")
    try writer.commit()
}

@Suite struct HDF5FileTests {
    @Test(arguments: [0, 1, 16_384, 65_536, 200_001]) func whatIsAppendedIsRead(count: Int) throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            try writeFile(url, count: count)
            try seal.check(path: url.path)
            let file = try HDF5File(opening: url.path)
            let ids = try HDF5ListReader<Int32>("/group/ids", in: file)
            #expect(ids.count == count)
            #expect(try ids.readAll() == (0..<count).map { Int32($0 * 3 - 7) })
            if count > 70_000 {
                #expect(try ids.read(65_530..<65_540) == (65_530..<65_540).map { Int32($0 * 3 - 7) })
            }
            #expect(try ids.read(0..<0).isEmpty)
            #expect(try HDF5ListReader<UInt8>("/group/marks", in: file).readAll() == (0..<count).map { UInt8($0 & 1) })
            #expect(try file.text("/text") == "naïve\n文字")
            #expect(try file.list("/few", of: Int64.self) == [Int64.max, -1])
            #expect(try file.list("/absent", of: Int64.self).isEmpty)
            #expect(try file.integer("count", of: "/group") == count)
            #expect(try file.double("share", of: "/group") == 0.25)
            #expect(try file.text("name", of: "/") == "prepared")
            #expect(throws: HDF5Failure.self) { try file.text("/group/ids") }
            #expect(throws: HDF5Failure.self) { try HDF5ListReader<Int32>("/absent", in: file) }
        }
    }

    /// Equal contents are equal bytes, however the appends were cut.
    @Test func equalContentsAreEqualBytes() throws {
        try withTemporaryDirectory { folder in
            let urls = [1000, 77, 150_000].map { folder.appendingPathComponent("\($0).h5") }
            for (url, batch) in zip(urls, [1000, 77, 150_000]) { try writeFile(url, count: 150_000, batch: batch) }
            let bytes = try urls.map { try Data(contentsOf: $0) }
            #expect(bytes[0] == bytes[1])
            #expect(bytes[0] == bytes[2])
        }
    }

    /// Silent failure: a cut or changed file that a reader takes.
    @Test func everyChangedByteIsSeen() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            try writeFile(url, count: 3000)
            let whole = try Data(contentsOf: url)
            func expectFault(_ bytes: Data, _ what: String) throws {
                try bytes.write(to: url)
                #expect(throws: SealFault.self, "\(what)") { try seal.check(path: url.path) }
                #expect(throws: SealFault.self, "\(what)") { try seal.check([UInt8](bytes)) }
            }
            for place in stride(from: 0, to: whole.count, by: 97) {
                var changed = whole
                changed[place] ^= 0x10
                try expectFault(changed, "byte \(place)")
            }
            for count in [0, 1, 100, 511, 512, 513, whole.count / 2, whole.count - 1] {
                try expectFault(whole.prefix(count), "cut to \(count)")
            }
            try expectFault(whole + Data([0]), "one byte more")
            try whole.write(to: url)
            try seal.check(path: url.path)
            #expect(throws: SealFault.otherVersion("LATHE TEST 1")) {
                try FileSeal("LATHE TEST", version: "2").check(path: url.path)
            }
            #expect(throws: SealFault.foreign) { try FileSeal("LATHE CHECKPOINT", version: "1").check(path: url.path) }
            #expect(throws: SealFault.self) { try seal.check(path: folder.appendingPathComponent("absent").path) }
        }
    }

    @Test func whatIsNotCommittedLeavesNothing() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            do {
                let writer = try SealedHDF5Writer(url, seal: seal)
                try writer.file.write("x", to: "/x")
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            // Left by processes that are gone, by one that is there, and by nobody of ours.
            for name in [
                ".a.h5.lathe-999999999-1.partial", ".a.h5.lathe-1-1.partial", ".a.h5.999999999-1.partial",
                ".b.999999999.partial", ".c.partial", "d.lathe-999999999-1.partial",
            ] {
                try Data().write(to: folder.appendingPathComponent(name))
            }
            TemporaryName.removeAbandoned(in: folder)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                    == [
                        ".a.h5.999999999-1.partial", ".a.h5.lathe-1-1.partial", ".b.999999999.partial", ".c.partial",
                        "d.lathe-999999999-1.partial",
                    ])
        }
    }
}
