// A model that is written and waits to take its place: read back as anybody would read it.

internal import Files
internal import Foundation
internal import Kernels
internal import JSON
internal import ModelExport
internal import Models
internal import Tensors
internal import WeightFiles

/// A written model before it takes its place.
struct StagedExport {
    /// The file or folder, under a name of its own.
    let url: URL
    let result: MergeResult
    let weights: any WeightSource
    let configuration: ModelConfiguration
    /// The whole model; nil for a form that holds weights alone.
    let opened: OpenedModel?

    /// Reads back what was written at `url`.
    ///
    /// - Parameter base: the model that it was made of.
    init(_ url: URL, _ format: ModelFormat, _ result: MergeResult, of base: OpenedModel) throws {
        self.url = url
        self.result = result
        if format.holdsConfiguration {
            let opened = try OpenedModel(url.path)
            (self.opened, weights, configuration) = (opened, opened.weights, opened.configuration)
        } else {
            opened = nil
            let names = base.configuration.weightNames
            weights = try HDF5Contents(url).weights { names?.form($0) ?? .asStored }
            var configuration = base.configuration
            if result.untiedHead { configuration.isTied = false }
            self.configuration = configuration
        }
    }

    /// The written model, ready to compute in fp32, its pages in memory only as long as a pass needs them.
    func languageModel() throws -> LanguageModel {
        let model: LanguageModel
        if let opened {
            model = try opened.languageModel(precision: .f32)
        } else {
            model = try LanguageModel(configuration: configuration, weights: weights, precision: .f32)
            try model.validateFinite(workspace: Workspace())
        }
        model.streamsWeights = true
        return model
    }

    /// Of the file, or of the files of the folder.
    var byteCount: Int {
        get throws {
            guard try FileForm(at: url) == .folder else { return try FileSize.bytes(ifThere: url) ?? 0 }
            return try (Folder.names(in: url) ?? []).reduce(0) { sum, name in
                try sum + (FileSize.bytes(ifThere: url.appendingPathComponent(name)) ?? 0)
            }
        }
    }

    /// The matrices with the types that the file names, in its order.
    var matrixTypes: [(path: String, type: String)] {
        weights.paths.compactMap { path in
            guard let shape = weights.shape(at: path), shape.rank > 1 else { return nil }
            return weights.typeName(at: path).map { (path, $0) }
        }
    }

    /// The share of the matrices' numbers that are floats.
    var floatShare: Double {
        var floats = 0, all = 0
        for (path, type) in matrixTypes {
            let count = weights.shape(at: path)?.elementCount ?? 0
            all += count
            if ["F32", "F16", "BF16"].contains(type) { floats += count }
        }
        return all > 0 ? Double(floats) / Double(all) : 0
    }

    /// The type of most numbers of the matrices, as the file names it.
    var typeName: String {
        var counts: [String: Int] = [:]
        for (path, type) in matrixTypes { counts[type, default: 0] += weights.shape(at: path)?.elementCount ?? 0 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "none"
    }
}

/// Something that is looked at before a written model takes its place. What each finds stands in the report; what
/// fails keeps the model out of its place.
protocol StagedCheck {
    func finding(on staged: StagedExport) throws -> CheckFinding
}

/// What a check found.
struct CheckFinding {
    /// What it adds to the `check` of the report.
    var members: [JSONObject.Member] = []
    /// The same for people.
    var lines: [String] = []
    /// What is wrong, one sentence each.
    var failures: [String] = []
}
