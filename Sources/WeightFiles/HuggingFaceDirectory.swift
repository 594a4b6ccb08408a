// A folder as Hugging Face lays it out: config.json, one safetensors file or several with an index, the tokenizer's files.

public import Foundation
public import JSON
public import Tensors

/// A model in a Hugging Face folder. All its weight files are opened and checked at once.
public final class HuggingFaceDirectory: WeightSource {
    public let url: URL
    /// The content of `config.json`.
    public let configuration: JSONValue
    public let shards: [SafetensorsFile]
    public let paths: [String]
    private let places: [[UInt8]: (shard: Int, entry: StoredTensor)]
    /// Tensors of which a shard holds a second copy that the index does not mean.
    private let staleNames: [String]
    private let digest = OnceCache<String>()
    private let form: @Sendable (String) -> StoredForm

    /// - Parameter convention: of the folder's weights, from the content of `config.json` and the names in its files.
    public init(
        _ url: URL, _ convention: (JSONValue, [String]) -> WeightConvention = { _, _ in WeightConvention() }
    ) throws(WeightError) {
        self.url = url
        configuration = try HuggingFaceDirectory.json(url.appendingPathComponent("config.json"))
        let index = url.appendingPathComponent("model.safetensors.index.json")
        let single = url.appendingPathComponent("model.safetensors")
        var weightMap: [JSONObject.Member] = []
        if try HuggingFaceDirectory.exists(single) {
            shards = [try SafetensorsFile(single)]
        } else if try HuggingFaceDirectory.exists(index) {
            weightMap = try HuggingFaceDirectory.weightMap(index)
            shards = try HuggingFaceDirectory.openShards(weightMap, index)
        } else {
            throw WeightError(
                file: url.path, "no weights", expected: "model.safetensors or model.safetensors.index.json",
                hint: "PyTorch .bin files are not read: save the model as safetensors")
        }
        let meant = Dictionary(weightMap.map { (Array($0.key.utf8), $0.value.string) }) { first, _ in first }
        var places: [[UInt8]: (shard: Int, entry: StoredTensor)] = [:]
        var stale: [String] = []
        for (number, shard) in shards.enumerated() {
            for entry in shard.tensors {
                let name = Array(entry.name.utf8)
                guard places[name] != nil else {
                    places[name] = (number, entry)
                    continue
                }
                guard let owner = meant[name] else {
                    throw WeightError(file: shard.file.path, "the tensor is in another shard too", tensor: entry.name)
                }
                stale.append(entry.name)
                if shard.file.url.lastPathComponent == owner { places[name] = (number, entry) }
            }
        }
        for (name, value) in weightMap {
            guard let place = places[Array(name.utf8)],
                shards[place.shard].file.url.lastPathComponent == value.string
            else {
                throw WeightError(
                    file: index.path, "the shard does not hold the tensor", tensor: name, found: value.string)
            }
        }
        let names = shards.enumerated().flatMap { number, shard in
            shard.names.filter { places[Array($0.utf8)]?.shard == number }
        }
        let convention = convention(configuration, names)
        form = convention.form
        paths = names.map(convention.path)
        self.places = Dictionary(
            zip(paths, names).compactMap { path, name in places[Array(name.utf8)].map { (Array(path.utf8), $0) } }
        ) { first, _ in first }
        staleNames = stale
    }

    public var location: String { url.path }

    /// The directory entry behind `path`.
    public func entry(at path: String) -> StoredTensor? { places[Array(path.utf8)]?.entry }
    public var byteCount: Int { paths.reduce(0) { $0 + (entry(at: $1)?.byteRange.count ?? 0) } }
    public var warnings: [String] {
        shards.flatMap { shard in
            shard.repeatedNames.map { "\(shard.file.path): \($0) stands twice in the header; the last entry counts" }
        } + (staleNames.isEmpty ? [] : [staleWarning])
    }
    private var staleWarning: String {
        let shown = staleNames.prefix(3).joined(separator: ", ") + (staleNames.count > 3 ? ", …" : "")
        return "\(url.path): \(staleNames.count) tensors stand in a second shard too, which the index does not name: "
            + shown
    }

    public func shape(at path: String) -> Shape? {
        entry(at: path).map { $0.shape.rank == 2 ? form(path).meaning($0.shape) : $0.shape }
    }

    public func typeName(at path: String) -> String? { entry(at: path)?.type.name }

    public func tensor(at path: String) throws(WeightError) -> FrozenTensor {
        guard let place = places[Array(path.utf8)] else { throw missing(path) }
        let form = place.entry.shape.rank == 2 ? form(path) : .asStored
        return try place.entry.frozen(in: shards[place.shard].file, as: path, form: form)
    }

    public func releasePages(of path: String) {
        guard let place = places[Array(path.utf8)] else { return }
        shards[place.shard].file.releasePages(place.entry.byteRange)
    }

    public func releasePages() {
        for shard in shards { shard.file.releasePages(shard.file.bytes.indices) }
    }

    public func contentDigest() throws(WeightError) -> String {
        digest.value {
            digestOfTensors(places.values.flatMap { shards[$0.shard].file.digestParts([$0.entry]) })
        }
    }

    // MARK: Files beside the weights

    /// The folder's file called `name`, nil if there is none: "tokenizer.json", "tokenizer_config.json",
    /// "generation_config.json", "chat_template.jinja", …
    public func fileURL(_ name: String) throws(WeightError) -> URL? {
        let file = url.appendingPathComponent(name)
        return try HuggingFaceDirectory.exists(file) ? file : nil
    }

    /// The content of the folder's JSON file `name`, nil if there is none.
    public func json(_ name: String) throws(WeightError) -> JSONValue? {
        guard let file = try fileURL(name) else { return nil }
        return try HuggingFaceDirectory.json(file)
    }

    // MARK: Reading

    private static func exists(_ url: URL) throws(WeightError) -> Bool { try WeightError.seen(url) != nil }

    private static func json(_ url: URL) throws(WeightError) -> JSONValue {
        let file = try MappedFile(url)
        do throws(JSONError) { return try JSONValue(parsing: file.bytes) } catch {
            throw WeightError(file: url.path, "not JSON: \(error)")
        }
    }

    private static func weightMap(_ index: URL) throws(WeightError) -> [JSONObject.Member] {
        guard let map = try json(index)["weight_map"]?.object else {
            throw WeightError(file: index.path, "no object `weight_map`")
        }
        if let twice = map.firstDuplicateKey { throw WeightError(file: index.path, "stands twice", tensor: twice) }
        guard !map.members.isEmpty else { throw WeightError(file: index.path, "`weight_map` is empty") }
        return map.members
    }

    /// The shards of the map, by name. A name that leads out of the folder is refused.
    private static func openShards(_ map: [JSONObject.Member], _ index: URL) throws(WeightError) -> [SafetensorsFile] {
        var names = Set<String>()
        for (tensor, value) in map {
            guard let name = value.string else {
                throw WeightError(
                    file: index.path, "shard name", tensor: tensor, expected: "a string", found: value.typeName)
            }
            guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")),
                !name.utf8.contains(0)
            else {
                throw WeightError(file: index.path, "a shard outside the folder", tensor: tensor, found: name)
            }
            names.insert(name)
        }
        var shards: [SafetensorsFile] = []
        for name in names.sorted() {
            shards.append(try SafetensorsFile(index.deletingLastPathComponent().appendingPathComponent(name)))
        }
        return shards
    }
}
