// What decides every number of a run, so that a run only goes on from a checkpoint of its own.

/// The parts of a run's fingerprint by name, in a fixed order.
package struct RunFingerprint {
    private let parts: [(name: String, value: String)]

    package init(_ parts: [(name: String, value: String)]) { self.parts = parts }

    /// One line, as a checkpoint keeps it.
    package var text: String { parts.map { "\($0.name): \($0.value)" }.joined(separator: " | ") }

    /// What differs from the run whose fingerprint has `text`, in words: "threads (4 there, 2 here)".
    package func differences(from text: String) -> [String] {
        let found = Dictionary(
            text.components(separatedBy: " | ").compactMap { part in
                part.range(of: ": ").map { (String(part[..<$0.lowerBound]), String(part[$0.upperBound...])) }
            }, uniquingKeysWith: { first, _ in first })
        return parts.compactMap { name, value in
            guard let other = found[name] else { return name }
            guard other != value else { return nil }
            // A digest tells a person nothing.
            return value.count == 64 ? name : "\(name) (\(other) there, \(value) here)"
        }
    }
}
