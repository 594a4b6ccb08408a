// `lathe fetch`.

internal import ArgumentParser
internal import Workbench

struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Get a model into \(FetchStage.usualPlace), with its digest: from a hub, an address or a place.",
        discussion: """
            NAME is OWNER/NAME on the hub, an address that begins with https:// or http:// (a GGUF file, or the folder of a model), or
            a path. Only what is needed comes: configuration, tokenizer, safetensors, or one GGUF file. What was begun is gone on
            with, each file is held against what the hub says of it, and the model takes its place whole.

            HF_ENDPOINT names another hub, HF_TOKEN holds the key for it, SSL_CERT_FILE the certificates that are trusted, and
            LATHE_FETCH_PATIENCE the seconds after which a server that sends nothing is given up. No other verb uses the network,
            but for a teacher behind an address.
            """)

    @Argument(help: "OWNER/NAME, an address or a path.", completion: .directory) var name: String
    @Option(help: "A branch, a tag or a commit on the hub; not given: main.") var revision: String?
    @Option(help: "Of several GGUF files on the hub the one that is meant.") var file: String?
    @Option(help: "Where it goes; not given: its name in \(FetchStage.usualPlace).", completion: .file()) var out:
        String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.requireNoOverrides("lathe fetch")
        let stage = try FetchStage(name, revision: revision, file: file, to: out.map(OutputPlaces.url))
        try common.show(stage.run(common.observer))
    }
}
