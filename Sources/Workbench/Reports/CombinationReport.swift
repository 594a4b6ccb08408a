// What adapters were combined, and how: beside what was made of them, and in its report.

internal import Adapters
internal import Foundation
public import JSON
internal import Vocabulary

/// A combination of adapters.
public struct CombinationReport: Sendable {
    /// One of them.
    struct Adapter: Sendable {
        let path: String
        let weight: Double
        /// SHA-256 of what it holds.
        let digest: String
        let rank: Int
        /// Of the base that it was trained on, where it says.
        let baseDigest: String?
    }

    /// The file beside a merged model or a combined adapter.
    static let fileName = "merge_report.json"

    let settings: CombinationSettings
    let rank: Int
    let adapters: [Adapter]
    /// Of each two of them.
    let agreements: [AgreementReport]
    /// What rows said of it, where any were asked.
    var trial: CombinationTrialReport?

    init(_ settings: CombinationSettings, rank: Int, adapters: [Adapter], agreements: [AgreementReport]) {
        self.settings = settings
        self.rank = rank
        self.adapters = adapters
        self.agreements = agreements
    }

    /// The method; of one adapter alone none was needed.
    private var method: CombinationMethod? { adapters.count > 1 ? settings.method : nil }

    /// The members of the report.
    var json: JSONObject {
        var object = JSONObject([("method", method.map { .string($0.rawValue) } ?? .null)])
        if let method {
            if method.prunes { object["density"] = settings.density.map { .double($0) } ?? .null }
            if method.electsSigns { object["majority_sign_method"] = .string(settings.majoritySign.rawValue) }
            if method.choices.pruning == .random { object["seed"] = .integer(Int(truncatingIfNeeded: settings.seed)) }
        }
        object["rank"] = .integer(rank)
        object["adapters"] = .array(
            adapters.map { adapter in
                [
                    "path": .string(adapter.path), "weight": .double(adapter.weight),
                    "sha256": .string(adapter.digest), "rank": .integer(adapter.rank),
                    "base_sha256": adapter.baseDigest.map { .string($0) } ?? .null,
                ]
            })
        for (name, value) in trial?.members ?? [] { object[name] = value }
        if !agreements.isEmpty { object["agreement"] = .array(agreements.map(\.json)) }
        return object
    }

    /// What was combined, a line each, how it was chosen, and how well it goes together.
    var lines: [String] {
        var words = method.map { "combined by \($0.rawValue)" } ?? "weighted"
        if method?.prunes == true, let density = settings.density { words += String(format: ", density %g", density) }
        return [words + ", rank \(rank):"]
            + adapters.map { String(format: "  %g × ", $0.weight) + "\(path: $0.path) (rank \($0.rank))" }
            + (trial?.lines ?? []) + agreements.flatMap(\.lines)
    }
}

/// A combined adapter that was written.
public struct CombinedAdapterReport: Presentable {
    let output: String
    let combination: CombinationReport
    let warnings: [String]

    public var json: JSONValue {
        var object = combination.json
        object["output"] = .string(output)
        object["warnings"] = .array(warnings.map { .string($0) })
        return .object(object)
    }

    public var text: String { (combination.lines + ["combined adapter: \(path: output)"]).joined(separator: "\n") }
}
