// Merging with a certificate: the merged model is loaded again from its files and compared with base + adapter.

internal import Datasets
internal import Evaluation
internal import Files
public import Foundation
public import JSON
internal import ModelExport
internal import Models
internal import Recipes
internal import Spelling
internal import Tokenizers
internal import WeightFiles

/// Merges an adapter into its base and proves it.
public struct MergeStage {
    private let recipe: Recipe
    private let opened: OpenedModel
    private let model: LanguageModel
    /// The digest of the base that the adapter was trained on, where it says.
    private let trainedBase: String?
    private let probe: [TokenizedExample]
    private let observer: any RunObserver
    private let warnings: [String]
    /// Keeps an adapter from disk alive.
    private var attached: AttachedAdapter?

    /// For an adapter on disk.
    ///
    /// - Parameter output: where the merged model is to stand, which is looked at before any work.
    public init(_ resolved: ResolvedRecipe, adapter path: String, into output: URL, observer: any RunObserver) throws {
        try OutputForm.huggingFaceFolder.require(output.path, "--out")
        let recipe = resolved.recipe
        try OutputPlaces(resolved, adapter: path).require([.init(key: "--out", url: output, form: .folder(.model))])
        try Compute.start(recipe)
        let opened = try OpenedModel(recipe.model.path)
        // The comparison is about the weights, so it is computed as exactly as can be.
        let model = try opened.languageModel(precision: .f32)
        let attached = try AttachedAdapter(path, to: model, base: opened)
        for warning in opened.weights.warnings + attached.warnings { observer.receive(.warning(warning)) }
        try self.init(
            recipe, opened: opened, model: model, trainedBase: attached.provenance?.baseDigest, probe: nil,
            observer: observer,
            warnings: opened.weights.warnings + attached.warnings)
        self.attached = attached
        let memory = StageMemory(opened, parameters: attached.set.slab.count)
        let stages = [
            try memory.writing("merge"), memory.proof(model, probe: self.probe, type: recipe.merge.dtype),
        ]
        try stages.requireWithin(recipe.train.memoryLimitBytes, ofRecipe: false)
    }

    /// For an adapter that is attached to `model`; the probe is the first of `probe`, or texts of our own.
    init(
        _ recipe: Recipe, opened: OpenedModel, model: LanguageModel, trainedBase: String?, probe: (any ExampleSource)?,
        observer: any RunObserver, warnings: [String] = []
    ) throws {
        self.recipe = recipe
        self.opened = opened
        self.model = model
        self.trainedBase = trainedBase
        self.probe = try Self.probe(probe, opened.tokenizer)
        self.observer = observer
        self.warnings = warnings
    }

    /// Writes the merged model and compares it before it takes its place, with its certificate in it. A merge that does not pass
    /// changes nothing: what stood at `output` before stands there still.
    ///
    /// - Parameter run: the run that merges, which replaces no other run's; `nil` where none does.
    public func run(into output: URL, of run: String? = nil) throws -> MergeReport {
        let options = ModelOutputOptions(type: ExportType(recipe.merge.dtype), of: run)
        var report: MergeReport?
        _ = try ModelMerger(base: opened.weights, configuration: opened.configuration).merge(
            model.lowRankDeltas, as: .huggingFaceFolder, into: output, options: options
        ) { result, staged in
            let proven = MergeReport(
                output: output.path, certificate: try certify(result, staged), warnings: warnings)
            guard proven.passed else {
                throw Failure(
                    .badInput,
                    "the merged model is not base + adapter, so it was not put in place:\n"
                        + proven.facts.joined(separator: "\n"),
                    hint: result.type == .f32 ? nil : "merge.dtype: fp32 rounds least")
            }
            let file = staged.appendingPathComponent("merge_certificate.json")
            try AtomicFile.write(Array((proven.json.text(.pretty) + "\n").utf8), to: file)
            report = proven
        }
        guard let report else { throw Failure(.internal, "\(output.path): the merge was not proven") }
        return report
    }

