// Recipes that a person writes in the page: checked, planned and begun by the command itself.

internal import Files
internal import Foundation
internal import JSON

/// What is asked of a recipe's text.
struct StudioRecipes: Sendable {
    let runs: StudioRuns
    let command: StudioCommand

    func check(_ text: String) async throws -> JSONValue {
        try await command.withFile("run.yaml", text) { try await command.json(["recipe", "check", $0]) }
    }

    /// The plan in numbers, and in the command's words.
    func plan(_ text: String) async throws -> JSONValue {
        try await command.withFile("run.yaml", text) { try await command.json(["plan", $0]) }
    }

    /// Writes the recipe into the workplace and begins its run: the command line does the same with that file.
    func start(_ text: String) async throws -> JSONValue {
        try runs.requireStarts()
        guard let name = try await check(text)["name"]?.string else { throw StudioError(500, "the recipe has no name") }
        try StudioFolder.requireName(name)
        let file = name + ".yaml", place = command.workplace.appendingPathComponent(file)
        if let earlier = try WholeFile.bytes(ifThere: place) {
            guard earlier == Array(text.utf8) else {
                throw StudioError(409, "\(file) is there and says something else; give this run another name")
            }
        } else {
            try StudioFolder.create(place, Array(text.utf8))
        }
        return try runs.start(name, recipe: file)
    }
}
