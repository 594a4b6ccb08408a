// One face for every kind of model file: weights under Hugging Face's names.

public import Tensors

/// Where a model's weights come from.
public protocol WeightSource: Sendable {
    /// The file or folder, for messages.
    var location: String { get }
    /// Hugging Face names of all weights, in the file's order.
    var paths: [String] { get }
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

    public var warnings: [String] { [] }
    public func contains(_ path: String) -> Bool { shape(at: path) != nil }
    public func releasePages(of path: String) {}

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
    let target = Array(name.utf8)
    var best: (name: String, distance: Int)?
    for candidate in names {
        let limit = best?.distance ?? max(3, target.count / 3) + 1
        let distance = editDistance(target, Array(candidate.utf8), below: limit)
        if distance < limit { best = (candidate, distance) }
    }
    return best?.name
}

/// Levenshtein's distance, or `limit` where it is not below.
func editDistance(_ a: [UInt8], _ b: [UInt8], below limit: Int) -> Int {
    guard abs(a.count - b.count) < limit else { return limit }
    var row = Array(0...b.count)
    for (i, byte) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        var smallest = row[0]
        for j in 0..<b.count {
            let replaced = diagonal + (byte == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
            smallest = min(smallest, row[j + 1])
        }
        if smallest >= limit { return limit }
    }
    return min(row[b.count], limit)
}
