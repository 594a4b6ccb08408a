// `map`: fields built from templates, `{name}` standing for a field of the row.

internal import Datasets
internal import JSON
internal import Recipes

final class MapRows: RowStep {
    private let step: MapStep
    private let templates: [(field: String, template: FieldTemplate)]
    private let path: String

    init(_ step: MapStep, _ report: StepReport, next: any RowSink) throws {
        self.step = step
        let path = "data.steps[\(report.index)].map"
        self.path = path
        templates = try step.fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { field, text in
            do throws(FieldTemplateFault) { return (field, try FieldTemplate(text)) } catch {
                throw StepError(
                    path + ".fields." + field, "recipe", error.reason,
                    hint: "{name} stands for a field, {{ and }} for braces")
            }
        }
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        var built = step.keep ? row.fields : JSONObject()
        for (field, template) in templates {
            do throws(FieldTemplateFault) { built[field] = .string(try template.text(row.fields, ifNull: "")) } catch {
                throw StepError(path + ".fields." + field, row.place.description, error.reason)
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
