// A LoRA out of two models, written in PEFT's form.

internal import Adapters
internal import Files
public import Foundation
internal import JSON
internal import Models
internal import WeightFiles

/// Extracts, of what a tuned model changed of the session's base, an adapter.
public struct ExtractStage: Stage {
    private let tuned: String
    private let size: ExtractedSize
    private let output: URL

    /// - Parameters:
    ///   - tuned: a Hugging Face directory or a GGUF file.
    ///   - rank: of the adapter, on every module.
    ///   - energy: in its place the share of each change that is to be held.
    ///   - output: where the adapter is to stand: a new folder, or one that Lathe wrote.
    /// - Throws: `Failure` unless one of rank and energy is given, and where the place's name says another form.
    public init(tuned: String, rank: Int?, energy: Double?, into output: URL) throws {
        try OutputForm.adapterFolder.require(output.path, "--out")
        switch (rank, energy) {
        case (let rank?, nil):
            let most = AdapterConfiguration.largestRank
            guard rank > 0, rank <= most else {
                throw Failure(.usage, "--rank \(rank): expected a whole number from 1 to \(most)")
            }
            size = .rank(rank)
        case (nil, let energy?):
            guard energy > 0, energy <= 1 else {
                throw Failure(.usage, "--energy \(energy): expected a share above 0, at most 1")
            }
            size = .energy(energy)
        default:
            throw Failure(
                .usage, "an extraction needs a rank or a share of the energy, and just one of them",
                hint: "--rank 16, or --energy 0.9")
        }
        self.tuned = tuned
        self.output = output
    }

    /// - Throws: before any work, for models that are none or do not fit each other and places that are not Lathe's; after
    ///   it, where no linear layer differs.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> ExtractionReport {
        try OutputPlaces(session.resolved, models: [tuned])
            .require([.init(key: "--out", url: output, form: .folder(.adapter))])
        try session.startComputing()
        let base = try session.base()
        guard try FileForm(at: tuned) != nil else {
            throw Failure(.missingInput, "the model \(path: tuned) does not exist", namedFile: tuned)
        }
        try NamedFolder(tuned).requireModel()
        let source = try openWeights(URL(fileURLWithPath: tuned))
        let model = try LanguageModel(configuration: base.configuration, weights: base.weights, precision: .f32)
        // A tied head is the embedding, also where a file repeats it.
        let layers = AdaptedModel(model).layers.filter {
            !base.configuration.isTied || $0.path != LanguageModel.headPath
        }
        let extraction = try AdapterExtraction(base: base.weights, tuned: source, size: size)
        observer.receive(.stage("extract", detail: "\(layers.count) linear layers"))
        let found = try extraction.adapter(for: layers) { done, total in
            observer.receive(.progress(done: done, total: total, unit: "layers"))
        }
        let warnings = base.weights.warnings + source.warnings + ExtractionReport.warnings(found.unheld)
        for warning in warnings { observer.receive(.warning(warning)) }
        let report = ExtractionReport(
            output: output.path, base: (base.path, try base.weights.contentDigest()),
            tuned: (tuned, try source.contentDigest()), modules: found.modules, unheld: found.unheld,
            warnings: warnings)
        try write(found.set, report, session)
        return report
    }

    private func write(_ set: AdapterSet, _ report: ExtractionReport, _ session: Session) throws {
        try Folder.make(output.deletingLastPathComponent())
        let base = try session.base()
        let provenance = AdapterProvenance(
            baseName: URL(fileURLWithPath: base.path).lastPathComponent, baseDigest: report.base.digest,
            baseQuantisation: base.weights.quantisationSummary)
        let card = try ModelCard(
            .adapter, called: output.lastPathComponent, of: session,
            adapter: AttachedAdapter(set: set, provenance: provenance))
        try set.writePEFT(
            to: output, baseName: base.path, provenance: provenance,
            reports: [(ExtractionReport.fileName, report.json.object ?? JSONObject())],
            texts: [(ModelCard.fileName, try card.text())])
    }
}
