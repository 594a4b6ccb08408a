// An adapter set from a PEFT directory, and into one.

internal import Files
public import Foundation
public import JSON
public import Models
import Tensors
import Vocabulary
import WeightFiles

extension AdapterSet {
    /// The adapter in `directory`, made for `model`, its head included. Throws for anything missing, left over, mis-shaped or
    /// not finite.
    public convenience init(_ directory: PEFTDirectory, for model: LanguageModel) throws {
        let adapted = AdaptedModel(model)
        try self.init(directory, for: adapted.layers, beside: adapted.parameters)
    }

    /// The adapter in `directory`, made for a model with the linear layers `layers`.
    /// - Parameter parameters: what of the model can be trained beside it.
    public convenience init(
        _ directory: PEFTDirectory, for layers: [AdaptableLayer], beside parameters: [BaseParameter] = []
    ) throws {
        do throws(AdapterError) {
            // Memory is taken for what the file holds, not for what the configuration claims.
            let held = directory.weights.tensors.reduce(0) { max($0, $1.shape.sizes.max() ?? 0) }
            for rank in [directory.configuration.rank] + directory.configuration.rankOverrides.map(\.value)
            where rank > max(held, Self.freeRank) {
                throw AdapterError(
                    "the rank is larger than any factor in the file", expected: "at most \(held)", found: "\(rank)")
            }
            if let head = layers.first(where: { $0.path == LanguageModel.headPath }) {
                try directory.configuration.head?.requireWidth(head.inputSize)
            }
            try self.init(directory.configuration, for: layers, beside: parameters)
        } catch {
            throw error.located(directory.url.appendingPathComponent(PEFTDirectory.configurationName).path)
        }
        let held = HeldDirections(
            named: directory.heldDirections, of: AdapterMethod.of(directory.configuration.method))
        let values = try directory.values().map(held.widened)
        do throws(AdapterError) { try load(takenApart(turned(named(values))) + unwrittenNotes) } catch {
            throw error.located(directory.weights.file.url.path)
        }
    }

    /// The values under the names of the set's own slots. PEFT's names of a module are those of the class that was adapted: of the bare
    /// model (`encoder.layer.0.…`) or of it under a head (`bert.encoder.layer.0.…`).
    private func named(_ values: [PEFTValue]) -> [PEFTValue] {
        let slots = Set(slab.slots.map(\.name))
        func bare(_ name: String) -> String? { name.firstIndex(of: ".").map { String(name[name.index(after: $0)...]) } }
        let underHead = Dictionary(
            slab.slots.compactMap { slot in bare(slot.name).map { ($0, slot.name) } }
        ) { first, _ in first }
        return values.map { value in
            guard !slots.contains(value.name) else { return value }
            var value = value
            // Older versions of PEFT call biases after the layer itself.
            let ofBase = value.name.hasSuffix(".bias") ? value.name.dropLast(5) + ".base_layer.bias" : ""
            if slots.contains(ofBase) {
                value.name = ofBase
            } else if let name = underHead[value.name] ?? bare(value.name).flatMap({ slots.contains($0) ? $0 : nil }) {
                value.name = name
            }
            return value
        }
    }

    /// What a training keeps for itself, as before its first step.
    private var unwrittenNotes: [PEFTValue] {
        members.flatMap { member in
            zip(member.states, member.slots).filter { $0.0.isNote }.map { state, slot in
                var number: Float = 0
                if case .constant(let start) = state.start { number = start }
                return (slot.name, slot.rows, slot.columns, [Float](repeating: number, count: slot.count))
            }
        }
    }

