// A byte that changed anywhere in what Lathe wrote is named, wherever it lies.

import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@Suite struct ManifestCheckTests {
    private func folder(in parent: URL, _ name: String = "out") throws -> URL {
        let place = parent.appendingPathComponent(name)
        let folder = try AtomicFolder(place, .model)
        for (name, text) in ["config.json": "{}", "model.safetensors": "weights", "deep/tokenizer.json": "[1]"] {
            let file = folder.staging.appendingPathComponent(name)
            try Folder.make(file.deletingLastPathComponent())
            try AtomicFile.write(Array(text.utf8), to: file)
        }
        try folder.commit()
        return place
    }

    private func check(_ place: URL) throws -> ManifestCheck {
        try #require(try ManifestCheck(Manifest.place(inFolder: place)))
    }

    @Test func everyFlippedByteIsNamed() throws {
        try withTemporaryDirectory { parent in
            let place = try folder(in: parent)
            #expect(try check(place).differences.isEmpty && check(place).fileCount == 4)
            for path in ["config.json", "model.safetensors", "deep/tokenizer.json", Manifest.fileName] {
                let file = place.appendingPathComponent(path)
                let whole = try Data(contentsOf: file)
                for index in whole.indices {
                    for flip in [1, 0x20, 0xFF] as [UInt8] {
                        var broken = whole
                        broken[index] ^= flip
                        try broken.write(to: file)
                        let found = try check(place).differences
                        #expect(found.contains { $0.path == path && $0.fault == .changed }, "\(path) \(index) \(flip)")
                    }
                }
                try whole.write(to: file)
            }
            #expect(try check(place).differences.isEmpty)
        }
    }

    @Test func whatIsMissingCutOrAddedIsNamed() throws {
        try withTemporaryDirectory { parent in
            let place = try folder(in: parent)
            try Data("wei".utf8).write(to: place.appendingPathComponent("model.safetensors"))
            unlink(place.appendingPathComponent("config.json").path)
            symlink("model.safetensors", place.appendingPathComponent("config.json").path)
            unlink(place.appendingPathComponent("deep/tokenizer.json").path)
            try Data("mine".utf8).write(to: place.appendingPathComponent("deep/notes"))
            mkdir(place.appendingPathComponent("empty").path, 0o777)
            let found = try check(place).differences
            #expect(
                found.map { "\($0.fault.rawValue) \($0.path)" } == [
                    "changed config.json", "missing deep/tokenizer.json", "changed model.safetensors",
                    "extra deep/notes", "extra empty/",
                ])
            #expect(found[1].listedBytes == 3 && found[1].foundBytes == nil)
            #expect(found[2].listedBytes == 7 && found[2].foundBytes == 3)
            #expect(found[3].listedBytes == nil && found[3].foundBytes == 4)
        }
    }

    /// A list that says less is no list that says nothing.
    @Test func aCutOrForeignManifestIsADifference() throws {
        try withTemporaryDirectory { parent in
            let place = try folder(in: parent), manifest = Manifest.place(inFolder: place)
            let whole = try Data(contentsOf: manifest)
            for text in [Data(), whole.dropLast(), whole + Data("\n".utf8), Data("{\"name\": \"mine\"}".utf8)] {
                try text.write(to: manifest)
                #expect(try check(place).differences.map(\.path).contains(Manifest.fileName))
            }
            unlink(manifest.path)
            #expect(try ManifestCheck(manifest) == nil)
        }
    }

    @Test func aSingleFileIsHeldAgainstTheListBesideIt() throws {
        try withTemporaryDirectory { parent in
            let file = parent.appendingPathComponent("m.gguf")
            try Data("mine".utf8).write(to: parent.appendingPathComponent("notes"))
            let files = OwnedFiles(besideFile: file, .model)
            try files.write(Array("GGUF".utf8), to: "m.gguf")
            try files.write(Array("FROM ./m.gguf\n".utf8), to: "Modelfile")
            let manifest = Manifest.place(besideFile: file)
            #expect(try ManifestCheck(manifest)?.differences == [])
            try Data("FROM ./n.gguf\n".utf8).write(to: parent.appendingPathComponent("Modelfile"))
            #expect(try ManifestCheck(manifest)?.differences.map(\.path) == ["Modelfile"])
            // One that a person changed goes neither alone nor with the rest.
            try Ownership.removeIfOwn(file)
            #expect(try Folder.names(in: parent) == ["Modelfile", "m.gguf", "m.gguf.manifest.json", "notes"])
            try Data("FROM ./m.gguf\n".utf8).write(to: parent.appendingPathComponent("Modelfile"))
            try Ownership.removeIfOwn(file)
            #expect(try Folder.names(in: parent) == ["notes"])
        }
    }

    @Test(arguments: ["../mine", "/mine", "a//b", "./a", "a/.."]) func noListReachesBeyondItsFolder(path: String) throws
    {
        try withTemporaryDirectory { parent in
            let folder = parent.appendingPathComponent("out")
            try Folder.make(folder)
            try Data("mine".utf8).write(to: parent.appendingPathComponent("mine"))
            let digest = try FileDigest.sha256(parent.appendingPathComponent("mine").path).digest
            let manifest = Manifest.place(besideFile: folder.appendingPathComponent("m.h5"))
            let list = Manifest(.model, entries: [.init(path: path, bytes: 4, sha256: digest)])
            try Data(list.text.utf8).write(to: manifest)
            #expect(try Manifest(at: manifest) == nil)
            try Ownership.removeIfOwn(folder.appendingPathComponent("m.h5"))
            #expect(try Folder.names(in: parent) == ["mine", "out"])
        }
    }

    /// Folders that an earlier version wrote stay Lathe's, under the name that their list has.
    @Test func aFolderWithAnEarlierListIsKnown() throws {
        try withTemporaryDirectory { parent in
            let place = try folder(in: parent)
            let earlier = place.appendingPathComponent("lathe.manifest.json")
            let lines = try String(contentsOf: Manifest.place(inFolder: place), encoding: .utf8)
                .split(separator: "\n").filter { !$0.hasPrefix("  \"sha256\"") }
            let text = lines.joined(separator: "\n").replacing("  ],\n}", with: "  ]\n}") + "\n"
            try FileManager.default.removeItem(at: Manifest.place(inFolder: place))
            try Data(text.utf8).write(to: earlier)
            #expect(try check(place).differences.isEmpty)
            _ = try folder(in: parent)
            #expect(!FileManager.default.fileExists(atPath: earlier.path))
            #expect(try check(place).differences.isEmpty)
        }
    }

    /// What was hashed as it was written is not read again, and a file that was changed since is.
    @Test func aDigestMadeWhileWritingIsThatOfTheFile() throws {
        try withTemporaryDirectory { parent in
            let url = parent.appendingPathComponent("big")
            let file = try AtomicFile(url, isHashed: true)
            for part in 0..<5 { try file.write([UInt8](repeating: UInt8(part), count: 1000)) }
            try file.commit()
            let (digest, bytes) = try FileDigest.sha256(url.path)
            #expect(bytes == 5000)
            let copy = parent.appendingPathComponent("copy")
            try Data(contentsOf: url).write(to: copy)
            #expect(try FileDigest.sha256(copy.path).digest == digest)
            var changed = try Data(contentsOf: url)
            changed[7] ^= 1
            let handle = try FileHandle(forWritingTo: url)
            try handle.write(contentsOf: changed)
            try handle.close()
            #expect(try FileDigest.sha256(url.path).digest != digest)
        }
    }
}
