// A format of whole models is data in one file: how a plan looks in it, and the sink that writes it.

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

    /// The format of models called `name`; nil where that holds adapters alone.
    public init?(_ name: ExportFormat) {
        switch name {
        case .peft, .mlx, .ggufLoRA: return nil
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
