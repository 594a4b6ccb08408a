// What lies beside a GGUF file so that other programs use it as it was trained.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary

/// The Modelfile beside a GGUF file, under the same manifest.
struct DeploymentFiles {
    /// Where the Modelfile lies; nil where there is none.
    let modelfile: String?
    /// Why there is none.
    let reason: String?

    /// Writes the Modelfile of the model in the GGUF file at `url`, which is in its place.
    init(besideGGUF url: URL, of session: Session, run: String?) throws {
        try self.init(url, OwnedFiles(besideFile: url, .model, of: run)) {
            try Modelfile(of: session, from: "./" + url.lastPathComponent)
        }
    }

    /// Writes the Modelfile of the adapter in the GGUF file at `url`, which is in its place, on its base.
    init(besideAdapter url: URL, of session: Session, run: String?) throws {
        try self.init(url, OwnedFiles(besideFile: url, .adapter, of: run)) {
            let base = RealPath.place(try session.base().path)
            guard base.pathExtension == "gguf" else {
                throw Failure(
                    .badInput, "Ollama puts an adapter on a GGUF file, and the base is a folder",
                    hint: "export the base as gguf and name that file as --model, or merge: --format gguf")
            }
            let isBeside = base.deletingLastPathComponent().path == url.deletingLastPathComponent().path
            return try Modelfile(
                of: session, from: isBeside ? "./" + base.lastPathComponent : base.path,
                adapter: "./" + url.lastPathComponent)
        }
    }

    /// One that an earlier export left under another name goes.
    private init(_ url: URL, _ files: OwnedFiles, _ make: () throws -> Modelfile) throws {
        let found: Result<Modelfile, Failure>
        do { found = .success(try make()) } catch let failure as Failure where failure.kind == .badInput {
            found = .failure(failure)
        }
        let names = [Modelfile.fileName, url.deletingPathExtension().lastPathComponent + "." + Modelfile.fileName]
        names.forEach(files.removeAbandoned)
        switch found {
        case .failure(let failure):
            try Self.remove(names, files)
            (modelfile, reason) = (nil, failure.description)
        case .success(let written):
            guard let name = try names.first(where: { try Self.isFree($0, files) }) else {
                (modelfile, reason) = (nil, "\(names.joined(separator: " and ")) are there and not Lathe's")
                return
            }
            try Self.remove(names.filter { $0 != name }, files)
            try files.write(Array(written.text(named: name).utf8), to: name)
            (modelfile, reason) = (url.deletingLastPathComponent().appendingPathComponent(name).path, nil)
        }
    }

    private static func isFree(_ name: String, _ files: OwnedFiles) throws -> Bool {
        do { try files.require(name) } catch is PlaceError { return false }
        return true
    }

    /// Removes those of `names` that are this file's.
    private static func remove(_ names: [String], _ files: OwnedFiles) throws {
        for name in names where try FileForm(at: files.folder.appendingPathComponent(name)) != nil {
            if try isFree(name, files) { try files.remove(name) }
        }
    }

    /// For the export's report.
    var members: [JSONObject.Member] {
        [("modelfile", modelfile.map { .string($0) } ?? .null)] + (reason.map { [("no_modelfile", .string($0))] } ?? [])
    }

    /// For people.
    var line: String {
        modelfile.map { "for Ollama: \(path: $0)" } ?? "no Modelfile for Ollama: \(reason ?? "")"
    }
}
