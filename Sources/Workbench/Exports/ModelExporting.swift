// One model, written, checked where it waits, and put in its place.

internal import Adapters
internal import Files
internal import Foundation
internal import ModelExport
internal import Models
internal import Vocabulary
internal import WeightFiles

/// Writes the session's model, adapter merged in where it has one.
struct ModelExporting {
    let session: Session
    let format: ModelFormat
    let name: ExportFormat
    let output: URL
    let options: ModelOutputOptions
    let wishes: ExportWishes
    let observer: any RunObserver

    /// What is looked at beside weights and predictions.
    private func otherChecks(_ base: OpenedModel) -> [any StagedCheck] {
        [TemplateCheck(base: base, date: session.recipe.data.templateDate)]
    }

    func run() throws -> ExportReport {
        let base = try session.writtenBase()
        let merger = try ModelMerger(base: base.weights, configuration: base.configuration)
        let deltas = session.adapter?.set.lowRankDeltas ?? []
        let deployment =
            name == .gguf && !format.isFolder
            ? try DeploymentFiles(besideGGUF: output, of: session, run: options.run) : nil
        let check = try check(base, merger, deltas, [deployment?.companion].compactMap(\.self))
        var found: (verdict: ExportVerdict, type: String)?
        let prove = { (result: MergeResult, place: URL) in found = try verdict(check, place, result) }
        if deltas.isEmpty {
            try merger.export(as: format, into: output, options: check.options, prove: prove)
        } else {
            _ = try merger.merge(deltas, as: format, into: output, options: check.options, prove: prove)
        }
        guard let found else { throw Failure(.internal, "\(path: output.path): the export was not checked") }
        let written = try WrittenFiles(output, isFolder: format.isFolder)
        var report = ExportReport(
            format: name.rawValue, path: output.path, type: found.type, bytes: written.bytes, sha256: written.sha256,
            check: found.verdict)
        report.deployment = try deployment?.placed()
        return report
    }

    /// The check of what is written, types of single matrices found where they are searched.
    private func check(
        _ base: OpenedModel, _ merger: ModelMerger, _ deltas: [LowRankDelta], _ companions: [CompanionFile]
    ) throws -> ExportCheck {
        var options = options
        options.companions = companions
        options.card = try BaseOrigin(base).card
        options.touchedType = wishes.touchedType
        options.importance = try wishes.calibration.importance(session, observer)
        options.chatTemplates = try session.writtenTemplates()
        var check = ExportCheck(
            base: base, model: try session.model(), deltas: deltas,
            rows: try session.checkRows(reference: wishes.reference, observer), format: format, options: options,
            bootstrap: session.bootstrap, observer: observer)
        guard let goal = wishes.goal else { return check }
        observer.receive(.note("types are searched: each group of matrices is rounded by itself"))
        check.options.tensorTypes = try TypeSearch(
            goal: goal, merger: merger, check: check, output: output
        ).types()
        return check
    }

    /// - Throws: `Failure` where what was written must not take its place.
    private func verdict(
        _ check: ExportCheck, _ place: URL, _ result: MergeResult
    ) throws -> (verdict: ExportVerdict, type: String) {
        observer.receive(.note("what was written is read back and scored"))
        let staged = try StagedExport(place, format, result, of: check.base)
        let isPlain = check.options.tensorTypes.isEmpty && check.options.touchedType == .auto
        let others = try otherChecks(check.base).map { try $0.finding(on: staged) } + [unblocked(staged)]
        let verdict = try verdict(
            check.run(on: staged), others: others,
            types: isPlain ? [] : staged.matrixTypes)
        try requirePassed(verdict, check, staged)
        try writeReference(check)
        if format.isFolder {
            try ModelCard(
                .model, called: output.lastPathComponent, of: session, evaluation: session.evaluation,
                proof: verdict.lines
            ).write(into: place)
        }
        return (verdict, options.type == .auto ? staged.typeName : options.type.rawValue)
    }

    /// What of a model in blocks is in none, since its rows fill none.
    private func unblocked(_ staged: StagedExport) -> CheckFinding {
        let share = staged.floatShare
        guard options.type.isQuantised, share > 0 else { return CheckFinding() }
        return CheckFinding(
            members: [("float_share", .double(share))],
            lines: [
                String(format: "of the matrices' numbers %.0f%% stay floats: ", 100 * share)
                    + "their rows fill no blocks of \(options.type.rawValue)"
            ])
    }

    /// Writes what the model predicted before it was rounded, where that is wanted.
    private func writeReference(_ check: ExportCheck) throws {
        guard let place = wishes.referenceOutput else { return }
        let tokenizer = try session.base().tokenizer
        try check.writeReference(
            begin: tokenizer.addsBOS ? tokenizer.bosID : nil, to: place)
        observer.receive(.note("log-probabilities of the model before it was rounded: \(path: place.path)"))
    }

    private func verdict(
        _ finding: ExportFinding, others: [CheckFinding], types: [(path: String, type: String)]
    ) -> ExportVerdict {
        var failures: [String] = []
        let weights = finding.weights
        if weights.strayCount > 0 {
            failures.append(
                "\(weights.strayCount) of \(weights.count) weights are not what they were made of, rounded"
                    + (weights.firstStray.map { ", the first in \($0)" } ?? ""))
        }
        failures += others.flatMap(\.failures)
        let losses = NearNoOp(finding).losses
        return ExportVerdict(
            finding: finding, others: others, types: types, failures: failures + (wishes.allowsNearNoOp ? [] : losses),
            allowed: wishes.allowsNearNoOp ? losses : [])
    }

    private func requirePassed(_ verdict: ExportVerdict, _ check: ExportCheck, _ staged: StagedExport) throws {
        guard !verdict.passed else { return }
        let isLost = !NearNoOp(verdict.finding).losses.isEmpty
        throw Failure(
            .badInput,
            "\(path: output.path): the written model is not what was asked for, so it was not put in place:\n"
                + verdict.lines.joined(separator: "\n"),
            hint: isLost ? try ways(check, staged)?.text : nil)
    }

    /// What keeps the fine-tune; nil without one.
    private func ways(_ check: ExportCheck, _ staged: StagedExport) throws -> KeepingWays? {
        guard let adapter = session.adapter?.set else { return nil }
        let bytes = try staged.byteCount, options = check.options
        let merger = try ModelMerger(base: check.base.weights, configuration: check.base.configuration)
        func planned(_ options: ModelOutputOptions) -> Int? {
            try? merger.plannedMatrices(check.deltas, as: format, options: options).bytes
        }
        return KeepingWays(
            asked: session.isOfRun ? .entry : .export, format: name, type: staged.result.type, wishes: wishes,
            adapter: adapter, model: AdaptedModel(check.model), isOfGGUF: check.base.weights is GGUFWeights,
            bytes: bytes
        ) { type in
            var touched = options
            touched.touchedType = type
            guard let finer = planned(touched), let plain = planned(options) else { return nil }
            return finer - plain
        }
    }
}
