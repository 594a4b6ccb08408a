// What `lathe init` found and wrote.

internal import Foundation
public import JSON
internal import Preparation
internal import Spelling

/// What is in the rows, what is to be learnt of them, and where the recipe is.
public struct BeginningReport: Presentable {
    let look: FileLook
    /// All that the columns allow, the likeliest first.
    let uses: [RowUse]
    let use: RowUse
    /// Rows that cannot be read so; nil where it is not asked.
    let unreadable: UnreadableRows?
    let base: BeginningBase
    /// The recipe's place, and how a person names it.
    let recipe: String
    let shownPath: String

    private let cover = PersonalDataCover()

    public var json: JSONValue {
        [
            "file": .string(look.path), "rows": .integer(look.rows), "bad_rows": .integer(look.input.badRows),
            "rows_looked_at": .integer(look.sample.count), "repeated_rows": .integer(look.repeated),
            "columns": .array(
                look.fields.map {
                    [
                        "name": .string(cover.text($0.name)), "types": .array($0.types.map { .string($0) }),
                        "rows": .integer($0.count), "mean_characters": .double($0.meanCharacters),
                        "longest": .integer($0.longest),
                    ]
                }),
            "rows_without": Self.counts((unreadable?.empty ?? []).map { (cover.text($0.column), $0.rows) }),
            "doubts": .array(look.doubts.map { .string($0) }),
            "unreadable_rows": .integer(unreadable?.problems.count ?? 0), "languages": Self.counts(look.languages),
            "personal_data": Self.counts(look.personal.map { ($0.kind.rawValue, $0.rows) }),
            "task": .string(use.purpose.rawValue), "format": .string(use.format.rawValue),
            "field_columns": .object(JSONObject(use.columns.map { ($0.field, .string($0.column)) })),
            "labels": Self.counts(labels), "possible_tasks": .array(uses.map { .string($0.purpose.rawValue) }),
            "base": .string(base.path), "base_is_there": .bool(base.opened != nil), "recipe": .string(recipe),
        ]
    }

    private static func counts(_ counted: [(name: String, rows: Int)]) -> JSONValue {
        .object(JSONObject(counted.map { ($0.name, .integer($0.rows)) }))
    }

    private var labels: [(name: String, rows: Int)] {
        guard use.purpose == .classification, let column = use.column("label") else { return [] }
        return (look.field(column)?.labels ?? []).map { (cover.text($0.name, under: "label"), $0.rows) }
    }

    public var text: String {
        let bad = look.input.badRows > 0 ? ", \(look.input.badRows) that cannot be read" : ""
        var lines = [
            "\(path: look.path): \(Count.text(look.rows, "row"))\(bad), \(Count.text(look.fields.count, "column"))"
        ]
        lines += look.fields.prefix(20).map(line)
        if look.fields.count > 20 { lines.append("  and \(look.fields.count - 20) more columns") }
        func share(_ counted: [(name: String, rows: Int)]) -> String {
            counted.prefix(6).map { "\(ShownText.name($0.name)) \($0.rows)" }.joined(separator: ", ")
                + (counted.count > 6 ? ", and \(counted.count - 6) more" : "")
        }
        let of = look.sample.count == look.rows ? "" : " (of the first \(look.sample.count) rows)"
        if !look.languages.isEmpty { lines.append("languages\(of): \(share(look.languages))") }
        if !look.personal.isEmpty {
            let found = share(look.personal.map { ($0.kind.rawValue, $0.rows) })
            lines.append("personal data\(of): \(found); the recipe masks it")
        }
        if look.repeated > 0 { lines.append("repeated rows\(of): \(look.repeated); the recipe leaves them out") }
        for (column, rows) in unreadable?.empty ?? [] {
            let name = ShownText.name(cover.text(column))
            lines.append("rows with nothing in \(name)\(of): \(rows); the recipe leaves them out")
        }
        if let problems = unreadable?.problems, !problems.isEmpty {
            lines.append("rows that cannot be read so\(of): \(problems.count); the recipe lets them be")
        }
        lines += look.doubts.map { "look at this: \($0)" }
        lines.append("to be learnt: \(use.purpose.meaning) (\(use.purpose.rawValue)), \(use.words)")
        if use.isGuess { lines.append("  a guess: the names of the columns do not say it") }
        if !labels.isEmpty { lines.append("labels\(of): \(share(labels))") }
        let others = uses.map(\.purpose.rawValue).filter { $0 != use.purpose.rawValue }
        if !others.isEmpty { lines.append("also possible: --task \(others.joined(separator: ", --task "))") }
        lines.append("base: \(path: base.path)" + (base.command.map { ", not there yet: \($0)" } ?? ""))
        lines.append("wrote \(path: shownPath)")
        lines.append("next: lathe plan \(path: shownPath), then lathe run \(path: shownPath)")
        return lines.joined(separator: "\n")
    }

    private func line(_ field: FieldLook) -> String {
        let name = ShownText.name(cover.text(field.name))
        let length = field.longest > 0 ? ", \(Int(field.meanCharacters.rounded())) characters on average" : ""
        let rows = field.count == look.sample.count ? "" : ", in \(field.count) of \(look.sample.count) rows"
        let classes = field.isFewClasses ? ", \(field.labels.count) different values" : ""
        let types = field.types.isEmpty ? "nothing" : field.types.joined(separator: " or ")
        return "  \(name): \(types)\(length)\(classes)\(rows)"
    }
}
