// A format of whole models is data in one file: how a plan looks in it, and the sink that writes it.

internal import Files
internal import Foundation
public import Models
public import Vocabulary

/// A file format that whole models are written in.
public struct ModelFormat: Sendable {
    /// Whether the model is a folder of files, or one file.
    public let isFolder: Bool
    /// Whether what is written says itself what model it is; else it holds weights alone.
    public let holdsConfiguration: Bool
    /// The plan as the format has it: names, types and order of rows in the file.
    ///
    /// - Throws: `ModelExportError` where the format cannot hold the model.
    let arrange: @Sendable (OutputPlan, any ModelSource, ModelConfiguration) throws -> OutputPlan
    /// Throws where the format cannot hold what is neither name nor tensor.
    private let require: @Sendable (any ModelSource, ModelConfiguration) throws -> Void
    /// The sink for what is to stand at a place: a folder that is being filled, or a file that is not there yet.
    let sink: @Sendable (ModelContents, URL) throws -> any TensorSink

    /// The format of models called `name`; nil where that is no model's but an adapter's.
    public init?(_ name: ExportFormat) {
        switch name {
        case .peft: return nil
        case .safetensors: self = .huggingFaceFolder
        case .gguf: self = .gguf
        case .hdf5: self = .hdf5
        }
    }

    init(
        isFolder: Bool, holdsConfiguration: Bool = true,
        arrange: @escaping @Sendable (OutputPlan, any ModelSource, ModelConfiguration) throws -> OutputPlan = {
            plan, _, _ in plan
        },
        require: @escaping @Sendable (any ModelSource, ModelConfiguration) throws -> Void = { _, _ in },
        sink: @escaping @Sendable (ModelContents, URL) throws -> any TensorSink
    ) {
        self.isFolder = isFolder
        self.holdsConfiguration = holdsConfiguration
        self.arrange = arrange
        self.require = require
        self.sink = sink
    }

    /// Throws where the model `base`, which is as `configuration` says, cannot be written in this format and `type`; asked before any
    /// work is done.
    public func requireHolding(
        _ base: any ModelSource, _ configuration: ModelConfiguration, in type: WeightType = .auto
    ) throws {
        _ = try arrange(OutputPlan(base: base, deltas: [], type: type, isTied: false), base, configuration)
        try require(base, configuration)
    }
}

/// A model being written, which takes its place whole or not at all.
struct StagedModel {
    private enum Form {
        case folder(AtomicFolder)
        case file(OwnedFiles)
    }

    private let output: URL
    private let form: Form

    /// Throws where something that is not Lathe's stands at `output`.
    init(_ output: URL, isFolder: Bool, of run: String?) throws {
        self.output = output
        guard !isFolder else {
            form = .folder(try AtomicFolder(output, .model, of: run))
            return
        }
        let file = OwnedFiles(besideFile: output, .model, of: run)
        try file.require(output.lastPathComponent)
        file.removeAbandoned(output.lastPathComponent)
        form = .file(file)
    }

    /// What a sink is given: the folder to fill, or the place that a file is to take.
    var place: URL {
        switch form {
        case .folder(let folder): folder.staging
        case .file: output
        }
    }

    /// Puts what a sink has finished in its place, once `prove` has looked at it and not thrown.
    func commit(_ finished: URL, prove: (URL) throws -> Void) throws {
        switch form {
        case .folder(let folder):
            try prove(finished)
            try folder.commit()
        case .file(let file):
            do { try prove(finished) } catch {
                unlink(finished.path)
                throw error
            }
            try file.put(finished, as: output.lastPathComponent)
        }
    }
}
