// Folders and whole files: what the system refuses is told with its reason.

import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@Suite struct FolderTests {
    @Test func foldersAreMadeWithThoseAboveThem() throws {
        try withTemporaryDirectory { folder in
            let deep = folder.appendingPathComponent("a/b/c")
            try Folder.make(deep)
            try Folder.make(deep)
            #expect(try Folder.names(in: deep) == [])
        }
    }

    @Test func whatIsInTheWayIsSaid() throws {
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("file")
            try Data("x".utf8).write(to: file)
            for place in [file, file.appendingPathComponent("below/it")] {
                let error = #expect(throws: SystemError.self) { try Folder.make(place) }
                #expect(error?.code == ENOTDIR && error?.kind == .inputOutput)
            }
            let link = folder.appendingPathComponent("link")
            symlink("nowhere", link.path)
            let error = #expect(throws: SystemError.self) { try Folder.make(link) }
            #expect(error?.description.contains("link") == true)
            let long = folder.appendingPathComponent(String(repeating: "x", count: 300))
            #expect(#expect(throws: SystemError.self) { try Folder.make(long) }?.code == ENAMETOOLONG)
        }
    }

    @Test func wholeFilesAreReadOrTheReasonIsSaid() throws {
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("file")
            let bytes = [UInt8](repeating: 7, count: 200_001)
            try AtomicFile.write(bytes, to: file)
            #expect(try WholeFile.bytes(file.path) == bytes)
            let absent = folder.appendingPathComponent("absent")
            #expect(try WholeFile.bytes(ifThere: absent) == nil)
            let device = URL(fileURLWithPath: "/dev/null")
            #expect(#expect(throws: SystemError.self) { try WholeFile.bytes(ifThere: device) }?.code == EINVAL)
            #expect(#expect(throws: SystemError.self) { try WholeFile.bytes(absent.path) }?.kind == .missingInput)
            #expect(#expect(throws: SystemError.self) { try WholeFile.bytes(folder.path) }?.kind == .badInput)
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsAnErrorWithItsReason() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("absent/x")
            let error = #expect(throws: SystemError.self) { try AtomicFile.write([1], to: place) }
            #expect(error?.code == ENOENT && error?.kind == .inputOutput && error?.path == place.path)
        }
    }

    @Test func filesOnlyGrow() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("log")
            for text in ["a", "b"] { try AppendedFile(url).append(Array(text.utf8)) }
            #expect(try WholeFile.bytes(url.path) == Array("ab".utf8))
        }
    }
}
