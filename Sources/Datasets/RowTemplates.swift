// Fields built from other fields, by the templates of `data.template`.

internal import JSON

/// Templates by the field they build.
public struct RowTemplates: Sendable, Equatable {
    private let templates: [(field: String, template: FieldTemplate)]
    private let source: [String: String]

    public init(_ templates: [String: String]) throws(DatasetError) {
        var parsed: [(field: String, template: FieldTemplate)] = []
        for (field, text) in templates.sorted(by: { $0.key < $1.key }) {
            do throws(FieldTemplateFault) {
                parsed.append((field, try FieldTemplate(text)))
            } catch {
                throw DatasetError(
                    .template, RowPlace(file: "data.template.\(field)", line: 0), error.reason,
                    hint: "{name} stands for a field, {{ and }} for braces")
            }
        }
        self.templates = parsed
        source = templates
    }

    public static func == (left: RowTemplates, right: RowTemplates) -> Bool { left.source == right.source }

    /// The fields that the templates read.
    var sources: Set<String> { Set(templates.flatMap(\.template.sources)) }

    /// Builds the fields of `row`. Templates read what the file has, never one another's results.
    public func apply(to row: inout SourceRow) throws(DatasetError) {
        guard !templates.isEmpty else { return }
        let fields = row.fields
        for (field, template) in templates {
            do throws(FieldTemplateFault) {
                row.fields[field] = .string(try template.text(fields, ifNull: nil))
            } catch {
                throw DatasetError(.missingField, row.place, "data.template.\(field) \(error.reason)")
            }
        }
    }
}
