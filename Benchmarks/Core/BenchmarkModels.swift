// The models that steps are measured on: the base as it is, and the same in other files, made once by Lathe's own export.

import Foundation
import ModelExport
import Models
import Tensors
import Vocabulary
import WeightFiles

struct BenchmarkModels {
    /// The base model's file, if it is there.
    let base: String?
    /// How most of the base's weights are stored: "Q4_1".
    let quantisation: String
    /// stories260K, if it is there.
    var stories: String? {
        context.existing(context.options.data + "/models/stories260K/hf", "stories260K (LATHE_DATA)")?.path
    }
    private let context: Context
    private let scratch: URL

    init(_ context: Context) {
        let options = context.options
        base = context.existing(options.model, "SmolLM2-135M-Instruct (scripts/fetch_base_model.sh)")?.path
        let weights = base.flatMap { try? openWeights(URL(fileURLWithPath: $0)) }
        quantisation = weights.flatMap { $0.quantisationSummary.split(separator: " ").first.map(String.init) } ?? ""
        self.context = context
        scratch = URL(fileURLWithPath: options.scratch)
    }

    /// The model at `path`, with products in `precision`.
    static func load(_ path: String, _ precision: ElementType = .bf16) throws -> LanguageModel {
        let weights = try openWeights(URL(fileURLWithPath: path))
        return try LanguageModel(
            configuration: MeasureStep.configuration(of: weights), weights: weights, precision: precision)
    }

    /// The base as safetensors in `type` ("bf16" or "f32"), exported now if it was not before.
    func exported(_ type: String) -> String? {
        guard let base, let type = WeightType(rawValue: type) else { return nil }
        let name = URL(fileURLWithPath: base).deletingPathExtension().lastPathComponent
        let folder = scratch.appendingPathComponent("\(name)-\(type.rawValue)")
        if FileManager.default.fileExists(atPath: folder.path) { return folder.path }
        do {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
            try ModelMerger(base: openWeights(URL(fileURLWithPath: base)))
                .export(as: .huggingFaceFolder, into: folder, options: ModelOutputOptions(type: type))
            return folder.path
        } catch {
            context.report.note("left out: \(folder.path) could not be written: \(error)")
            return nil
        }
    }
}
