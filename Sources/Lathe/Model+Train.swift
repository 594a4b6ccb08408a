// Training an adapter.

internal import Workbench

/// An adapter that was trained.
public struct TrainedAdapter: Sendable {
    /// The adapter's folder, as PEFT reads it: what `Model.attaching` takes.
    public let adapter: String
    /// The run's folder: resolved recipe, events, checkpoints, reports.
    public let runDirectory: String
    /// Steps that were done, those of earlier calls included.
    public let steps: Int
    /// The mean loss over target tokens in the last step, natural logarithm; `nil` where no step was done.
    public let finalLoss: Double?
    /// SHA-256 of the adapter's weights: the same for the same recipe, rows and machine.
    public let sha256: String
    /// Base against adapter on the held-out rows; `nil` where no row is held out.
    public let evaluation: Evaluation?
}

extension Model {
    /// Trains an adapter on rows, and compares it with the base on rows that it never saw.
    ///
    /// A model that has an adapter trains it further (`adapter.continue_from`). The run keeps everything in `checkpoints/<name>` in the
    /// working directory. Called again under the same name with the same settings, it goes on from its newest checkpoint, to the same
    /// adapter, byte for byte; a finished run does nothing but tell its result.
    ///
    /// - Parameters:
    ///   - name: names the run and its folder.
    ///   - rows: files of rows; patterns with `*` too.
    ///   - heldOut: files of rows that are never trained on.
    ///   - settings: keys of a recipe: `["adapter.r": 8, "train.max_steps": 50]`.
    ///   - startsOver: whether an earlier run under this name is removed first.
    ///   - onEvent: hears how far the work is.
    /// - Throws: `LatheError`; what can be known before any work is said before it.
    public func train(
        _ name: String, on rows: [String], heldOut: [String] = [], settings: Settings = [:], startsOver: Bool = false,
        onEvent: ((WorkEvent) -> Void)? = nil
    ) throws(LatheError) -> TrainedAdapter {
        try LatheError.catching {
            for key in ["name", "data.train", "data.held_out", "adapter.continue_from", "model.path"]
            where settings[key] != nil {
                throw Failure(
                    .usage, "settings: \(key) is told by the model and by the call's own arguments",
                    hint: "leave it out")
            }
            var all = settings
            all["name"] = .init(name)
            all["data.train"] = .init(rows.map { .init($0) })
            if !heldOut.isEmpty { all["data.held_out"] = .init(heldOut.map { .init($0) }) }
            if let adapter { all["adapter.continue_from"] = .init(adapter) }
            let call = Invocation(command: "train '\(name)' again with the same settings", tell: { _ in })
            let report = Report(
                try Pipeline(call, fresh: startsOver, merges: false)
                    .run(session(for: .train, all, adapter: nil), Listener(onEvent: onEvent)))
            let directory = try report.requiredText("run_directory")
            return TrainedAdapter(
                adapter: directory + "/adapter", runDirectory: directory, steps: try report.count("steps"),
                finalLoss: report.number("final_loss"), sha256: try report.requiredText("adapter_sha256"),
                evaluation: try report.part("evaluation").map(Evaluation.init))
        }
    }
}
