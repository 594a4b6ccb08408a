// Which of a recipe's keys would do nothing, with their places: as far as the recipe tells, and once rows and model were looked at.

public import Vocabulary

/// What rows and model turned out to be.
public struct KnownRows: Sendable {
    /// How many rows go through the chat template.
    public enum Rendered: Sendable { case none, some, all }

    public var format: RowFormat
    /// Of the files; a key that acts on one of them acts.
    public var layouts: [InputLayout]
    public var rendered: Rendered
    /// Whether the chat template asks for the date.
    public var asksForDate: Bool

    public init(format: RowFormat, layouts: [InputLayout], rendered: Rendered, asksForDate: Bool) {
        self.format = format
        self.layouts = layouts
        self.rendered = rendered
        self.asksForDate = asksForDate
    }
}

extension RecipeDecoding {
    /// Every key that differs from its default and would do nothing.
    mutating func noteIdleKeys(in recipe: Recipe) -> [RecipeDiagnostic] {
        let found = recipe.idle(given: setKeys)
        notices += found.told
        return found.refused
    }
}

extension Recipe {
    /// Keys that do nothing now that it is known what the rows and their files are: what `auto` found, or the recipe said.
    ///
    /// - Returns: what is to be refused, and what is only to be told.
    public func idleKeys(_ rows: KnownRows) -> (refused: [RecipeDiagnostic], told: [RecipeDiagnostic]) {
        var known = self
        known.data.format = rows.format
        let each = rows.layouts.map { layout in
            known.data.input.layout = layout
            return known.idle(given: givenPlaces, rows)
        }
        guard let first = each.first else { return ([], []) }
        func everywhere(_ side: KeyPath<IdleFindings, [RecipeDiagnostic]>) -> [RecipeDiagnostic] {
            first[keyPath: side].filter { found in
                each.allSatisfy { $0[keyPath: side].contains { $0.keyPath == found.keyPath } }
            }
        }
        // What was told when the recipe was read is not told twice.
        let told = everywhere(\.told).filter { found in !notices.contains { $0.keyPath == found.keyPath } }
        return (everywhere(\.refused), told)
    }

    fileprivate struct IdleFindings {
        var refused: [RecipeDiagnostic] = []
        var told: [RecipeDiagnostic] = []
    }

    /// Every key among `places` that differs from its default and would do nothing.
    fileprivate func idle(given places: [String: RecipePlace], _ rows: KnownRows? = nil) -> IdleFindings {
        var findings = IdleFindings()
        let defaults = Dictionary(Recipe().values.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
        let hasOverrides = places.values.contains(where: \.isOverride)
        for (path, text) in values where defaults[path] != text {
            // Rows decide nothing about a merge; a merge that reads rows is asked for by a verb, not by `merge.enabled`.
            if rows != nil, path.hasPrefix("merge.") { continue }
            guard let place = Self.place(of: path, in: places),
                let reason = IdleKey.all.lazy.filter({ $0.path == path })
                    .compactMap({ $0.reason(self, rows) }).first
            else { continue }
            let found = RecipeDiagnostic(
                kind: .noEffect, place: place, keyPath: path, message: "has no effect: \(reason)")
            // An override is meant to win: what the file says for the case that it changes is only told.
            if !place.isOverride, hasOverrides { findings.told.append(found) } else { findings.refused.append(found) }
        }
        return findings
    }

    /// Where a key was given, or the first key in it.
    private static func place(of path: String, in places: [String: RecipePlace]) -> RecipePlace? {
        places[path]
            ?? places.filter { $0.key.hasPrefix(path + ".") }.map(\.value)
            .min { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
