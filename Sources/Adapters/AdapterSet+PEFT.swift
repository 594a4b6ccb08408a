// An adapter set from a PEFT directory, and into one.

internal import Files
public import Foundation
import JSON
public import Models
import Tensors
import WeightFiles

extension AdapterSet {
    /// The adapter in `directory`, made for `model`, its head included. Throws for anything missing, left over, mis-shaped or
    /// not finite.
    public convenience init(_ directory: PEFTDirectory, for model: LanguageModel) throws {
        let head = AdaptableLayer(
            path: LanguageModel.headPath, inputSize: model.configuration.width,
            outputSize: model.configuration.vocabularySize, weightType: model.headType)
        try self.init(directory, for: model.linearLayers.map(AdaptableLayer.init) + [head])
    }

    /// The adapter in `directory`, made for a model with the linear layers `layers`.
    public convenience init(_ directory: PEFTDirectory, for layers: [AdaptableLayer]) throws {
        do throws(AdapterError) {
            // Memory is taken for what the file holds, not for what the configuration claims.
            let held = directory.weights.tensors.reduce(0) { max($0, $1.shape.sizes.max() ?? 0) }
            for rank in [directory.configuration.rank] + directory.configuration.rankOverrides.map(\.value)
            where rank > max(held, Self.freeRank) {
                throw AdapterError(
                    "the rank is larger than any factor in the file", expected: "at most \(held)", found: "\(rank)")
            }
            try self.init(directory.configuration, for: layers)
        } catch {
            throw error.located(directory.url.appendingPathComponent(PEFTDirectory.configurationName).path)
        }
        let values = try directory.values()
        do throws(AdapterError) { try load(values) } catch {
            throw error.located(directory.weights.file.url.path)
        }
    }

    /// Up to this rank the strict load says more exactly what does not fit.
    private static var freeRank: Int { 64 }

    /// Writes the adapter as a PEFT directory: whole or not at all.
    ///
    /// A directory that is there is replaced only where its manifest shows that Lathe wrote all of it.
    ///
    /// - Parameters:
    ///   - baseName: what PEFT shall load as the base.
    ///   - run: the run that writes, which replaces no other run's.
    public func writePEFT(
        to url: URL, baseName: String?, provenance: AdapterProvenance, of run: String? = nil
    ) throws {
        let folder = try AtomicFolder(url, .adapter, of: run)
        func place(_ name: String) -> URL { folder.staging.appendingPathComponent(name) }
        let configuration = configuration.peftJSON(targetModules: targetModules, baseName: baseName)
        try Self.write(configuration, to: place(PEFTDirectory.configurationName))
        try writeWeights(to: place(PEFTDirectory.weightsName))
        try Self.write(provenance.json, to: place(AdapterProvenance.fileName))
        try folder.commit()
    }

    /// The shortest list that means the same modules to PEFT: names where every module of a name has an adapter, else paths.
    var targetModules: [String] {
        let rows = coverage.table.filter { $0.matchedCount > 0 }
        return rows.allSatisfy { $0.matchedCount == $0.totalCount } ? rows.map(\.kind) : coverage.matched
    }

    private func writeWeights(to url: URL) throws {
        // By key, as the reference writer orders them.
        let tensors = members.flatMap { zip($0.states, $0.slots) }.sorted { $0.1.name < $1.1.name }
        let writer = try SafetensorsWriter(
            url,
            entries: tensors.map { state, slot in
                .init(name: PEFTDirectory.keyPrefix + slot.name, dtype: .f32, shape: state.shape)
            })
        for (_, slot) in tensors { try writer.write(UnsafeRawBufferPointer(slab.values(slot).floats)) }
        try writer.finish()
    }

    private static func write(_ object: JSONObject, to url: URL) throws {
        try AtomicFile.write(Array((JSONValue.object(object).text(.pretty) + "\n").utf8), to: url)
    }
}
