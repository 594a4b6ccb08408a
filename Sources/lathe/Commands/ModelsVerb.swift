// `lathe models`.

internal import ArgumentParser
internal import Workbench

struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The base models that are there, and those known by name, with size, licence and languages.")

    @Argument(help: "The folder to look in; not given: \(FetchStage.usualPlace).", completion: .directory)
    var folder: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.requireNoOverrides("lathe models")
        try common.show(try ModelCatalogue(folder))
    }
}
