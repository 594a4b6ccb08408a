// One face for every kind of model file: weights under Hugging Face's names.

internal import Spelling
public import Tensors

/// Where a model's weights come from.
public protocol WeightSource: Sendable {
    /// The file or folder, for messages.
    var location: String { get }
    /// Hugging Face names of all weights, in the file's order.
    var paths: [String] { get }
    /// Tensors of the file that are none of a model's weights, by their names there.
    var otherNames: [String] { get }
    /// What a person should know of the files: names that stand twice.
    var warnings: [String] { get }
    /// Bytes of all weights as stored.
    var byteCount: Int { get }
    /// The shape of the weight called `path`; nil if there is none.
    func shape(at path: String) -> Shape?
    /// The type of the weight called `path`, as its file names it ("BF16", "Q4_1"), supported or not.
    func typeName(at path: String) -> String?
    /// The weight called `path`; throws if it is missing (naming the closest) or of a type that cannot be computed with.
    func tensor(at path: String) throws(WeightError) -> FrozenTensor
    /// SHA-256 over all weights: the identity of a base, whatever else its file says. Computed once.
    func contentDigest() throws(WeightError) -> String
    /// Tells the system that the weight's bytes will not be needed soon, so that a pass over a big file keeps little in memory.
    func releasePages(of path: String)
    /// The same of all weights.
    func releasePages()
}

extension WeightSource {
    /// The weight called `path`, which must have `shape`.
    public func tensor(at path: String, shape: Shape) throws(WeightError) -> FrozenTensor {
        if let found = self.shape(at: path), found != shape {
            throw WeightError(
                file: location, "wrong shape", tensor: path, expected: shape.description, found: found.description)
        }
        return try tensor(at: path)
    }

    public var otherNames: [String] { [] }
    public var warnings: [String] { [] }
    public func contains(_ path: String) -> Bool { shape(at: path) != nil }
    public func releasePages(of path: String) {}
    public func releasePages() {}

    /// The error for a weight that is not there.
    public func missing(_ path: String) -> WeightError {
        WeightError(
            file: location, "no such tensor", tensor: path,
            hint: closestName(to: path, among: paths).map { "the closest name is \($0)" })
    }

    /// How the weights are stored: "Q4_1 210, F32 61, Q8_0 1", the most frequent type first.
    public var quantisationSummary: String {
        var counts: [String: Int] = [:]
        for path in paths {
            if let name = typeName(at: path) { counts[name, default: 0] += 1 }
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }.joined(
            separator: ", ")
    }
}

/// The name among `names` with the fewest edits to `name`; nil where nothing is near.
public func closestName(to name: String, among names: [String]) -> String? {
    Spelling.nearest(to: name, among: names, most: max(3, name.utf8.count / 3))
}
