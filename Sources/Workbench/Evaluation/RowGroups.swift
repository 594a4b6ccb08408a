// Which held-out rows belong together: slices by a field's values, clusters that are drawn as one.

internal import Datasets
internal import Foundation
internal import JSON
internal import Recipes
internal import Spelling

/// The rows of a set by their fields.
struct RowGroups {
    /// Rows by the values of one field.
    struct Slices {
        let field: String
        /// Each value, sorted, with its rows.
        let values: [(value: String, rows: Set<Int>)]
    }

    private(set) var slices: [Slices] = []
    /// Of each row, its cluster; nil where rows stand alone.
    private(set) var clusters: [Int]?
    /// What a person should know, a line each.
    private(set) var notes: [String] = []

    /// More values than these are no slices.
    private static let mostValues = 100

    /// No groups.
    init() {}

    /// - Parameter mustHold: whether a field that no row has is an error.
    /// - Throws: `Failure` where a field fits no row, holds no single value, or has too many for slices.
    init(_ recipe: Recipe, _ rows: any RowList, mustHold: Bool) throws {
        let evaluate = recipe.evaluate
        for field in evaluate.slices {
            guard let values = try Self.values(of: field, rows, "evaluate.slices", mustHold, &notes) else { continue }
            var found: [String: Set<Int>] = [:]
            for (row, value) in values.enumerated() { if let value { found[value, default: []].insert(row) } }
            guard found.count <= Self.mostValues else {
                throw Failure(
                    .badInput,
                    "evaluate.slices: \(ShownText.name(field)) has \(found.count) values in the held-out rows, and a "
                        + "slice is one of \(Self.mostValues) at most",
                    hint: "name a field with few values; evaluate.cluster_by takes one with many")
            }
            let sorted = found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            slices.append(Slices(field: field, values: sorted.map { ($0.key, $0.value) }))
        }
        if let field = evaluate.clusterBy,
            let values = try Self.values(of: field, rows, "evaluate.cluster_by", mustHold, &notes)
        {
            var places: [String: Int] = [:]
            // A row without a value stands alone.
            clusters = values.enumerated().map { row, value in
                guard let value else { return values.count + row }
                return places[value]
                    ?? {
                        places[value] = places.count; return places.count - 1
                    }()
            }
        }
    }

    /// The field of each row as text; nil, said, where none has it.
    private static func values(
        of field: String, _ rows: any RowList, _ key: String, _ mustHold: Bool, _ notes: inout [String]
    ) throws -> [String?]? {
        let name = ShownText.name(field)
        var values: [String?] = []
        for row in 0..<rows.count {
            let value = try rows.fields(row)[field]
            switch value {
            case nil, .null?: values.append(nil)
            case .array?, .object?:
                throw Failure(
                    .badInput, "\(key): \(name) of \(try rows.row(row).place) is no single value",
                    hint: "name a field that holds a text or a number")
            case let value?: values.append(value.string ?? value.text())
            }
        }
        let missing = values.count { $0 == nil }
        if missing == values.count {
            let text = "\(key): no held-out row has a field \(name)"
            guard mustHold else {
                notes.append(text)
                return nil
            }
            let known = rows.count > 0 ? try rows.fields(0).members.map { ShownText.name($0.key) } : []
            throw Failure(
                .badInput, text,
                hint: known.isEmpty ? nil : "fields of the first row: " + known.joined(separator: ", "))
        }
        if missing > 0 {
            notes.append(
                "\(key): \(missing) of \(values.count) held-out rows have no \(name): "
                    + (key == "evaluate.slices" ? "they are in no slice" : "each stands alone"))
        }
        return values
    }
}
