// The verbs that work on a model and, where given, an adapter.

internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Vocabulary
internal import Workbench

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Base and adapter on the same held-out rows, with an interval and a verdict.")

    @OptionGroup var options: ModelOptions
    @Option(
        help: ArgumentHelp(
            "The held-out rows; given again, further sets, each measured by itself. A set may have a name: general=FILE "
                + "tells whether general skills were forgotten.", valueName: "file|name=file"),
        completion: .file())
    var data: [String]
    @Option(
        help:
            "A file (.jsonl) for the rows with what base and adapter made of them, those first on which most changed.",
        completion: .file())
    var out: String?
    @Option(
        help:
            "An adapter with the head of a reward model, which says how good the answers of base and adapter are: evaluate.reward_model.",
        completion: .file())
    var rewardModel: String?

    func run() throws {
        let stage = EvaluateStage(answersTo: out.map(OutputPlaces.url))
        let session = try options.session(
            evaluatingOn: data.map(NamedRows.init(argument:)), judgedBy: rewardModel)
        try options.common.show(stage, in: session)
    }
}

struct Score: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One line a row: tokens, target tokens, loss.")

    @OptionGroup var options: ModelOptions
    @Option(help: "The rows to score; of a prepared file, the held-out ones.", completion: .file()) var data: String
    @Option(help: "Score this row alone; counted from 0.") var row: Int?
    @Flag(help: "Each token's id, log-probability and mask too.") var tokens = false

    func run() throws {
        let session = try options.session(for: .score, data: data)
        // Rows are shown as they come; their sum is not asked for.
        _ = try ScoreStage(tokens: tokens, row: row) { [json = options.common.json] row in
            if json {
                try StandardOutput.showJSON(JSONValue.object(row).text())
            } else {
                try StandardOutput.show(row.members.map { $0.value.text() }.joined(separator: "\t"))
            }
        }.run(session, options.common.observer)
    }
}

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write a model or an adapter in another tool's form.")

    @OptionGroup var options: ModelOptions
    @Option(
        help: "The form: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .list(ExportFormat.allCases.map(\.rawValue)))
    var format: String
    @Option(
        help: ArgumentHelp(
            "model (with the adapter merged in), adapter (alone), auto: what the format holds; of hdf5, which holds both, "
                + "the model."),
        completion: .list(ExportContent.allCases.map(\.rawValue)))
    var what = "auto"
    @Option(
        help: "The number type of the weights; auto: the base's own, of an adapter fp32.",
        completion: .list(WeightType.allCases.map(\.rawValue)))
    var type = "auto"
    @Option(help: "Where it goes.", completion: .file()) var out: String
    @Option(help: "Rows to score a written model on; without them, a few built-in texts.", completion: .file())
    var data: String?
    @Flag(help: "Write a model all the same in which little of the fine-tune is left.") var allowNearNoOp = false
    @Option(
        help: "The type of the matrices that the adapter changes, where it is finer.",
        completion: .list(WeightType.allCases.map(\.rawValue)))
    var touchedType: String?
    @Option(help: "Finer types as long as the file is no larger: 95MB, or 110% of the plain type's size.")
    var targetBytes: String?
    @Option(help: "Finer types until the loss on --data is no higher.") var targetLoss: Double?
    @Option(help: "A folder of GGUF files, of no more weights than this each: 2GB.") var splitMaxSize: String?
    @Option(help: "Log-probabilities, as llama.cpp's --kl-divergence-base, to score against.", completion: .file())
    var reference: String?
    @Option(help: "Where log-probabilities go in that form, before rounding.", completion: .file())
    var referenceOut: String?
    @OptionGroup var calibration: CalibrationOptions

    func run() throws {
        guard data == nil || reference == nil else {
            throw Failure(.usage, "--data and --reference: a written model is scored on one of them")
        }
        let target = try ExportTarget(format: format, what: what), place = OutputPlaces.url(out)
        guard data == nil || !target.isAdapter else {
            throw Failure(.usage, "--data has no effect: an adapter alone is not scored", hint: "leave it out")
        }
        let wishes = try wishes(), readsRows = data != nil || wishes.calibration.readsRows
        let session = try options.session(for: readsRows ? .exportScored : .export, data: data)
        if target.isAdapter {
            try options.common.show(AdapterExportStage(target, type: type, to: place, wishes: wishes), in: session)
        } else {
            try options.common.show(ExportStage(target, type: type, to: place, wishes: wishes), in: session)
        }
    }

    private func wishes() throws -> ExportWishes {
        var wishes = ExportWishes()
        if let touchedType { wishes.touchedType = try ExportStage.type(touchedType, "--touched-type") }
        if let targetBytes {
            guard let size = SizeWish(targetBytes) else {
                throw Failure(.usage, "--target-bytes \(targetBytes) is none", hint: "give " + SizeWish.expected)
            }
            wishes.targetBytes = size
        }
        if let splitMaxSize {
            guard let bytes = ByteSize.bytes(splitMaxSize), bytes > 0 else {
                throw Failure(.usage, "--split-max-size \(splitMaxSize) is none", hint: "give a size such as 2GB")
            }
            wishes.splitBytes = bytes
        }
        if let targetLoss, !(targetLoss > 0 && targetLoss.isFinite) {
            throw Failure(.usage, "--target-loss \(targetLoss): expected a number above 0")
        }
        wishes.targetLoss = targetLoss
        wishes.calibration = try calibration.calibration()
        wishes.allowsNearNoOp = allowNearNoOp
        wishes.reference = reference
        wishes.referenceOutput = referenceOut.map(OutputPlaces.url)
        return wishes
    }
}

struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer a prompt; without one, chat on the terminal.")

    @OptionGroup var options: ModelOptions
    @Option(help: "What to answer.") var prompt: String?
    @Option(help: "A file that holds what to answer.", completion: .file()) var promptFile: String?
    @Option(help: "The system message.") var system: String?
    @Flag(help: "Continue the prompt as it stands, without the chat template.") var raw = false
    @Option(help: "The most tokens to generate.") var maxNewTokens = 256
    @Option(help: "A text that ends the answer and is no part of it.") var stop: [String] = []
    @Option(help: "0: always the likeliest token.") var temperature = 0.0
    @Option(help: "Start of the random draws, where --temperature is above 0.") var seed: UInt64?
    @Option(help: "Sample among the k likeliest tokens.") var topK: Int?
    @Option(help: "Sample among the likeliest tokens that hold this probability together.") var topP: Double?
    @Option(help: "Leave out tokens less likely than this share of the likeliest.") var minP: Double?
    @Option(help: "Makes tokens that stand in the prompt or answer less likely; 1: not at all, 1.1: a little.")
    var repetitionPenalty = 1.0

    func run() throws {
        let prompt = try givenPrompt()
        guard prompt != nil || !options.common.json else {
            throw Failure(.usage, "--json gives one answer, and a chat has many", hint: "give --prompt")
        }
        guard seed == nil || temperature != 0 else {
            throw Failure(.usage, "--temperature is 0, so nothing is drawn and --seed would have no effect")
        }
        var settings = GenerationSettings(
            maxNewTokens: maxNewTokens, temperature: temperature, topK: topK, topP: topP, minP: minP, isRaw: raw,
            system: system)
        settings.stop = stop
        settings.repetitionPenalty = repetitionPenalty
        let overrides = seed.map { ["seed=\($0)"] } ?? []
        guard let prompt else { return try Chat(options, overrides: overrides, settings: settings).run() }
        let session = try options.session(for: .generate, adapter: options.adapter, and: overrides)
        if options.common.json {
            return try options.common.show(GenerateStage(prompt, settings: settings), in: session)
        }
        let generator = try TextGenerator(session, settings: settings)
        generator.tell(options.common.observer)
        let output = OutputPieces()
        let answer = try generator.answer(prompt, onText: output.write)
        output.write("\n")
        try output.finish()
        options.warn(of: answer)
    }

    private func givenPrompt() throws -> String? {
        guard let promptFile else { return prompt }
        guard prompt == nil else {
            throw Failure(.usage, "--prompt and --prompt-file are both given, and one prompt is answered")
        }
        return try PromptFile.text(promptFile)
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
