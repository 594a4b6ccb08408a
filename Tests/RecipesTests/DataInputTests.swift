import Recipes
import Testing

private func load(_ data: String) throws(RecipeError) -> Recipe {
    try Recipe.load(yaml: "model: { path: b }\ndata:\n" + data, file: "r.yaml")
}

private func only(_ data: String) throws -> RecipeDiagnostic {
    do {
        _ = try load(data)
        throw Absent()
    } catch let error as RecipeError {
        #expect(error.diagnostics.count == 1, "\(error.diagnostics)")
        return try #require(error.diagnostics.first)
    }
}

private struct Absent: Error {}

@Suite struct DataInputTests {
    @Test func everyKeyOfInputsIsRead() throws {
        let recipe = try load(
            """
              mix:
                - { path: [a.jsonl, "b*.csv"], weight: 3 }
                - { path: c.txt, fields: { label: clickbait } }
              mix_exhausted: repeat
              layout: tsv
              encoding: gb18030
              quotes: none
              documents: paragraph
              column_names: [label, text]
              records: data
              max_bad_rows: 7
              train_on: last
              template: { prompt: "Q: {question}" }
              label_words: { "0": negative, 1: positive }
              columns: { chosen: better, rejected: worse, rating: stars }
              format: preference
              too_long: chunk

            """)
        let input = recipe.data.input
        #expect(input.mix.map(\.path) == [["a.jsonl", "b*.csv"], ["c.txt"]])
        #expect(input.mix.map(\.weight) == [3, 1])
        #expect(input.mix[1].fields == ["label": "clickbait"])
        #expect(input.mixExhausted == .repeat)
        #expect(input.layout == .tabSeparated && input.encoding == .gb18030 && input.quotes == .none)
        #expect(input.documents == .paragraph && input.columnNames == ["label", "text"])
        #expect(input.records == "data" && input.maxBadRows == 7)
        #expect(recipe.data.trainOn == .last && recipe.data.tooLong == .chunk && recipe.data.format == .preference)
        #expect(recipe.data.template == ["prompt": "Q: {question}"])
        #expect(recipe.data.labelWords == ["0": "negative", "1": "positive"])
        let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "again.yaml")
        #expect(again.data == recipe.data)
    }

    @Test func rolesAreRead() throws {
        let recipe = try load(
            "  train: a\n  roles: { client: user, counselor: assistant }\n  turn_roles: [user, assistant]\n")
        #expect(recipe.data.roles == ["client": .user, "counselor": .assistant])
        #expect(recipe.data.turnRoles == [.user, .assistant])
        #expect(try Recipe.load(yaml: recipe.resolvedYAML(), file: "again.yaml").data == recipe.data)
        #expect(try only("  train: a\n  roles: { client: customer }\n").keyPath == "data.roles.client")
        #expect(try only("  train: a\n  turn_roles: [asistant]\n").hint == "did you mean assistant?")
    }

    @Test func faultsOfInputsNameTheirPlace() throws {
        #expect(try only("  mix: a.jsonl\n").keyPath == "data.mix")
        #expect(try only("  mix: [{ weight: 2 }]\n").keyPath == "data.mix[0].path")
        #expect(try only("  mix: [{ path: a, weight: 0 }]\n").keyPath == "data.mix[0].weight")
        #expect(try only("  mix: [{ path: a, wieght: 1 }]\n").hint == "did you mean data.mix[0].weight?")
        #expect(try only("  train: a\n  mix: [{ path: a }]\n").kind == .conflict)
        #expect(try only("  train: a\n  encoding: utf8\n").hint == "did you mean utf-8?")
        #expect(try only("  train: a\n  max_bad_rows: -1\n").kind == .outOfRange)
        #expect(try only("  train: a\n  layout: xls\n").kind == .outOfRange)
        #expect(try only("  train: a\n  train_on: none\n").keyPath == "data.train_on")
        #expect(try only("  train: a\n  train_on: last\n  train_on_prompt: true\n").kind == .conflict)
        #expect(try only("  train: a\n  template: { promt: x }\n").hint == "did you mean data.template.prompt?")
        #expect(try only("  format: auto\n").keyPath == "data.train")
    }
}
