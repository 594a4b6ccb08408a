// The comparison behind every load: nothing missing, nothing left over, every shape right, or all differences at once.

import WeightFiles

/// The differences between the tensors a model wants and those a file has.
struct StrictLoad {
    private(set) var problems: [AdapterError.Problem] = []
    /// Finding the nearest name is quadratic; an adapter for another model has hundreds of names that are all wrong.
    private static let nearestNameLimit = 16

    init(expected: [(name: String, shape: [Int])], found: [(name: String, shape: [Int])]) {
        let available = Dictionary(found.map { ($0.name, $0.shape) }) { first, _ in first }
        let wanted = Set(expected.map(\.name))
        let leftOver = found.map(\.name).filter { !wanted.contains($0) }
        for (name, shape) in expected {
            guard let other = available[name] else {
                problems.append(
                    AdapterError.Problem("is missing", subject: name, nearest: nearest(to: name, among: leftOver)))
                continue
            }
            if other != shape { problems.append(Self.misshapen(name, expected: shape, found: other)) }
        }
        let names = expected.map(\.name)
        for name in leftOver {
            problems.append(
                AdapterError.Problem(
                    "belongs to no adapter of the model", subject: name, nearest: nearest(to: name, among: names)))
        }
    }

    private func nearest(to name: String, among names: [String]) -> String? {
        problems.count < Self.nearestNameLimit ? closestName(to: name, among: names) : nil
    }

    /// A transposed factor is told by its shape; a square one cannot be told, its numbers fit both ways.
    private static func misshapen(_ name: String, expected: [Int], found: [Int]) -> AdapterError.Problem {
        AdapterError.Problem(
            found == Array(expected.reversed()) ? "is transposed" : "has another shape", subject: name,
            expected: "\(expected)", found: "\(found)")
    }
}