    /// Weights that are trained whole as they are here, where files have them the other way.
    private func turned(_ values: [PEFTValue]) -> [PEFTValue] {
        let stored = Set(besideParts.filter(\.parameter.isTransposed).map(\.name))
        return values.map { value in
            guard stored.contains(value.name) else { return value }
            return (
                value.name, value.columns, value.rows,
                BesidePart.transposed(value.numbers, rows: value.rows, columns: value.columns)
            )
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
    ///   - reports: what else is to stand beside it, by the names of the files.
    ///   - texts: the same of files that are text.
    public func writePEFT(
        to url: URL, baseName: String?, provenance: AdapterProvenance, of run: String? = nil,
        reports: [(name: String, content: JSONObject)] = [], texts: [(name: String, content: String)] = []
    ) throws {
        let folder = try AtomicFolder(url, .adapter, of: run)
        try writePEFT(into: folder.staging, AdapterNotes(baseName: baseName, provenance: provenance), as: .f32)
        for report in reports {
            try JSONFile.write(report.content, to: folder.staging.appendingPathComponent(report.name))
        }
        for text in texts {
            try AtomicFile.write(Array(text.content.utf8), to: folder.staging.appendingPathComponent(text.name))
        }
        try folder.commit()
    }

    /// Writes the files of a PEFT directory into `folder`.
    func writePEFT(into folder: URL, _ notes: AdapterNotes, as type: DType) throws {
        // Vectors are made by the bare model, whose modules have no name before theirs.
        let isBare = notes.provenance.vectors != nil
        func peftName(_ name: String) -> String { isBare ? VectorNotes.bareName(name) : name }
        func place(_ name: String) -> URL { folder.appendingPathComponent(name) }
        var configuration = configuration.peftJSON(
            targetModules: targetModules.map(peftName), parameters: try parameterWords(), baseName: notes.baseName)
        if configuration["fan_in_fan_out"] != nil { configuration["fan_in_fan_out"] = .bool(isTransposed) }
        if self.configuration.beside.prompt != nil {
            let parameter = besideParts[0].parameter, sizes = parameter.keyValues
            configuration["token_dim"] = .integer(sizes?.width ?? parameter.columns)
            if let sizes {
                configuration["num_attention_heads"] = .integer(sizes.heads)
                configuration["num_layers"] = .integer(sizes.layers)
            }
        }
        let held = HeldDirections(self)
        if let key = AdapterMethod.of(self.configuration.method).words.heldDirections?.key {
            configuration[key] = held.json(peftName)
        }
        if notes.provenance.vectors != nil { configuration["task_type"] = .string(VectorNotes.peftTask) }
        if hasEncoder { configuration["task_type"] = .string(TaskKind.seq2seq.peftName) }
        try JSONFile.write(configuration, to: place(PEFTDirectory.configurationName))
        // By key, as the reference writer orders them.
        let tensors = members.filter { $0.parameter == nil }.flatMap { member in
            zip(member.states, member.slots).filter { !$0.0.isShared && !$0.0.isNote }.map { state, slot in
                member.tensor(state, slot, held) { [slab] in Array(slab.values(slot).floats) }
            }
        }
        let ofHead = headStates.map { state, slot in
            FactorTensor(name: slot.name, shape: state.shape) { [slab] in Array(slab.values(slot).floats) }
        }
        let shared = sharedStates.map { state, slot in
            FactorTensor(name: PEFTDirectory.sharedPrefix + slot.name, shape: state.shape) { [slab] in
                Array(slab.values(slot).floats)
            }
        }
        let ofModules = try (tensors + ofHead + besideTensors + parameterTensors()).sorted { $0.name < $1.name }.map {
            let prefix = $0.name == PromptTuning.tensorName ? "" : PEFTDirectory.keyPrefix
            return FactorTensor(name: prefix + peftName($0.name), shape: $0.shape, numbers: $0.numbers)
        }
        try (ofModules + shared).writeSafetensors(
            as: type, to: place(PEFTDirectory.weightsName), metadata: [("format", "pt")])
        var provenance = notes.provenance
        provenance.head = provenance.head ?? self.configuration.head
        try JSONFile.write(provenance.json, to: place(AdapterProvenance.fileName))
    }

    /// What is trained beside the factors, as PEFT's files have it.
    private var besideTensors: [FactorTensor] {
        zip(besideParts, besideSlots).map { part, slot in
            FactorTensor(name: part.name, shape: part.shape) { [slab] in part.stored(Array(slab.values(slot).floats)) }
        }
    }

    /// The shortest list that means the same modules to PEFT: names where every module of a name has an adapter, else paths. Not those
    /// that are parameters there.
    var targetModules: [String] {
        let parameters = Set(members.filter { $0.parameter != nil }.map(\.path))
        guard !parameters.isEmpty else { return Self.names(coverage.table) ?? coverage.matched }
        let kinds = Set(parameters.compactMap { $0.split(separator: ".").last.map(String.init) })
        let rows = coverage.table.filter { !kinds.contains($0.kind) }
        return Self.names(rows) ?? coverage.matched.filter { !parameters.contains($0) }
    }

    /// The kinds of which there are adapters; nil where one has fewer adapters than modules.
    private static func names(_ table: [TargetCoverage.Row]) -> [String]? {
        let rows = table.filter { $0.matchedCount > 0 }
        return rows.allSatisfy { $0.matchedCount == $0.totalCount } ? rows.map(\.kind) : nil
    }
}

extension AdapterSet.Member {
    /// What a file holds of a matrix, whose numbers are `numbers`.
    fileprivate func tensor(
        _ state: AdapterState, _ slot: MatrixSlot, _ held: HeldDirections, _ numbers: @escaping () -> [Float]
    ) -> FactorTensor {
        let part = held.sizes(of: state, in: path)
        guard part != (state.rows, state.columns) else {
            return FactorTensor(name: slot.name, shape: state.shape, numbers: numbers)
        }
        return FactorTensor(name: slot.name, shape: [part.rows, part.columns]) {
            held.cut(numbers(), of: state, in: path)
        }
    }
}
