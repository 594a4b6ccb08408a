// The verbs that work on a model and, where given, an adapter.

internal import ArgumentParser
internal import Foundation
internal import Workbench

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Base and adapter on the same held-out rows, with an interval and a verdict.")

    @OptionGroup var options: ModelOptions
    @Option(help: "The held-out rows.", completion: .file()) var data: String

    func run() throws {
        let recipe = try options.resolve(for: .evaluate, data: data)
        let observer = ConsoleObserver(quiet: options.common.quiet)
        try options.common.show(try EvaluationReport(recipe, adapter: options.adapter, observer: observer))
    }
}

struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One line a row: tokens, target tokens, loss.")

    @OptionGroup var options: ModelOptions
    @Option(help: "The rows to score.", completion: .file()) var data: String
    @Flag(help: "Each token's id, log-probability and mask too.") var tokens = false

    func run() throws {
        let recipe = try options.resolve(for: .score, data: data)
        let observer = ConsoleObserver(quiet: options.common.quiet)
        try Scoring(recipe, adapter: options.adapter, tokens: tokens, observer: observer)
            .writeRows(asJSON: options.common.json) { line in
                try options.common.json ? StandardOutput.showJSON(line) : StandardOutput.show(line)
            }
    }
}

struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Merge an adapter into its base, and prove that the merged model is base + adapter.")

    @OptionGroup var options: AdaptedModelOptions
    @Option(help: "Where the merged model goes (a new folder, or one that Lathe wrote).", completion: .directory)
    var out: String

    func run() throws {
        let place = OutputPlaces.url(out)
        let merge = try MergeStage(
            try options.resolve(for: .merge), adapter: options.adapter, into: place,
            observer: ConsoleObserver(quiet: options.common.quiet))
        try options.common.show(try merge.run(into: place))
    }
}

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write a model or an adapter in another tool's form.")

    @OptionGroup var options: ModelOptions
    @Option(help: "peft, safetensors or hdf5.", completion: .list(["peft", "safetensors", "hdf5"])) var format: String
    @Option(
        help: "The number type of a model's weights: auto (the base's own), fp32, fp16 or bf16.",
        completion: .list(["auto", "fp32", "fp16", "bf16"]))
    var type = "auto"
    @Option(help: "Where it goes.", completion: .file()) var out: String

    func run() throws {
        let place = OutputPlaces.url(out)
        let stage = try ExportStage(
            try options.resolve(for: .export), adapter: options.adapter, format: format, to: place)
        try options.common.show(try stage.run(format: format, type: type, to: place))
    }
}

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer a prompt; without one, chat on the terminal.")

    @OptionGroup var options: ModelOptions
    @Option(help: "What to answer.") var prompt: String?
    @Option(help: "The system message.") var system: String?
    @Flag(help: "Continue the prompt as it stands, without the chat template.") var raw = false
    @Option(help: "The most tokens to generate.") var maxNewTokens = 256
    @Option(help: "0: always the likeliest token.") var temperature = 0.0
    @Option(help: "Sample among the k likeliest tokens.") var topK: Int?
    @Option(help: "Sample among the likeliest tokens that hold this probability together.") var topP: Double?
    @Option(help: "Leave out tokens less likely than this share of the likeliest.") var minP: Double?

    func run() throws {
        let settings = GenerationSettings(
            maxNewTokens: maxNewTokens, temperature: temperature, topK: topK, topP: topP, minP: minP, isRaw: raw,
            system: system)
        let generator = try TextGenerator(
            try options.resolve(for: .generate), adapter: options.adapter, settings: settings)
        let observer = ConsoleObserver(quiet: options.common.quiet)
        for note in generator.notes { observer.receive(.note(note)) }
        for warning in generator.warnings { observer.receive(.warning(warning)) }
        guard let prompt else { return try chat(generator) }
        if options.common.json {
            try options.common.show(try generator.answer(prompt) { _ in })
        } else {
            try stream(generator, prompt, end: "\n")
        }
    }

    private func chat(_ generator: TextGenerator) throws {
        while true {
            StandardError.send("> ")
            guard let line = readLine() else { return }
            if line.isEmpty { continue }
            try stream(generator, line, end: "\n\n")
        }
    }

    private func stream(_ generator: TextGenerator, _ prompt: String, end: String) throws {
        let output = OutputPieces()
        _ = try generator.answer(prompt, onText: output.write)
        output.write(end)
        try output.finish()
    }
}

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "CPU, instruction sets, libraries, threads, memory: what was chosen and why.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.requireNoOverrides("lathe doctor")
        try common.show(try Doctor())
    }
}
