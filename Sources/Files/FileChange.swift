// One change of a folder's single files: new files take their places, and then the manifest that lists them.

package import Foundation
internal import Vocabulary

/// A small file that goes with another one, under the same manifest: a Modelfile beside a model.
public struct CompanionFile: Sendable {
    /// The names that it may have, in the order in which they are tried.
    public let names: [String]
    /// What it holds under a name; nil: there is none, and one that was written earlier goes.
    let bytes: (@Sendable (String) -> [UInt8])?

    /// A companion from its parts.
    public init(names: [String], bytes: (@Sendable (String) -> [UInt8])?) {
        self.names = names
        self.bytes = bytes
    }
}

/// Puts a finished file and its companions in their places. The folder is held meanwhile.
///
/// The list of what will stand there is made ready first and takes the manifest's place last. Where the process is killed in between,
/// what it had put in place is known by the list that was ready.
package struct FileChange {
    /// A file with what it takes the place of.
    private struct Step {
        let temporary: URL
        let entry: Manifest.Entry
        /// nil where nothing stands there.
        let replaced: FileIdentity?
    }

    private let files: OwnedFiles
    /// Companions first: where the file stands, so do they.
    private var steps: [Step] = []
    /// Files of Lathe's that go.
    private var gone: [String] = []
    /// Files that a person has made their own: they stay, and are listed no more.
    private var released: [String] = []

    private var folder: URL { files.folder }

    package init(
        _ files: OwnedFiles, putting temporary: URL, as entry: Manifest.Entry, with companions: [CompanionFile]
    ) throws {
        self.files = files
        let replaced = try files.admitted(entry.path)
        do {
            for companion in companions { try add(companion) }
        } catch {
            removeTemporaries()
            throw error
        }
        steps.append(Step(temporary: temporary, entry: entry, replaced: replaced))
    }

    /// Chooses the first name that is free or Lathe's; under the others nothing of it stands any more.
    private mutating func add(_ companion: CompanionFile) throws {
        var isPlaced = false
        for name in companion.names {
            let found: FileIdentity?
            do { found = try files.admitted(name) } catch is PlaceError {
                released.append(name)
                continue
            }
            if !isPlaced, let bytes = companion.bytes?(name) {
                let file = try AtomicFile(folder.appendingPathComponent(name), replaces: true)
                try file.write(bytes)
                let temporary = try file.finish()
                var entry = try Manifest.Entry(temporary.lastPathComponent, in: folder)
                entry.path = name
                steps.append(Step(temporary: temporary, entry: entry, replaced: found))
                isPlaced = true
            } else if found != nil {
                gone.append(name)
            }
        }
    }

    /// Does all of it, or leaves new places free again.
    package func make() throws {
        do {
            try takeAll(ready: readyList())
        } catch {
            removeTemporaries()
            throw error
        }
    }

    /// The list that is to stand there afterwards. Until then, whichever of the two states a replaced file has, it is listed.
    private func readyList() throws -> URL {
        let earlier = try files.listed, replacing = steps.filter { $0.replaced != nil }.map(\.entry)
        let others = Set(steps.map(\.entry.path) + gone + released)
        if !replacing.isEmpty { try files.note(earlier + replacing) }
        return try files.readyList(earlier.filter { !others.contains($0.path) } + steps.map(\.entry))
    }

    private func takeAll(ready: URL) throws {
        var done: [Step] = []
        do {
            for step in steps {
                try take(step)
                done.append(step)
            }
            for name in gone { try Folder.removeFile(folder.appendingPathComponent(name)) }
            try Folder.makeDurable(folder)
            try files.takeList(ready)
        } catch {
            for step in done where step.replaced == nil { unlink(place(step).path) }
            unlink(ready.path)
            throw error
        }
        // What the list names stays from here on, even if nobody can say that it is durable.
        try Folder.makeDurable(folder)
    }

    private func place(_ step: Step) -> URL { folder.appendingPathComponent(step.entry.path) }

    /// What was written to the place since it was looked at is not lost.
    private func take(_ step: Step) throws {
        let url = place(step)
        guard let replaced = step.replaced else {
            let code = Renaming.intoFreePlace(step.temporary, url)
            guard code == 0 else {
                throw code == EEXIST
                    ? PlaceError(url.path, inTheWay: url.path, .notOurs)
                    : SystemError(code, writing: url.path, "cannot be put in place")
            }
            return
        }
        if Renaming.exchange(step.temporary, url) {
            guard try FileIdentity(at: step.temporary) == replaced else {
                _ = Renaming.exchange(step.temporary, url)
                throw PlaceError(url.path, inTheWay: url.path, .changed)
            }
            unlink(step.temporary.path)
        } else {
            // File systems that cannot.
            guard try FileIdentity(at: url) == replaced else {
                throw PlaceError(url.path, inTheWay: url.path, .changed)
            }
            guard rename(step.temporary.path, url.path) == 0 else {
                throw SystemError(errno, writing: url.path, "cannot be put in place")
            }
        }
    }

    private func removeTemporaries() { for step in steps { unlink(step.temporary.path) } }
}
