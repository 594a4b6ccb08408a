// A recipe from end to end: prepare → train → evaluate → merge → export.

internal import Datasets
internal import Foundation
internal import JSON
internal import Recipes
internal import Training

/// Runs a recipe's stages in its run directory, `checkpoints/<name>`.
public struct Pipeline {
    private let resolved: ResolvedRecipe
    private let observer: any RunObserver

    public init(_ resolved: ResolvedRecipe, observer: any RunObserver) {
        self.resolved = resolved
        self.observer = observer
    }

    /// Trains and evaluates; merges and exports nothing.
    public func train(fresh: Bool) throws -> RunReport { try work(fresh: fresh, merges: false) }

    /// The whole recipe.
    public func run(fresh: Bool) throws -> RunReport { try work(fresh: fresh, merges: true) }

    private func work(fresh: Bool, merges: Bool) throws -> RunReport {
        let recipe = resolved.recipe
        // What cannot be written is said before anything is computed.
        try recipe.requireSupported()
        let directory = try RunDirectory(URL(fileURLWithPath: "checkpoints").appendingPathComponent(recipe.name))
        let run = try TrainingRun(resolved, writes: true, observer: observer)
        try directory.write(recipe.resolvedYAML(), to: directory.recipe)
        try directory.write(identity(of: run), to: directory.run)
        let interruption = Interruption()
        let outcome = try run.train(
            in: directory, fresh: fresh, observer: observer, stopRequest: interruption.stopRequest)
        interruption.finish()
        if outcome.ending == .interrupted {
            throw Failure(.interrupted, "interrupted after step \(outcome.steps); the same command goes on from there")
        }
        let digest = try run.writeAdapter(to: directory.adapter, steps: outcome.steps)
        var report = RunReport(
            name: recipe.name, runDirectory: directory.url.path, steps: outcome.steps, finalLoss: outcome.finalLoss,
            tokensPerSecond: outcome.tokensPerSecond, adapterDigest: digest, data: DataSummary(run.split.report))
        if recipe.evaluate.enabled, let heldOut = run.split.heldOut {
            observer.receive(.stage("evaluate", detail: "\(heldOut.rows.count) held-out rows, base and adapter"))
            report.evaluation = try EvaluationReport(
                recipe, opened: run.opened, model: run.model, adapter: run.adapter, rows: heldOut,
                workspace: run.workspace, observer: observer)
        } else if recipe.evaluate.enabled {
            observer.receive(
                .warning(
                    "no held-out rows, so nothing says whether the adapter is better: set data.held_out or data.val_size"
                ))
        }
        if merges { try finish(run, directory, &report) }
        report.peakMemoryBytes = Machine.peakMemoryBytes
        try directory.write(report.json, to: directory.report)
        try directory.write(report.markdown, to: directory.readableReport)
        return report
    }

    private func finish(_ run: TrainingRun, _ directory: RunDirectory, _ report: inout RunReport) throws {
        let recipe = run.recipe
        // What comes now loads the model a second time.
        run.workspace.release()
        if recipe.merge.enabled {
            let output = recipe.merge.path.map { URL(fileURLWithPath: $0) } ?? directory.merged
            observer.receive(.stage("merge", detail: output.path))
            let stage = try MergeStage(
                recipe, opened: run.opened, model: run.model, trainedBase: run.provenance.baseDigest,
                probe: run.split.heldOut?.examples,
                replaces: true)
            report.merge = try stage.run(into: output)
        }
        for entry in recipe.export {
            let output =
                entry.path.map { URL(fileURLWithPath: $0) }
                ?? directory.url.appendingPathComponent("export").appendingPathComponent(
                    ExportStage.defaultName(entry.format))
            observer.receive(.stage("export", detail: "\(entry.format.rawValue) → \(output.path)"))
            let stage = ExportStage(
                recipe, opened: run.opened, adapter: run.adapter, provenance: run.provenance, replaces: true)
            report.exports.append(try stage.run(entry.format, type: entry.dtype, to: output))
        }
    }

    private func identity(of run: TrainingRun) -> JSONValue {
        let doctor = Doctor().json
        return [
            "name": .string(run.recipe.name), "fingerprint": .string(run.fingerprint.text), "base": .string(run.opened.path),
            "base_sha256": .string(run.provenance.baseDigest ?? ""), "data_sha256": .string(run.split.digest),
            "instruction_set": doctor["instruction_set"] ?? .null, "threads": doctor["threads"] ?? .null,
            "libraries": doctor["libraries"] ?? .null,
        ]
    }
}
