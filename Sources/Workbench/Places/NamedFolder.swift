// A folder that was named as a model or as an adapter and is another thing that Lathe knows: what to name instead.

internal import Checkpoints
internal import Files
internal import Foundation
internal import JSON

/// What a folder holds, by the files that tell.
struct NamedFolder {
    private enum Content { case run, adapter, model }

    private let path: String
    private let content: Content?

    init(_ path: String) throws {
        self.path = path
        let url = URL(fileURLWithPath: path)
        func has(_ name: String) throws -> Bool { try FileForm(at: url.appendingPathComponent(name)) != nil }
        if try FileForm(at: path) != .folder {
            content = nil
        } else if try has("config.json") {
            content = .model
        } else if try has("adapter_config.json") {
            content = .adapter
        } else {
            content = try has("run.json") || OwnedFiles(url, .run).isMarked ? .run : nil
        }
    }

    /// Throws where it is something else than a model.
    func requireModel() throws {
        switch content {
        case nil, .model: return
        case .adapter:
            throw Failure(
                .badInput, "the model \(path: path) is an adapter, and holds no model of its own",
                hint: "name its base as the model, and the adapter beside it: --adapter \(path: path)")
        case .run:
            let merged = path.asFolder + "merged"
            let isMerged = try FileForm(at: merged + "/config.json") != nil
            throw Failure(
                .badInput, "the model \(path: path) is the directory of a run",
                hint: isMerged
                    ? "its merged model is \(path: merged)"
                    : try trained.map {
                        "name its base as the model, and the adapter beside it: --adapter \(path: $0)"
                    })
        }
    }

    /// Throws where it is something else than an adapter.
    func requireAdapter() throws {
        switch content {
        case nil, .adapter: return
        case .model:
            throw Failure(
                .badInput, "the adapter \(path: path) is a model",
                hint: "name it as the model: --model \(path: path)")
        case .run:
            throw Failure(
                .badInput, "the adapter \(path: path) is the directory of a run",
                hint: try trained.map { "its adapter is \(path: $0): --adapter \(path: $0)" }
                    ?? "the run has trained none yet: lathe train, with its recipe, goes on")
        }
    }

    /// The run's adapter or, where it is not finished, its newest checkpoint.
    private var trained: String? {
        get throws {
            let adapter = path.asFolder + "adapter"
            if try FileForm(at: adapter + "/adapter_config.json") != nil { return adapter }
            let folder = CheckpointFolder(URL(fileURLWithPath: path))
            return try folder.steps.max().map { path.asFolder + folder.file(step: $0).lastPathComponent }
        }
    }
}

extension String {
    /// With one slash at its end.
    fileprivate var asFolder: String { hasSuffix("/") ? self : self + "/" }
}
