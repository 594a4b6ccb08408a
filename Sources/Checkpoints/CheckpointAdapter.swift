// An adapter in an HDF5 file: that of a training's checkpoint, or one written alone, in the same places:
//
//     /adapter_configuration /parameters    texts; PEFT's words for the adapter, and the names of its matrices, a line each
//     /adapter/<module>/lora_A              values

public import Adapters
public import Foundation
internal import HDF5Files
internal import JSON
public import Tensors
internal import Training
public import Vocabulary

/// An HDF5 file that holds an adapter.
public struct CheckpointAdapter: Sendable {
    private let url: URL
    public let configuration: AdapterConfiguration
    /// Whether it is the state of a training, which a run could go on from; else the adapter alone.
    public let isOfTraining: Bool
    public let provenance: AdapterProvenance?
    private let values: Values

    private typealias Values = [(name: String, rows: Int, columns: Int, numbers: [Float])]

    private static let configurationText = "/adapter_configuration", names = "/parameters"
    private static let provenanceKey = "lathe_provenance"
}

extension CheckpointAdapter: AdapterForm {
    public static var format: ExportFormat { .hdf5 }
    public static var words: String { "a checkpoint" }
    public static var isFolder: Bool { false }
    public static var fileExtension: String? { "h5" }
    public static var methods: [AdapterMethodKind] { AdapterMethodKind.allCases }
    public static var types: [DType] { [.f32] }

    public static func isAt(_ url: URL) throws -> Bool { SealedFile.isCheckpoint(url.path) }

    public var head: SavedHead? { configuration.head }

    public var decidingFiles: [URL] { [url] }

    // MARK: Reading

    public init(_ url: URL) throws {
        let content = try Checkpoint.read(url) { file throws(HDF5Failure) in try Self.content(of: file) }
        if let reason = content.snapshot?.contradiction { throw CheckpointError(file: url.path, .inconsistent(reason)) }
        func refusal(_ error: some Error) -> CheckpointError {
            CheckpointError(file: url.path, .inconsistent("\(error)"))
        }
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: content.configuration) } catch { throw refusal(error) }
        do throws(AdapterError) { configuration = try AdapterConfiguration(peft: json) } catch { throw refusal(error) }
        do throws(AdapterError) {
            provenance = try json[Self.provenanceKey].map { json throws(AdapterError) in
                try AdapterProvenance(json: json)
            }
        } catch { throw refusal(error) }
        // What a run hands on are the values of its best evaluation, where it had one.
        values = content.snapshot?.deliveredValues ?? content.values
        isOfTraining = content.snapshot != nil
        self.url = url
    }

    private static func content(
        of file: HDF5File
    ) throws(HDF5Failure) -> (configuration: String, values: Values, snapshot: TrainingSnapshot?) {
        let configuration: String = try file.text(configurationText)
        guard !file.contains(Checkpoint.progressGroup) else {
            return (configuration, [], try Checkpoint.snapshot(in: file))
        }
        var values: Values = []
        for name in try file.text(names).split(separator: "\n").map(String.init) {
            let matrix = try file.floats(Checkpoint.path(of: name, in: Checkpoint.valuesTree))
            values.append((name, matrix.rows, matrix.columns, matrix.values))
        }
        return (configuration, values, nil)
    }

    public func adapter(for model: AdaptedModel) throws -> AdapterSet {
        do throws(AdapterError) {
            let set = try AdapterSet(configuration, for: model.layers, beside: model.parameters)
            try set.load(values)
            // Whoever reads it trains no further from the start.
            return try set.withoutOrigin()
        } catch { throw error.located(url.path) }
    }

    // MARK: Writing

    public static func fit(_ adapter: AdapterSet, on model: AdaptedModel) throws(AdapterError) -> AdapterFit {
        try requireRoom(for: adapter.configuration.method)
        return .asItIs(adapter)
    }

    public static func write(
        _ adapter: AdapterSet, _ notes: AdapterNotes, as type: DType, on model: AdaptedModel, to place: URL
    ) throws -> URL {
        let configuration = adapter.checkpointText(notes), slab = adapter.slab
        let image: [UInt8]
        do throws(HDF5Failure) {
            let file = try HDF5File()
            try file.write(configuration, to: configurationText)
            try file.write(slab.slots.map(\.name).joined(separator: "\n"), to: names)
            try Checkpoint.write(
                slab.slots.map { ($0.name, $0.rows, $0.columns, Array(slab.values($0).floats)) }, to: file,
                tree: Checkpoint.valuesTree)
            image = try file.image()
        } catch { throw CheckpointError(file: place.path, .cannotMake("\(error)")) }
        return try SealedFile.stage(image, for: place)
    }
}

extension AdapterSet {
    /// What a checkpoint keeps of the adapter beside its numbers: PEFT's words, with where it comes from.
    public func checkpointText(_ notes: AdapterNotes) -> String {
        var json = configuration.complete(
            configuration.peftJSON(targetModules: coverage.matched, baseName: notes.baseName))
        json["lathe_provenance"] = .object(notes.provenance.json)
        return JSONValue.object(json).text()
    }
}
