// `lathe manual`: the pages that `man` shows.

internal import ArgumentParser

/// A page of the manual.
enum ManualPage: String, ExpressibleByArgument, CaseIterable {
    /// lathe(1): verbs, options, files, exit codes.
    case command
    /// lathe-recipe(5): the keys of recipes.
    case recipe
}

struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The manual, as a page for man: lathe manual | man -l -")

    @Argument(help: "The page: command or recipe.") var page = ManualPage.command

    func run() throws {
        try StandardOutput.write(page == .command ? CommandPage.text() : RecipePage.text())
    }
}
