// A LoRA from two models.

internal import ArgumentParser
internal import Foundation
internal import Workbench

struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Extract a LoRA adapter from a base and a model that was tuned from it.",
        discussion: """
            Of each linear layer's change the strongest directions are kept (SVD). What an adapter cannot hold, changed norms \
            and embeddings, is named.
            """)

    @Option(help: ModelOptions.modelHelp, completion: .file()) var model: String
    @Option(help: "The tuned model: a Hugging Face directory or a GGUF file.", completion: .file()) var tuned: String
    @Option(help: "The rank on every module.") var rank: Int?
    @Option(help: "In place of a rank: the share of each change's energy, ‖ΔW‖², that is kept.") var energy: Double?
    @Option(help: "Where the adapter goes (a new folder, or one that Lathe wrote).", completion: .directory)
    var out: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let stage = try ExtractStage(tuned: tuned, rank: rank, energy: energy, into: OutputPlaces.url(out))
        try common.show(
            stage, in: Session(try ResolvedRecipe(model: model, overrides: common.overrides, for: .extract)))
    }
}
