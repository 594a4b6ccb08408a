// How a combination of adapters was chosen, and what it comes to on the rows of each domain.

internal import Adapters
internal import Foundation
internal import JSON
internal import Spelling

/// Candidates and what was measured.
struct CombinationTrialReport: Sendable {
    /// A combination that was tried, with the loss of each domain.
    struct Candidate: Sendable {
        let trial: CombinationSearch.Trial
        let losses: [Double]
    }

    /// How weights and density were chosen.
    struct Search: Sendable {
        /// Of the domains.
        let names: [String]
        let candidates: [Candidate]
        let chosen: CombinationSearch.Trial
    }

    /// Losses on the rows of one domain.
    struct Domain: Sendable {
        let rows: NamedRows
        let rowCount: Int
        let targetTokens: Int
        let base: Double
        /// Of each adapter by itself, at its own scale.
        let alone: [Double]
        let combined: Double
    }

    let search: Search?
    let domains: [Domain]

    // MARK: Form

    /// The members of a report; adapters come in the report's own order.
    var members: [JSONObject.Member] {
        var members: [JSONObject.Member] = []
        if let search {
            members.append(
                (
                    "search",
                    [
                        "domains": .array(search.names.map { .string($0) }),
                        "evaluations": .integer(search.candidates.count),
                        "chosen": .object(JSONObject(Self.members(search.chosen))),
                        "candidates": .array(search.candidates.map { .object(Self.object($0, search.names)) }),
                    ]
                ))
        }
        return members + [("domains", .array(domains.map(Self.json)))]
    }

    private static func members(_ trial: CombinationSearch.Trial) -> [JSONObject.Member] {
        [
            ("weights", .array(trial.point.weights.map { .double($0) })),
            ("density", trial.point.density.map { .double($0) } ?? .null), ("loss", number(trial.loss)),
        ]
    }

    private static func object(_ candidate: Candidate, _ names: [String]) -> JSONObject {
        var object = JSONObject(members(candidate.trial))
        object["losses"] = .object(JSONObject(zip(names, candidate.losses).map { ($0, number($1)) }))
        return object
    }

    private static func json(_ domain: Domain) -> JSONValue {
        [
            "name": .string(domain.rows.name), "path": .string(domain.rows.path), "rows": .integer(domain.rowCount),
            "target_tokens": .integer(domain.targetTokens), "base": ["loss": number(domain.base)],
            "adapters": .array(domain.alone.map { ["loss": number($0)] }),
            "combined": ["loss": number(domain.combined)],
        ]
    }

    private static func number(_ value: Double) -> JSONValue { value.isFinite ? .double(value) : .null }

    /// What was chosen, and a table of the domains.
    var lines: [String] {
        var lines: [String] = []
        if let search {
            let weights = search.chosen.point.weights.map { String(format: "%g", $0) }.joined(separator: ", ")
            let density = search.chosen.point.density.map { String(format: ", density %g", $0) } ?? ""
            lines.append(
                "chosen of \(Count.text(search.candidates.count, "combination")): weights \(weights)\(density), "
                    + String(format: "mean loss %.4f", search.chosen.loss))
        }
        guard let first = domains.first else { return lines }
        let heads = ["base"] + first.alone.indices.map { "adapter \($0 + 1)" } + ["combined"]
        func row(_ name: String, _ cells: [String]) -> String {
            name.padding(toLength: 18, withPad: " ", startingAt: 0)
                + cells.map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }.joined()
        }
        return lines + [row("loss", heads)]
            + domains.map { domain in
                row(
                    domain.rows.name,
                    ([domain.base] + domain.alone + [domain.combined]).map { String(format: "%.4f", $0) })
            }
    }
}
