// Files that take their places with what goes with them: whatever comes between, nothing is lost and nothing is listed that is not there.

import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@Suite struct FileChangeTests {
    private func write(_ text: String, _ url: URL) throws { try Data(text.utf8).write(to: url) }
    private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

    private func put(
        _ text: String, _ url: URL, with companions: [CompanionFile] = []
    ) throws {
        let temporary = TemporaryName.beside(url)
        try write(text, temporary)
        try OwnedFiles(besideFile: url, .model).put(temporary, as: url.lastPathComponent, with: companions)
    }

    private func note(_ text: String?, _ names: String...) -> CompanionFile {
        guard let text else { return CompanionFile(names: names, bytes: nil) }
        return CompanionFile(names: names) { Array("\(text) in \($0)".utf8) }
    }

    private func listed(_ url: URL) throws -> [String] {
        try Manifest(at: Manifest.place(besideFile: url))?.names ?? []
    }

    @Test func companionsComeAndGoWithTheirFile() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("m"), list = "m.manifest.json"
            try put("1", url, with: [note("how", "how", "m.how")])
            #expect(try Folder.names(in: folder) == ["how", "m", list])
            // The usual name is taken by another file's: the other name.
            let other = folder.appendingPathComponent("n")
            try put("1", other, with: [note("how", "how", "n.how")])
            #expect(try text(folder.appendingPathComponent("n.how")) == "how in n.how")
            #expect(try listed(url) == ["how", "m"])
            #expect(try listed(other) == ["n", "n.how"])
            // There is none any more.
            try put("2", other, with: [note(nil, "how", "n.how")])
            #expect(try Folder.names(in: folder) == ["how", "m", list, "n", "n.manifest.json"])
            // A person's changes stay, and are the person's.
            try write("mine", folder.appendingPathComponent("how"))
            #expect(try OwnedFiles(besideFile: url, .model).isChanged("how"))
            try put("2", url, with: [note("new", "how", "m.how")])
            #expect(try text(folder.appendingPathComponent("how")) == "mine")
            #expect(try listed(url) == ["m", "m.how"])
            let check = try #require(try ManifestCheck(Manifest.place(besideFile: url)))
            #expect(check.differences.isEmpty)
        }
    }

    /// The place is looked at, which takes a while for a large file, and then the file is put there.
    @Test func whatAPersonWritesMeanwhileIsNotLost() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("m"), files = OwnedFiles(besideFile: url, .model)
            func change() throws -> FileChange {
                let temporary = TemporaryName.beside(url)
                try write("new", temporary)
                var entry = try Manifest.Entry(temporary.lastPathComponent, in: folder)
                entry.path = "m"
                return try FileChange(files, putting: temporary, as: entry, with: [note("how", "how")])
            }
            let first = try change()
            try write("mine", url)
            #expect(#expect(throws: PlaceError.self) { try first.make() }?.reason == .notOurs)
            #expect(try text(url) == "mine")
            #expect(try Folder.names(in: folder) == ["m"])
            unlink(url.path)
            try change().make()
            let second = try change()
            try write("mine", url)
            #expect(#expect(throws: PlaceError.self) { try second.make() }?.reason == .changed)
            #expect(try text(url) == "mine")
        }
    }

    /// Where not even the list can be written, what waited to take its place goes.
    @Test func aChangeThatCannotBeListedLeavesNothing() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("m"), list = Manifest.place(besideFile: url)
            try put("old", url, with: [note("old", "how")])
            let temporary = TemporaryName.beside(url)
            try write("new", temporary)
            var entry = try Manifest.Entry(temporary.lastPathComponent, in: folder)
            entry.path = "m"
            let change = try FileChange(
                OwnedFiles(besideFile: url, .model), putting: temporary, as: entry, with: [note("new", "how")])
            unlink(list.path)
            try Folder.make(list.appendingPathComponent("in the way"))
            #expect(throws: SystemError.self) { try change.make() }
            #expect(try Folder.names(in: folder) == ["how", "m", "m.manifest.json"])
            #expect(try text(url) == "old")
        }
    }

    /// Killed after the file took its place and before its list did: the list that was ready tells whose it is.
    @Test func whatAKilledProcessHadPutInPlaceIsKnown() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("m"), gone = 4_194_303
            func leave(_ text: String, list bytes: [UInt8]) throws {
                try write(text, url)
                try Data(bytes).write(to: folder.appendingPathComponent(".m.manifest.json.lathe-\(gone)-1.partial"))
            }
            try put("half", url)
            let list = Manifest.place(besideFile: url), ready = try WholeFile.bytes(list.path)
            unlink(list.path)
            try leave("half", list: ready)
            let files = OwnedFiles(besideFile: url, .model)
            try files.require("m")
            try files.removeAbandoned("m")
            #expect(try Folder.names(in: folder) == ["m", "m.manifest.json"])
            #expect(try WholeFile.bytes(list.path) == ready)
            try put("whole", url)
            #expect(try text(url) == "whole")
            // What is not what that process wrote is somebody else's, and a list that is not whole is none.
            unlink(list.path)
            try leave("mine", list: ready)
            #expect(#expect(throws: PlaceError.self) { try put("2", url) }?.reason == .notOurs)
            try leave("half", list: ready.dropLast(2))
            #expect(#expect(throws: PlaceError.self) { try put("2", url) }?.reason == .notOurs)
        }
    }

    /// The same of a folder's files, whoever tidies up there first; a list that is not whole goes.
    @Test func tidyingUpForgetsNothing() throws {
        try withTemporaryDirectory { folder in
            let files = OwnedFiles(folder, .run), list = Manifest.place(inFolder: folder)
            func left(_ number: Int) -> URL {
                folder.appendingPathComponent(".manifest.json.lathe-4194303-\(number).partial")
            }
            try files.write(Array("one".utf8), to: "a")
            let before = try WholeFile.bytes(list.path)
            try files.write(Array("two".utf8), to: "b")
            try FileManager.default.moveItem(at: list, to: left(1))
            try Data(before).write(to: list)
            try Data(before.dropLast(3)).write(to: left(2))
            try write("half", folder.appendingPathComponent(".b.lathe-4194303-3.partial"))
            TemporaryName.removeAbandoned(in: folder)
            try files.require("b")
            try Ownership.requireFolder(folder, .run)
            try files.removeAbandoned()
            try files.require("b")
            #expect(try Folder.names(in: folder) == ["a", "b", "manifest.json"])
            #expect(try Manifest(at: list)?.names == ["a", "b"])
        }
    }

    // MARK: One at a time

    @Test func aStepWaitsForAnotherProcess() throws {
        try withTemporaryDirectory { folder in
            let home = folder.appendingPathComponent("home"), sign = folder.appendingPathComponent("held")
            try Folder.make(home)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
            process.arguments = [home.path, "sh", "-c", "touch '\(sign.path)'; sleep 0.4"]
            try process.run()
            while try FileForm(at: sign) == nil { usleep(1000) }
            let error = #expect(throws: PlaceError.self) { try FolderLock(home, .work) }
            guard case .busy(let holder)? = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(holder == Int(process.processIdentifier))
            #expect(process.isRunning)
            try put("1", home.appendingPathComponent("m"))
            #expect(!process.isRunning)
            process.waitUntilExit()
        }
    }

    @Test func aProcessDoesNotWaitForItself() throws {
        try withTemporaryDirectory { folder in
            let work = try FolderLock(folder, .work)
            #expect(throws: PlaceError.self) { try FolderLock(folder, .work) }
            try put("1", folder.appendingPathComponent("m"))
            #expect(throws: PlaceError.self) { try FolderLock(folder, .work) }
            work.release()
            try FolderLock(folder, .work).release()
        }
    }
}
