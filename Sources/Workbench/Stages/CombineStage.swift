// Several adapters written as one, in PEFT's form.

internal import Adapters
internal import Files
public import Foundation

/// Writes the session's combined adapter, with a report of what went into it.
public struct CombineStage: StandaloneStage {
    private let output: URL
    private let trial: CombinationTrial?

    /// - Parameters:
    ///   - output: where the adapter is to stand: a new folder, or one that Lathe wrote.
    ///   - trial: rows by which the adapters' weights are chosen and measured.
    /// - Throws: `Failure` where the name of the place says another form than a folder.
    public init(into output: URL, trying trial: CombinationTrial? = nil) throws {
        try OutputForm.adapterFolder.require(output.path, "--out")
        self.output = output
        self.trial = trial
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try OutputPlaces(session.resolved, adapters: session.adapterPaths)
            .require([.init(key: "--out", url: output, form: .folder(.adapter))])
        guard session.mixture != nil else {
            throw Failure(
                .usage, "one adapter at its own weight is written as it is",
                hint: "name several, or a weight: --adapter A=0.5; another form is lathe export's")
        }
        try session.startComputing()
        try trial?.open(session, observer)
        session.tell(try session.base().weights.warnings + session.requireAdapter("a combination").warnings, observer)
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        // The adapter is there already; what is written of it takes nothing more.
        [memory.forecast("merge", own: 0, mapped: 0)]
    }

    /// - Throws: `PlaceError` for a place that is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> CombinedAdapterReport {
        try session.ready(self, observer)
        try trial?.run(session, observer)
        let adapter = try session.requireAdapter("a combination")
        guard let combination = adapter.combination else {
            throw Failure(.internal, "the session's adapter is no combination")
        }
        let report = CombinedAdapterReport(output: output.path, combination: combination, warnings: session.told)
        try Folder.make(output.deletingLastPathComponent())
        try adapter.set.writePEFT(
            to: output, baseName: try session.base().path, provenance: adapter.provenance ?? AdapterProvenance(),
            reports: [(CombinationReport.fileName, combination.json)],
            texts: [(ModelCard.fileName, try ModelCard(.adapter, called: output.lastPathComponent, of: session).text())]
        )
        return report
    }
}
