// Merging with a certificate: the merged model is loaded again from its files and compared with base + adapter.

internal import Adapters
internal import Datasets
internal import Files
public import Foundation
internal import JSON
internal import ModelExport
internal import Models
internal import Vocabulary
internal import WeightFiles

/// Merges the session's adapter into its base and proves it.
public struct MergeStage: StandaloneStage {
    private let output: URL
    /// The run that merges, which replaces no other run's; nil where none does.
    private let run: String?
    private let trial: CombinationTrial?

    /// - Parameters:
    ///   - output: where the merged model is to stand: a new folder, or one that Lathe wrote.
    ///   - trial: rows by which the adapters' weights are chosen and measured.
    /// - Throws: `Failure` where the name of the place says another form than a folder.
    public init(into output: URL, trying trial: CombinationTrial? = nil) throws {
        try OutputForm.huggingFaceFolder.require(output.path, "--out")
        self.init(into: output, of: nil, trying: trial)
    }

    /// For a run, which has looked at its places.
    init(into output: URL, of run: String?, trying trial: CombinationTrial? = nil) {
        self.output = output
        self.run = run
        self.trial = trial
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try OutputPlaces(session.resolved, adapters: session.adapterPaths)
            .require([.init(key: "--out", url: output, form: .folder(.model))])
        try session.requireClass(in: .safetensors, "lathe merge")
        if trial != nil { try session.requireLanguage(for: "lathe merge --search") }
        try session.startComputing()
        let base = try session.base()
        // The comparison is about the weights, so it is computed as exactly as can be; rows are scored as they always are.
        _ = try session.model(trial == nil ? .f32 : nil)
        try trial?.open(session, observer)
        let attached = try session.requireAdapter("a merge")
        session.tell(base.weights.warnings + attached.warnings, observer)
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        let proof = memory.proof(
            try session.model(), probe: try Self.probe(session), type: WeightType(session.recipe.merge.dtype))
        return [try memory.writing("merge"), proof]
    }

    /// Writes the merged model and compares it before it takes its place, with its certificate in it.
    ///
    /// - Throws: `Failure` where the merged model is not base + adapter; what stood at the place before stands there
    ///   still.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> MergeReport {
        try session.ready(self, observer)
        try trial?.run(session, observer)
        let base = try session.writtenBase(), model = try session.model()
        let type = WeightType(session.recipe.merge.dtype)
        let proof = MergeProof(
            base, adapted: model, probe: try Self.probe(session),
            session.heldOutTexts == nil ? "built-in texts" : "held-out rows", session.bootstrap)
        let trainedBase = try session.requireAdapter("a merge").provenance?.baseDigest
        var report: MergeReport?
        var options = ModelOutputOptions(type: type, of: run)
        options.chatTemplates = try session.writtenTemplates()
        _ = try ModelMerger(base: base.weights, configuration: base.configuration).merge(
            model.lowRankDeltas, as: .huggingFaceFolder, into: output, options: options
        ) { result, staged in
            observer.receive(.stage("proof", detail: "the merged model, read back, against base + adapter"))
            let compared = try proof.compare(with: staged, type: type)
            let certificate = MergeCertificate(
                merge: result, weights: compared.weights, logits: compared.logits, losses: compared.losses,
                baseDigest: try session.base().weights.contentDigest(),
                baseQuantisation: base.weights.quantisationSummary,
                adapterBaseDigest: trainedBase)
            let proven = MergeReport(
                output: output.path, certificate: certificate, combination: session.adapter?.combination,
                survivingShare: compared.survivingShare,
                lost: NearNoOp(survivingShare: compared.survivingShare, gain: compared.gain).losses,
                allowsNearNoOp: session.recipe.merge.allowNearNoOp, warnings: session.told)
            try proven.requirePassed { try ways(session, result, staged) }
            try proven.write(into: staged)
            try ModelCard(
                .model, called: output.lastPathComponent, of: session, evaluation: session.evaluation,
                proof: proven.facts
            ).write(into: staged)
            report = proven
        }
        guard let report else { throw Failure(.internal, "\(path: output.path): the merge was not proven") }
        return report
    }

    /// What keeps a fine-tune that the merge loses; nil without an adapter.
    private func ways(_ session: Session, _ result: MergeResult, _ folder: URL) throws -> KeepingWays? {
        guard let adapter = session.adapter?.set else { return nil }
        let base = try session.writtenBase()
        let written = try StagedExport(folder, .huggingFaceFolder, result, of: base)
        return KeepingWays(
            asked: session.isOfRun ? .mergeKeys : .merge, format: .safetensors, type: result.type,
            wishes: ExportWishes(), adapter: adapter, model: AdaptedModel(try session.model()),
            isOfGGUF: base.weights is GGUFWeights, bytes: try written.byteCount
        ) { _ in nil }
    }

    private static func probe(_ session: Session) throws -> [TokenizedExample] {
        try MergeProbe.examples(session.heldOutTexts?.examples, of: session.base())
    }
}

extension MergeReport {
    /// Throws where the comparison says that the merged model is another than base + adapter, or where the fine-tune is lost in it.
    ///
    /// - Parameter ways: what keeps the fine-tune.
    func requirePassed(_ ways: () throws -> KeepingWays?) throws {
        guard !passed else { return }
        let isOther = !certificate.passed
        throw Failure(
            .badInput,
            "the merged model is \(isOther ? "not base + adapter" : "the base once more"), so it was not put in place:\n"
                + facts.joined(separator: "\n"),
            hint: isOther
                ? (certificate.merge.type == .fp32 ? nil : "merge.dtype: fp32 rounds least") : try ways()?.text)
    }

    /// Writes the certificate into the merged model's folder, and what was combined.
    fileprivate func write(into folder: URL) throws {
        try write(json, to: folder.appendingPathComponent("merge_certificate.json"))
        guard let combination else { return }
        try write(.object(combination.json), to: folder.appendingPathComponent(CombinationReport.fileName))
    }

    private func write(_ json: JSONValue, to file: URL) throws {
        try AtomicFile.write(Array((json.text(.pretty) + "\n").utf8), to: file)
    }
}
