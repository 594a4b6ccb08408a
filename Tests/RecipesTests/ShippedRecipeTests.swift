import Foundation
import Recipes
import TestSupport
import Testing

@Suite struct ShippedRecipeTests {
    private static let files: [URL] = {
        let folder = packageRoot.appendingPathComponent("recipes")
        let all = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return all.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }()

    @Test func everyShippedRecipeIsReadAndReadsBack() throws {
        #expect(!Self.files.isEmpty)
        for file in Self.files {
            let recipe = try Recipe.load(
                yaml: try String(contentsOf: file, encoding: .utf8), file: file.lastPathComponent,
                environment: ["LATHE_DATA": "/data"])
            #expect(recipe.notices.isEmpty, "\(file.lastPathComponent)")
            #expect(!recipe.data.heldOut.isEmpty || recipe.data.valSize > 0, "\(file.lastPathComponent)")
            let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "resolved")
            #expect(again.resolvedYAML() == recipe.resolvedYAML(), "\(file.lastPathComponent)")
        }
    }

    @Test func publicSetsNeedTheirFolder() throws {
        let file = try #require(Self.files.first { $0.lastPathComponent == "health-medquad.yaml" })
        let yaml = try String(contentsOf: file, encoding: .utf8)
        let error = #expect(throws: RecipeError.self) { try Recipe.load(yaml: yaml, file: "health-medquad.yaml") }
        #expect(error?.diagnostics.first?.kind == .undefinedVariable)
        let recipe = try Recipe.load(
            yaml: yaml, file: "health-medquad.yaml", overrides: ["train.max_steps=null", "train.epochs=1"],
            environment: ["LATHE_DATA": "/data"])
        #expect(recipe.train.maxSteps == nil)
        #expect(recipe.train.epochs == 1)
        #expect(recipe.data.train == ["/data/health/medquad/medquad.jsonl.gz"])
    }
}
