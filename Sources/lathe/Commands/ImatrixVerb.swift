// `lathe imatrix`.

internal import ArgumentParser
internal import Workbench

struct Imatrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Weigh a model's columns over rows: an importance matrix, as llama.cpp reads it.")

    @OptionGroup var options: ModelOptions
    @Option(help: "The rows that the model is used for.", completion: .file()) var data: String
    @Option(help: "The most tokens, spread over all rows; not given: as many as an export takes.") var tokens: Int?
    @Option(help: "Where it goes: a .imatrix or .gguf file, or .dat in llama.cpp's older form.", completion: .file())
    var out: String

    func run() throws {
        try options.common.show(
            ImatrixStage(tokens: tokens, to: OutputPlaces.url(out)), in: options.session(for: .imatrix, data: data))
    }
}
