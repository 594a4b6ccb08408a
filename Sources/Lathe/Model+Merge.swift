// One model out of base and adapter.

internal import Workbench

/// A merged model and the proof that it is base and adapter.
public struct MergedModel: Sendable {
    /// Its folder, as transformers reads it.
    public let path: String
    /// Changes of the adapter that were applied; all of them, or nothing is written.
    public let appliedTensors: Int
    /// How far its logits differ from those of base and adapter on probe texts: on average, and at most.
    public let logitDifference: (mean: Double, greatest: Double)
    /// How often both choose the same next token.
    public let topChoiceAgreement: Double
}

extension Model {
    /// Writes base and adapter as one model, proven before it takes its place.
    ///
    /// - Parameters:
    ///   - folder: where it goes: a new folder, or one that Lathe wrote.
    ///   - settings: keys of a recipe: `["merge.dtype": "bf16"]`.
    ///   - onEvent: hears how far the work is.
    /// - Throws: `LatheError`, where the model has no adapter, the place is taken, or the proof fails.
    public func merge(
        into folder: String, settings: Settings = [:], onEvent: ((WorkEvent) -> Void)? = nil
    ) throws(LatheError) -> MergedModel {
        try LatheError.catching {
            guard let adapter else {
                throw Failure(.usage, "\(path) has no adapter to merge", hint: "attach one first")
            }
            let stage = try MergeStage(into: OutputPlaces.url(folder))
            let session = try session(for: .merge, settings, adapter: adapter)
            let report = Report(try stage.run(session, Listener(onEvent: onEvent)))
            guard try report.flag("passed") else {
                throw Failure(.internal, "the merged model is not base and adapter: the proof of the merge failed")
            }
            return MergedModel(
                path: folder, appliedTensors: try report.count("tensors_applied"),
                logitDifference: (
                    try report.required("mean_abs_logit_difference"), try report.required("max_abs_logit_difference")
                ),
                topChoiceAgreement: try report.required("top1_agreement"))
        }
    }
}
