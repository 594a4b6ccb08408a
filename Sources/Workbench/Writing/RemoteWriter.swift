// A teacher behind an address, as a recipe names it.

internal import Foundation
internal import Recipes
internal import Synthesis

/// Opens a teacher that a server has.
enum RemoteWriter {
    /// - Throws: `Failure` where the address is none, or the variable that holds the key is missing.
    static func teacher(of recipe: Recipe) throws -> any TextTeacher {
        let remote = recipe.distill.writing.remote
        var key: String?
        if let name = remote.keyFrom {
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw Failure(
                    .badInput, "distill.key_from: the environment has no variable \(name)",
                    hint: "it holds the key of the teacher's server")
            }
            key = value
        }
        return try ChatCompletions(
            recipe.distill.teacher ?? "", recipe.distill.writing, key: key, seed: recipe.seed,
            context: TeacherContext(recipe.distill.context)?.text)
    }
}
