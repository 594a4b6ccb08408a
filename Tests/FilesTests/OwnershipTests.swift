// Nothing that Lathe did not write is ever removed or changed: every way in which a place can be taken.

import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@Suite struct OwnershipTests {
    private func fill(_ url: URL, _ files: [String: String], _ content: Manifest.Content = .model) throws {
        let folder = try AtomicFolder(url, content)
        for (name, text) in files {
            try Folder.make(folder.staging.appendingPathComponent(name).deletingLastPathComponent())
            try AtomicFile.write(Array(text.utf8), to: folder.staging.appendingPathComponent(name))
        }
        try folder.commit()
    }

    private func write(_ text: String, _ url: URL) throws {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// Everything below `folder`: paths, texts of files and aims of links.
    private func all(_ folder: URL) throws -> [String: String] {
        let files = FileManager.default
        var result: [String: String] = [:]
        for path in try files.subpathsOfDirectory(atPath: folder.path) {
            let url = folder.appendingPathComponent(path)
            result[path] =
                (try? files.destinationOfSymbolicLink(atPath: url.path))
                ?? (try? String(contentsOf: url, encoding: .utf8)) ?? "folder"
        }
        return result
    }

    @Test func aFolderThatLatheWroteIsReplacedWhole() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("out")
            try fill(place, ["a": "1", "deep/b": "2"])
            try fill(place, ["c": "3"])
            #expect(try all(place).keys.sorted() == ["c", Manifest.fileName])
            #expect(try Folder.names(in: folder) == ["out"])
            let manifest = try #require(try Manifest(at: place.appendingPathComponent(Manifest.fileName)))
            #expect(manifest.entries == [try Manifest.Entry("c", in: place)])
        }
    }

    /// Killed between a folder's first name and its mark.
    @Test func aHomeWithAFolderThatWasNeverMarkedIsLathes() throws {
        try withTemporaryDirectory { folder in
            let home = folder.appendingPathComponent("home")
            let unmarked = home.appendingPathComponent(".rows-99999999-abcdef")
            let mark = unmarked.appendingPathComponent("..lathe-is-writing.lathe-99999999-1.partial")
            try write("99999999", mark)
            try Ownership.requireHome(home, .run)
            try fill(home.appendingPathComponent("rows"), ["a": "1"], .rows)
            #expect(try Folder.names(in: home) == ["rows"])
            try write("mine", unmarked.appendingPathComponent("notes.txt"))
            #expect(throws: PlaceError.self) { try Ownership.requireHome(home, .run) }
        }
    }

    /// What a person may have done to a place, and which file the error names.
    static let obstacles: [(String, @Sendable (URL) throws -> Void)] = [
        ("notes.txt", { try Data("mine".utf8).write(to: $0.appendingPathComponent("notes.txt")) }),
        (".hidden", { try Data("mine".utf8).write(to: $0.appendingPathComponent(".hidden")) }),
        ("a", { try Data("mine".utf8).write(to: $0.appendingPathComponent("a")) }),
        ("deep/mine", { try Data("mine".utf8).write(to: $0.appendingPathComponent("deep/mine")) }),
        ("empty", { mkdir($0.appendingPathComponent("empty").path, 0o777) }),
        ("link", { symlink("/etc", $0.appendingPathComponent("link").path) }),
        (
            "a",
            {
                unlink($0.appendingPathComponent("a").path)
                symlink("deep/b", $0.appendingPathComponent("a").path)
            }
        ),
        ("x.partial", { try Data("mine".utf8).write(to: $0.appendingPathComponent("x.partial")) }),
        ("a", { unlink($0.appendingPathComponent(Manifest.fileName).path) }),
        ("a", { try Data("{}".utf8).write(to: $0.appendingPathComponent(Manifest.fileName)) }),
    ]

    @Test(arguments: obstacles.indices)
    func whatAPersonPutThereStaysAndIsNamed(index: Int) throws {
        let (name, change) = Self.obstacles[index]
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("out")
            try fill(place, ["a": "1", "deep/b": "2"])
            // In time, and at the last moment.
            let late = try AtomicFolder(place, .model)
            try AtomicFile.write([1], to: late.staging.appendingPathComponent("new"))
            try change(place)
            let before = try all(place)
            for attempt in [{ try fill(place, ["c": "3"]) }, { try late.commit() }] {
                let error = #expect(throws: PlaceError.self) { try attempt() }
                #expect(error?.inTheWay == place.appendingPathComponent(name).path, "\(name)")
                #expect(error?.kind == .inputOutput)
                #expect(try all(place) == before)
            }
            #expect(throws: PlaceError.self) { try Ownership.removeFolder(place, .model) }
            #expect(try all(place) == before)
            #expect(try Folder.names(in: folder) == ["out"])
        }
    }

    @Test func placesOfAnotherFormAreRefused() throws {
        try withTemporaryDirectory { folder in
            let other = folder.appendingPathComponent("other")
            try fill(other, ["a": "1"])
            let file = folder.appendingPathComponent("file")
            try write("mine", file)
            for (name, aim) in [("link", "other"), ("dangling", "nowhere"), ("tofile", "file")] {
                symlink(aim, folder.appendingPathComponent(name).path)
            }
            let before = try all(folder)
            for name in ["link", "dangling", "tofile", "file"] {
                let error = #expect(throws: PlaceError.self) {
                    try fill(folder.appendingPathComponent(name), ["a": "2"])
                }
                #expect(error?.description.contains(name) == true)
            }
            #expect(throws: PlaceError.self) { try fill(other, ["a": "2"], .adapter) }
            #expect(throws: SystemError.self) { try fill(file.appendingPathComponent("below"), ["a": "2"]) }
            #expect(try all(folder) == before)
        }
    }

    @Test func leftoversOfLatheGoAndThoseOfAPersonStay() throws {
        try withTemporaryDirectory { folder in
            let mine = [".out-abcdef.partial", ".out-photos.partial.old", ".out-x.partial"]
            for name in mine { try write("mine", folder.appendingPathComponent(name + "/photo.jpg")) }
            try write("mine", folder.appendingPathComponent(".out.4711-3.partial"))
            // As a killed process leaves them: marked, or whole and listed.
            try write("1\n", folder.appendingPathComponent(".out-ABCDEF.partial/.lathe-is-writing"))
            try write("half", folder.appendingPathComponent(".out-ABCDEF.partial/model.safetensors"))
            try fill(folder.appendingPathComponent(".out-GHIJKL.partial"), ["a": "1"])
            // Killed before the folder had its last name: no process has so high a number.
            try Folder.make(folder.appendingPathComponent(".out-99999999-abcdef"))
            try write("1\n", folder.appendingPathComponent(".out-99999999-ABCDEF/.lathe-is-writing"))
            try fill(folder.appendingPathComponent("out"), ["a": "2"])
            #expect(try Folder.names(in: folder) == (mine + [".out.4711-3.partial", "out"]).sorted())
        }
    }

    @Test func filesAreCreatedNeverReplacedUnlessKnown() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("report.json")
            try write("mine", url)
            #expect(#expect(throws: SystemError.self) { try AtomicFile.write([1], to: url) }?.code == EEXIST)
            let owned = OwnedFiles(folder, .run)
            #expect(#expect(throws: PlaceError.self) { try owned.write([1], to: "report.json") }?.reason == .notOurs)
            #expect(throws: PlaceError.self) { try owned.remove("report.json") }
            #expect(try String(contentsOf: url, encoding: .utf8) == "mine")
            unlink(url.path)
            // At the last moment.
            let late = try AtomicFile(url)
            try late.write([1])
            try write("mine", url)
            #expect(#expect(throws: SystemError.self) { try late.commit() }?.code == EEXIST)
            #expect(try String(contentsOf: url, encoding: .utf8) == "mine")
            unlink(url.path)
            for text in ["1", "2"] { try owned.write(Array(text.utf8), to: "report.json") }
            #expect(try String(contentsOf: url, encoding: .utf8) == "2")
            try write("mine", url)
            #expect(#expect(throws: PlaceError.self) { try owned.write([1], to: "report.json") }?.reason == .changed)
            #expect(try all(folder).keys.sorted() == [Manifest.fileName, "report.json"])
        }
    }

    @Test func logsMayGrow() throws {
        try withTemporaryDirectory { folder in
            let owned = OwnedFiles(folder, .run)
            try owned.write(Array("first\n".utf8), to: "log", grows: true)
            try AppendedFile(folder.appendingPathComponent("log")).append(Array("more\n".utf8))
            try owned.require("log")
            try write("mine", folder.appendingPathComponent("log"))
            #expect(#expect(throws: PlaceError.self) { try owned.remove("log") }?.reason == .changed)
        }
    }

    @Test func aSingleFileHasItsManifestBesideIt() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("model.h5")
            for text in ["1", "2"] {
                let temporary = TemporaryName.beside(url)
                try write(text, temporary)
                try OwnedFiles(besideFile: url, .model).put(temporary, as: "model.h5")
            }
            #expect(try Folder.names(in: folder) == ["model.h5", "model.h5.manifest.json"])
            try Ownership.requireFile(url, .model)
            try write("mine", url)
            #expect(#expect(throws: PlaceError.self) { try Ownership.requireFile(url, .model) }?.reason == .changed)
            unlink(Manifest.place(besideFile: url).path)
            #expect(#expect(throws: PlaceError.self) { try Ownership.requireFile(url, .model) }?.reason == .notOurs)
            unlink(url.path)
            try write("mine", Manifest.place(besideFile: url))
            #expect(throws: PlaceError.self) { try Ownership.requireFile(url, .model) }
        }
    }

    @Test func pathsAreComparedByWhereTheyLead() throws {
        try withTemporaryDirectory { folder in
            try fill(folder.appendingPathComponent("real/model"), ["a": "1"])
            symlink("real", folder.appendingPathComponent("link").path)
            let model = RealPath(folder.appendingPathComponent("real/model"))
            for path in ["link/model", "real/../link/model/", "real/x/../model"] {
                #expect(RealPath(URL(fileURLWithPath: folder.path + "/" + path)).isSame(as: model), "\(path)")
            }
            let below = RealPath(URL(fileURLWithPath: folder.path + "/link/model/new/deep"))
            #expect(below.isInside(model) && !model.isInside(below) && model.isInside(RealPath(folder)))
            #expect(!RealPath(folder.appendingPathComponent("real/model2")).isInside(model))
            link(folder.appendingPathComponent("real/model/a").path, folder.appendingPathComponent("hard").path)
            #expect(
                RealPath(folder.appendingPathComponent("hard"))
                    .isSame(as: RealPath(folder.appendingPathComponent("real/model/a"))))
            #expect(model.isInside(RealPath(URL(fileURLWithPath: "/"))))
        }
    }
}
