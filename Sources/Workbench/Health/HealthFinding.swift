// What a run shows to be wrong: in words, with the numbers that say so and the key that helps.

public import JSON
internal import Foundation

/// Something that is wrong with a run, or likely so.
public struct HealthFinding: Sendable, Equatable {
    /// A number that says so, by its name.
    public struct Evidence: Sendable, Equatable {
        public let name: String
        public let value: Double

        init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
        init(_ name: String, _ value: Int) { self.init(name, Double(value)) }
    }

    /// Its short name: `rate_too_high`.
    public let name: String
    /// What was seen, with its numbers.
    public let words: String
    public let evidence: [Evidence]
    /// The step at which it shows; nil for what is so from the start.
    public let step: Int?
    /// The key of the recipe to change.
    public let key: String
    /// What to change it to.
    public let advice: String
    /// Names of findings that follow from this one, and are not told beside it.
    let explained: [String]

    init(
        _ name: String, _ words: String, _ evidence: [Evidence], step: Int? = nil, key: String, advice: String,
        explains explained: [String] = []
    ) {
        self.name = name
        self.words = words
        self.evidence = evidence
        self.step = step
        self.key = key
        self.advice = advice
        self.explained = explained
    }

    /// One line: "rate too high: the loss rose … (train.learning_rate: a tenth of it)".
    public var line: String { "\(name.replacing("_", with: " ")): \(words) (\(key): \(advice))" }

    public var json: JSONValue {
        var object = JSONObject([("name", .string(name)), ("words", .string(words))])
        if let step { object["step"] = .integer(step) }
        object["evidence"] = .object(
            JSONObject(evidence.map { ($0.name, $0.value.isFinite ? .double($0.value) : .null) }))
        object["key"] = .string(key)
        object["advice"] = .string(advice)
        return .object(object)
    }

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let words = json["words"]?.string, let key = json["key"]?.string,
            let advice = json["advice"]?.string
        else { return nil }
        self.init(
            name, words,
            (json["evidence"]?.object?.members ?? []).map { Evidence($0.key, $0.value.double ?? .nan) },
            step: json["step"]?.integer, key: key, advice: advice)
    }
}
