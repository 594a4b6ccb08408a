// What lies beside a GGUF file so that other programs use it as it was trained.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary

/// The Modelfile that goes with a GGUF file, under the same manifest.
struct DeploymentFiles {
    /// What is put in place with the file.
    let companion: CompanionFile
    private let url: URL
    /// Why there is none.
    private var reason: String?
    /// Where it lies; nil where there is none.
    private var modelfile: String?
    /// Those that a person has changed since they were written: they stay, as the person's own.
    private let edited: [String]

    /// The Modelfile of the model that goes to the GGUF file at `url`.
    init(besideGGUF url: URL, of session: Session, run: String?) throws {
        try self.init(url, OwnedFiles(besideFile: url, .model, of: run)) {
            try Modelfile(of: session, from: "./" + url.lastPathComponent)
        }
    }

    /// The Modelfile of the adapter that goes to the GGUF file at `url`, on its base.
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

    private init(_ url: URL, _ files: OwnedFiles, _ make: () throws -> Modelfile) throws {
        self.url = url
        let names = Self.names(beside: url)
        for name in names { try files.removeAbandoned(name) }
        edited = try names.filter(files.isChanged)
        do {
            let modelfile = try make()
            companion = CompanionFile(names: names) { Array(modelfile.text(named: $0).utf8) }
        } catch let failure as Failure where failure.kind == .badInput {
            companion = CompanionFile(names: names, bytes: nil)
            reason = failure.description
        }
    }

    private static func names(beside url: URL) -> [String] {
        [Modelfile.fileName, url.deletingPathExtension().lastPathComponent + "." + Modelfile.fileName]
    }

    /// The same, now that the file is in its place: which name was free.
    func placed() throws -> DeploymentFiles {
        var found = self
        let names = Self.names(beside: url), listed = try Manifest(at: Manifest.place(besideFile: url))?.names ?? []
        if let name = names.first(where: listed.contains) {
            found.modelfile = url.deletingLastPathComponent().appendingPathComponent(name).path
        } else if reason == nil {
            found.reason = "\(names.joined(separator: " and ")) are there and not Lathe's"
        }
        return found
    }

    /// For the export's report.
    var members: [JSONObject.Member] {
        [("modelfile", modelfile.map { .string($0) } ?? .null)] + (reason.map { [("no_modelfile", .string($0))] } ?? [])
            + (edited.isEmpty ? [] : [("edited_modelfiles", .array(edited.map { .string($0) }))])
    }

    /// For people.
    var lines: [String] {
        let line = modelfile.map { "for Ollama: \(path: $0)" } ?? "no Modelfile for Ollama: \(reason ?? "")"
        return [line]
            + edited.map {
                "\($0) was changed since it was written: it stays as it is, and is yours; remove it to have it written anew"
            }
    }
}
