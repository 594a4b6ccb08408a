// lathe-recipe(5): what a recipe may hold, for `man lathe-recipe`. Every key is what the schema says of it.

internal import JSON
internal import Workbench

/// The page of recipes.
struct RecipePage {
    private var page = Roff(title: "LATHE-RECIPE", section: 5, source: "Lathe \(Lathe.configuration.version)")

    /// The page as text for `man`.
    static func text() -> String {
        var page = RecipePage()
        page.write()
        return page.page.text
    }

    private mutating func write() {
        page.section("NAME", "lathe-recipe - what lathe run does, as a YAML file")
        writeDescription()
        page.section("KEYS")
        writeKeys(of: RecipeSchema().json, under: "")
        page.section("SEE ALSO", .bold("lathe"), "(1)")
    }

    private mutating func writeDescription() {
        page.section(
            "DESCRIPTION",
            """
            A recipe says which model is trained on which rows, how, and what is written. Only the model and the
            training rows must be given. A key that is mistyped, out of range or without effect is an error with its
            line and the nearest key.
            """)
        page.example(
            """
            name: desk
            model: { path: base.gguf }
            data:
              train: train.jsonl
              held_out: held_out.jsonl
            adapter: { r: 16, alpha: 32 }
            train: { epochs: 2, learning_rate: 2e-4 }
            merge: { enabled: true }
            """)
        page.paragraph(
            "Scalars are those of YAML 1.2. ", .bold("${NAME}"), " is taken from the environment, ",
            .bold("${NAME:-text}"), " with a text in its place. ", .bold("lathe recipe explain"), " ",
            .italic("RECIPE"), " prints the keys with their values, ", .bold("lathe recipe schema"),
            " a JSON Schema for editors, and ", .bold("--set"), " ", .italic("KEY=VALUE"), " overrides any key.")
    }

    /// Every key below `schema`, with the path that `--set` takes.
    private mutating func writeKeys(of schema: JSONValue, under path: String) {
        for (name, key) in Self.properties(of: schema) {
            page.item([.bold(path + name)], key["description"]?.string ?? "")
            writeKeys(of: key, under: path + name + ".")
        }
    }

    /// The keys that an object, or the elements of a list, may have.
    private static func properties(of schema: JSONValue) -> [JSONObject.Member] {
        if let object = schema["properties"]?.object { return object.members }
        if let element = schema["items"] { return properties(of: element) }
        return (schema["anyOf"]?.array ?? []).flatMap(properties)
    }
}