    /// Loads the merged model from its files and compares it.
    private func certify(_ result: MergeResult, _ output: URL) throws -> MergeCertificate {
        observer.receive(.stage("proof", detail: "the merged model, read back, against base + adapter"))
        let proof = try MergeProof(opened, adapted: model, probe: probe)
            .compare(with: output, type: ExportType(recipe.merge.dtype))
        return MergeCertificate(
            merge: result, weights: proof.weights, logits: proof.logits, losses: proof.losses,
            baseDigest: try opened.weights.contentDigest(), baseQuantisation: opened.weights.quantisationSummary,
            adapterBaseDigest: trainedBase)
    }

    /// Tokens of the longest sequence of a probe.
    private static let longest = 128
    /// Sequences of a probe, at most.
    private static let mostSequences = 12
    /// Tokens of a probe, at most.
    static let probeRows = mostSequences * longest

    /// A handful of short sequences: of the held-out rows, or of our own texts.
    static func probe(_ rows: (any ExampleSource)?, _ tokenizer: Tokenizer) throws -> [TokenizedExample] {
        let examples = try rows?.first(64) ?? []
        if !examples.isEmpty {
            let cut = examples.map { example in
                TokenizedExample(
                    ids: Array(example.ids.prefix(Self.longest)),
                    isTarget: Array(example.isTarget.prefix(Self.longest)),
                    place: example.place, index: example.index, part: example.part)
            }
            let useful = cut.filter { $0.targetCount > 0 }
            if !useful.isEmpty { return Array(useful.prefix(mostSequences)) }
        }
        return texts.enumerated().compactMap { index, text in
            let ids = Array(tokenizer.encode(text, addSpecialTokens: true).ids.prefix(Self.longest))
            guard ids.count > 1 else { return nil }
            return TokenizedExample(
                ids: ids, isTarget: ids.indices.map { $0 > 0 }, place: RowPlace(file: "probe", line: index + 1),
                index: index)
        }
    }

    private static let texts = [
        "The patient reports a mild headache since Tuesday, no fever, and has taken nothing for it so far.",
        "Our order arrived with a broken handle. Could you send a replacement before the end of the week?",
        "The town council voted last night to keep the library open on Sundays, after months of debate.",
        "Once upon a time there was a small boat that wanted to see what lies behind the horizon.",
        "To make the dough, mix flour, water, salt and a little yeast, then let it rest until it has doubled.",
        "In 1987 the river rose by 4.2 metres within two days; 13 bridges were closed.",
    ]
}

/// A merge and its certificate.
public struct MergeReport: Presentable {
    let output: String
    let certificate: MergeCertificate
    let warnings: [String]

    var passed: Bool { certificate.passed }

    public var json: JSONValue {
        var object = certificate.json.object ?? JSONObject()
        object["output"] = .string(output)
        object["warnings"] = .array(warnings.map { .string($0) })
        return .object(object)
    }

    /// Once: the warnings were said when they were found.
    public var text: String { (facts + ["merged model: \(ShownText.name(output))"]).joined(separator: "\n") }

    /// What was merged and how it compares.
    var facts: [String] {
        let merge = certificate.merge
        let logits = certificate.logits
        let losses = certificate.losses
        let lines = [
            "merged: \(merge.tensorsApplied) of \(merge.tensorsExpected) factor pairs applied, "
                + String(format: "‖ΔW‖ %.4g, ", merge.deltaNorm) + merge.type.rawValue,
            "weights, read back: \(certificate.weights.count) compared, \(certificate.weights.strayCount) are not base + adapter "
                + "rounded to \(merge.type.rawValue)",
            String(
                format:
                    "against base + adapter: logits differ by %.2e on average, %.2e at most, same first choice %.2f%%",
                logits.meanDifference, logits.maximumDifference, 100 * logits.topAgreement),
            String(
                format: "probe loss: base %.4f, base + adapter %.4f, merged %.4f: ", losses.base, losses.adapter,
                losses.merged)
                + (passed ? "passed" : "FAILED"),
        ]
        return lines + certificate.failures
    }
}
