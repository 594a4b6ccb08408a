// What there is to check at a path: the manifests that cover it, checkpoints, and what a run has written elsewhere.

internal import Checkpoints
internal import Files
internal import Foundation
internal import Vocabulary

/// The lists of files that stand for what a person named.
struct VerifiedPlaces {
    /// In the order in which they are checked; each once.
    private(set) var manifests: [URL] = []
    /// Files that carry a digest of their own.
    private(set) var checkpoints: [URL] = []
    /// Manifests that a run wrote and that may be gone or replaced by now, with their digests.
    private(set) var noted: [(url: URL, sha256: String)] = []

    /// Folders that were looked into.
    private var folders: Set<String> = []

    /// - Throws: `Failure` where nothing is there, or nothing that a manifest lists.
    init(_ path: String) throws {
        try Failure.requireExists(path, "the path")
        let url = RealPath.place(path)
        if try FileForm(at: url) == .folder { try addFolder(url) } else { try addFile(url) }
        guard manifests.isEmpty, checkpoints.isEmpty, noted.isEmpty else { return }
        throw Failure(
            .missingInput, "\(path: path) has no manifest, so nothing says what Lathe wrote there",
            hint: "a folder that Lathe wrote holds \(Manifest.fileName); a single file has one beside it, as in "
                + Manifest.place(besideFile: url).lastPathComponent,
            namedFile: path)
    }

    private mutating func add(_ manifest: URL) {
        if !manifests.contains(manifest) { manifests.append(manifest) }
    }

    // MARK: A folder

    /// What lies in the folder at any depth: things of Lathe's, each with its own manifest, and single files with theirs.
    private mutating func addFolder(_ url: URL) throws {
        // A link may lead back.
        guard folders.insert(RealPath(url).path).inserted else { return }
        let manifest = Manifest.place(inFolder: url)
        let isListed = try FileForm(at: manifest) != nil
        let content = try Manifest(at: manifest)?.content, isRun = content == .run
        if isListed {
            add(manifest)
            // Its list says all that may be in it.
            guard content?.isHome == true else { return }
            checkpoints += try CheckpointFolder(url).steps.map(CheckpointFolder(url).file)
        }
        for name in try Folder.names(in: url) ?? [] {
            let entry = url.appendingPathComponent(name)
            switch try FileForm(at: entry) {
            case .folder: try addFolder(entry)
            case .file where Manifest.isNameBesideFile(name): add(entry)
            default: continue
            }
        }
        if isRun { try addNoted(by: url) }
    }

    /// What the notes of a run say that it wrote. A run's directory may have been moved since: what lay in it is looked for in it.
    private mutating func addNoted(by url: URL) throws {
        let directory = RunDirectory(planned: url)
        guard let record = try RunRecord(directory.run) else { return }
        let inside = "/" + RunDirectory.place(of: record.name).relativePath + "/"
        for file in record.files {
            guard let sha256 = file.sha256 else { continue }
            let ownPart = file.path.range(of: inside).map { String(file.path[$0.upperBound...]) }
            let place = ownPart.map(url.appendingPathComponent) ?? URL(fileURLWithPath: file.path)
            noted.append((place, sha256))
            if try FileForm(at: place) != nil { add(place) }
        }
    }

    // MARK: A file

    /// The file's own manifest; else the one that lists it among others.
    private mutating func addFile(_ url: URL) throws {
        let beside = Manifest.place(besideFile: url)
        if Manifest.isName(url.lastPathComponent) { return add(url) }
        if try FileForm(at: beside) != nil { return add(beside) }
        if CheckpointFolder.isCheckpoint(url) { return checkpoints.append(url) }
        let folder = url.deletingLastPathComponent()
        let names = try Folder.names(in: folder) ?? []
        for name in names where Manifest.isName(name) {
            let manifest = folder.appendingPathComponent(name)
            guard let list = try Manifest(at: manifest), list.names.contains(url.lastPathComponent) else { continue }
            add(manifest)
        }
    }
}
