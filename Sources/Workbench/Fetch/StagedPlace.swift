// Where a fetched model is put, and how it is known again.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary

/// The place of a model that is being fetched.
struct StagedPlace {
    private let place: URL
    private let isFolder: Bool
    /// In the folder, or beside the file: where it came from.
    private static let noteName = "fetched.json"

    /// - Throws: `PlaceError` where something that is not Lathe's stands there.
    init(_ place: URL, isFolder: Bool) throws {
        self.place = place
        self.isFolder = isFolder
        if isFolder {
            try Ownership.requireFolder(place, .model)
        } else {
            try Ownership.requireFile(place, .model)
        }
    }

    /// The files that are there, where they are those of `plan`: of the same state of the same source, and unchanged since.
    func known(_ plan: FetchPlan) throws -> [FetchReport.File]? {
        guard try FileForm(at: place) != nil else { return nil }
        let list = isFolder ? Manifest.place(inFolder: place) : Manifest.place(besideFile: place)
        guard let manifest = try Manifest(at: list) else { return nil }
        let files = manifest.entries.filter { $0.path != Self.noteName }
        if isFolder {
            guard plan.revision != nil,
                let note = try WholeFile.bytes(ifThere: place.appendingPathComponent(Self.noteName)),
                String(decoding: note, as: UTF8.self) == plan.note
            else { return nil }
        } else {
            guard let sha256 = plan.files[0].sha256, files.map(\.sha256) == [sha256] else { return nil }
        }
        return files.map { FetchReport.File(path: $0.path, bytes: $0.bytes, sha256: $0.sha256) }
    }

    /// Puts what was gathered in its place, whole. Until then it waits in `parts` all the same: what fails here is done again by the
    /// next call, and nothing is fetched for it twice.
    func take(_ files: [String], of parts: PartialFolder, _ plan: FetchPlan) throws -> [FetchReport.File] {
        let found = try files.map { path in
            let (sha256, bytes) = try FileDigest.sha256(try parts.file(path).path)
            return FetchReport.File(path: path, bytes: bytes, sha256: sha256)
        }
        if isFolder {
            let folder = try AtomicFolder(place, .model)
            try AtomicFile.write(Array(plan.note.utf8), to: folder.staging.appendingPathComponent(Self.noteName))
            for path in files {
                let target = folder.staging.appendingPathComponent(path)
                try Folder.make(target.deletingLastPathComponent())
                try parts.give(path, to: target)
            }
            try folder.commit()
        } else {
            let owned = OwnedFiles(besideFile: place, .model)
            try owned.removeAbandoned(place.lastPathComponent)
            let passing = TemporaryName.beside(place)
            try parts.give(files[0], to: passing)
            try owned.put(passing, as: place.lastPathComponent)
        }
        return found
    }
}

extension FetchPlan {
    /// What decides which bytes come, in one line.
    var subject: String {
        ([source, key, revision ?? ""] + files.map { "\($0.path) \($0.sha256 ?? "")" }).joined(separator: "\t")
    }

    /// What is kept of where the model came from.
    var note: String {
        let note: JSONValue = ["source": .string(source), "revision": revision.map { .string($0) } ?? .null]
        return note.text(.pretty) + "\n"
    }
}
