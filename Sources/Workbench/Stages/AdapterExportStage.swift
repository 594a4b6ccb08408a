// Writing an adapter in another tool's form: what was written is read back before it takes its place.

internal import Adapters
internal import Files
public import Foundation
internal import Models
internal import Recipes
internal import Tensors
internal import Vocabulary

/// Writes the session's adapter.
public struct AdapterExportStage: StandaloneStage {
    private let form: any AdapterForm.Type
    private let type: DType
    private let target: ExportTarget
    private let output: URL
    /// The run that exports, which replaces no other run's; nil where none does.
    private let run: String?

    /// - Parameters:
    ///   - target: an adapter in some form.
    ///   - typeName: the type of the numbers, as far as the form has room for it; "auto": fp32.
    ///   - output: where it goes: a new place, or one that Lathe wrote.
    ///   - wishes: what is wanted of models, and refused here.
    /// - Throws: `Failure` for a type that the form has no room for, for a place that is called as another form, and for
    ///   wishes that hold for models alone.
    public init(
        _ target: ExportTarget, type typeName: String = "auto", to output: URL, wishes: ExportWishes = ExportWishes()
    ) throws {
        let format = try ExportStage.type(typeName, "--type")
        try OutputForm(WrittenForm(target: target)).require(output.path, "--out")
        try wishes.require(target)
        try wishes.calibration.requireNothing(since: "an adapter's numbers are rounded one by one")
        try self.init(target, type: format, to: output, of: nil, key: "--type", kind: .usage)
    }

    /// For a run, which has looked at its places.
    ///
    /// - Parameters:
    ///   - key: what named the type.
    ///   - kind: of the refusal of a type.
    init(
        _ target: ExportTarget, type: WeightType, to output: URL, of run: String?, key: String,
        kind: FailureKind = .badInput
    ) throws {
        guard let form = AdapterForms.named(target.format) else {
            throw Failure(.internal, "\(target.format.rawValue) is no form of adapters")
        }
        let numbers = try DType(type, in: form, key, kind)
        (self.form, self.type, self.target, self.output, self.run) = (form, numbers, target, output, run)
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        guard session.hasAdapter else {
            throw Failure(.usage, "export --format \(form.format.rawValue) needs --adapter")
        }
        try OutputPlaces(session.resolved, adapters: session.adapterPaths)
            .require([.init(key: "--out", url: output, form: WrittenForm(target: target).form)])
        try session.startComputing()
        let model = AdaptedModel(try session.model(.f32))
        let attached = try session.requireAdapter("an adapter's export")
        session.tell(attached.warnings, observer)
        _ = try form.requireRoom(for: attached.set, on: model, "--format")
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] { [memory.adapterExport()] }

    /// - Throws: `Failure` where the form has no room for the adapter, or what was read back is another one;
    ///   `PlaceError` for a place that is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> AdapterExportReport {
        try session.ready(self, observer)
        let attached = try session.requireAdapter("an adapter's export"), adapter = attached.set
        let model = AdaptedModel(try session.model())
        let fit = try form.requireRoom(for: adapter, on: model, "--format")
        try Folder.make(output.deletingLastPathComponent())
        let notes = AdapterNotes(
            baseName: try session.base().path, provenance: attached.provenance ?? AdapterProvenance())
        let deployment =
            form.format == .ggufLoRA ? try DeploymentFiles(besideAdapter: output, of: session, run: run) : nil
        let staged = try StagedOutput(output, isFolder: form.isFolder, .adapter, of: run)
        let finished = try form.write(adapter, notes, as: type, on: model, to: staged.place)
        var comparison: AdapterComparison?
        try staged.commit(finished, with: [deployment?.companion].compactMap(\.self)) { place in
            let found = AdapterComparison(adapter, readBack: try form.init(place).adapter(for: model))
            try require(found)
            comparison = found
            guard form.isFolder else { return }
            try ModelCard(
                form.format == .mlx ? .mlxAdapter : .adapter, called: output.lastPathComponent, of: session,
                evaluation: session.evaluation
            ).write(into: place)
        }
        guard let comparison else { throw Failure(.internal, "\(path: output.path): the adapter was not read back") }
        let written = try WrittenFiles(output, isFolder: form.isFolder)
        var report = AdapterExportReport(
            format: form.format, path: output.path, bytes: written.bytes, sha256: written.sha256, notes: fit.notes,
            comparison: comparison, warnings: session.told)
        report.deployment = try deployment?.placed()
        return report
    }

    /// Throws where what was read back is further from the adapter than its type's rounding.
    private func require(_ comparison: AdapterComparison) throws {
        let bound = AdapterComparison.bound(of: type)
        guard comparison.largestDifference > bound || comparison.largestDifference.isNaN else { return }
        throw Failure(
            .badInput,
            "\(path: output.path): what was written is another adapter, so it was not put in place: it differs by "
                + "\(comparison.largestDifference) of its largest numbers, and \(bound) is allowed",
            hint: type == .f32 ? nil : "--type fp32 rounds nothing")
    }
}
