// How anything of a model is written: planned whole, streamed tensor by tensor, finished. A file format is a sink.

internal import Foundation
internal import Models

/// Where the tensors of a plan go. Until `finish` nothing of it is whole; without `finish` what was written is removed.
protocol TensorSink: AnyObject {
    /// Takes one tensor; tensors come in the plan's order.
    ///
    /// - Parameter produce: hands the tensor's bytes, whole rows at a time, to the closure that it is given.
    func write(_ tensor: PlannedTensor, _ produce: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws

    /// Makes what was written whole and durable, where it stands until it takes its place.
    ///
    /// - Returns: the file or folder.
    func finish() throws -> URL
}

/// What a format is told of the model that it is to hold.
struct ModelContents {
    let base: any ModelSource
    let configuration: ModelConfiguration
    let description: BaseDescription
    let plan: OutputPlan
    /// The chat templates by name, where they are others than the base's.
    let chatTemplates: [String: String]?
    /// What the base's card says; nil where the format keeps what the base's own file says.
    let card: CardFacts?
    /// The most bytes of one file, where a format cuts models into several.
    let shardByteLimit: Int
}
