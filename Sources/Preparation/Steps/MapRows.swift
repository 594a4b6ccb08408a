// `map`: fields built from templates, `{name}` standing for a field of the row.

internal import JSON
internal import Recipes

/// A text with places for fields.
struct FieldTemplate {
    private enum Part {
        case text(String)
        case field([String])
    }
    private var parts: [Part] = []

    /// - Throws: the reason as text where braces do not match.
    init(_ template: String) throws(TemplateFault) {
        var text = ""
        var rest = Substring(template)
        while let first = rest.first {
            rest = rest.dropFirst()
            switch first {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                text.append(first)
                rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw TemplateFault(reason: "a '{' is never closed") }
                let name = rest[..<end].trimmingPrefix { $0 == " " }
                guard !name.isEmpty, !name.contains("{") else {
                    throw TemplateFault(reason: "'{\(name)}' names no field; write {{ for a brace")
                }
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(.field(name.split(separator: ".").map { String($0) }))
                rest = rest[rest.index(after: end)...]
            case "}": throw TemplateFault(reason: "a '}' closes nothing; write }} for a brace")
            default: text.append(first)
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
    }

    /// The text with the row's values; texts as they are, other values as JSON, `null` as nothing.
    func text(_ fields: JSONObject) throws(TemplateFault) -> String {
        var output = ""
        for part in parts {
            switch part {
            case .text(let text): output += text
            case .field(let path):
                var value: JSONValue? = .object(fields)
                for name in path {
                    if case .array(let elements)? = value {
                        value = Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
                    } else {
                        value = value?[name]
                    }
                }
                guard let value else {
                    throw TemplateFault(reason: "the row has no field \"\(path.joined(separator: "."))\"")
                }
                if value.isNull { continue }
                output += value.string ?? value.text()
            }
        }
        return output
    }
}

/// Why a template gives no text.
struct TemplateFault: Error { var reason: String }

final class MapRows: RowStep {
    private let step: MapStep
    private let templates: [(field: String, template: FieldTemplate)]
    private let path: String

    init(_ step: MapStep, _ report: StepReport, next: any RowSink) throws {
        self.step = step
        let path = "data.steps[\(report.index)].map"
        self.path = path
        templates = try step.fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { field, text in
            do throws(TemplateFault) { return (field, try FieldTemplate(text)) } catch {
                throw StepError(path + ".fields." + field, "recipe", error.reason)
            }
        }
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        var built = step.keep ? row.fields : JSONObject()
        for (field, template) in templates {
            do throws(TemplateFault) { built[field] = .string(try template.text(row.fields)) } catch {
                throw StepError(path, row.place.description, error.reason)
            }
        }
        var row = row
        if built != row.fields {
            row.fields = built
            note { $0.rowsChanged += 1 }
        }
        try emit(row)
    }
}
