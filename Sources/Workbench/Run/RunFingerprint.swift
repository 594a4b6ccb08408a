// What decides every number of a run, so that a run only goes on from a checkpoint of its own.

internal import Digests
package import JSON
internal import Recipes

/// The recipe's deciding keys and what else a run's numbers depend on, each by name, in a fixed order.
package struct RunFingerprint: Equatable, Sendable {
    /// The part that depends on the memory that is free.
    static let microBatch = "tokens of a micro-batch"
    /// The part that says how sums of a step are made, where that was otherwise in an earlier version of Lathe.
    static let arithmetic = "arithmetic of steps"

    /// Key → value as YAML.
    private let keys: JSONObject
    /// Rows, base and machine, in words → value or digest.
    private let parts: JSONObject

    package init(keys: [(path: String, text: String)], parts: [(name: String, value: String)]) {
        self.keys = JSONObject(keys.map { ($0.path, .string($0.text)) })
        self.parts = JSONObject(parts.map { ($0.name, .string($0.value)) })
    }

    /// Reads what `json` gives.
    package init?(_ json: JSONValue) {
        guard let keys = json["recipe"]?.object, let parts = json["parts"]?.object else { return nil }
        (self.keys, self.parts) = (keys, parts)
    }

    /// Reads what `text` gives.
    package init?(text: String) {
        guard let json = try? JSONValue(parsing: text) else { return nil }
        self.init(json)
    }

    package var json: JSONValue { ["recipe": .object(keys), "parts": .object(parts)] }

    /// One line, as a checkpoint keeps it.
    package var text: String { json.text() }

    /// SHA-256 of the deciding keys alone.
    package var recipeDigest: String { SHA256.hex(of: JSONValue.object(keys).text()) }

    /// The values of the parts `names`, in their order.
    /// - Precondition: it has them all.
    func parts(of names: [String]) -> [String] {
        names.map { name in
            guard let value = parts[name]?.string else { preconditionFailure("no part is called \(name)") }
            return value
        }
    }

    /// The value of the part `name`; nil where the run has none of the name.
    func part(_ name: String) -> String? { parts[name]?.string }

    /// What differs from `earlier`, in words: "train.learning_rate: 0.0002 → 0.0001".
    package func differences(from earlier: RunFingerprint) -> [String] {
        differencesOfKeys(from: earlier) + Self.differences(earlier.parts, parts)
    }

    /// What differs in the recipe, which is known before a row is read.
    package func differencesOfKeys(from earlier: RunFingerprint) -> [String] { Self.differences(earlier.keys, keys) }

    private static func differences(_ earlier: JSONObject, _ now: JSONObject) -> [String] {
        let names = now.members.map(\.key) + earlier.members.map(\.key).filter { now[$0] == nil }
        return names.compactMap { name in
            let (old, new) = (earlier[name]?.string, now[name]?.string)
            guard old != new else { return nil }
            // A digest tells a person nothing.
            if [old, new].contains(where: { $0?.count == 64 }) { return "\(name): other content" }
            return "\(name): \(short(old)) → \(short(new))"
        }
    }

    /// A value that fits into a line.
    private static func short(_ value: String?) -> String {
        guard let value else { return "not set" }
        return value.count <= 60 ? value : value.prefix(57) + "…"
    }
}
