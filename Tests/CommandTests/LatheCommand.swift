// The built command, run as a person runs it: a process in a folder of its own.

import Foundation
import JSON
import TestSupport
import Testing

/// Every test of the command.
@Suite struct CommandTests {}

/// How a process ended and what it said.
struct Outcome {
    /// The exit code, or minus the signal that ended it.
    let code: Int32
    let output: String
    let errors: String

    var json: JSONValue {
        get throws { try JSONValue(parsing: output) }
    }

    /// One JSON value a line.
    var lines: [JSONValue] {
        get throws { try output.split(separator: "\n").map { try JSONValue(parsing: String($0)) } }
    }

    /// Expects a failure with `code` whose message holds every one of `facts`, and nothing on standard output.
    func expectFailure(_ code: Int32, _ facts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self.code == code, "\(errors)", sourceLocation: sourceLocation)
        #expect(output == "", sourceLocation: sourceLocation)
        for fact in facts { #expect(errors.contains(fact), sourceLocation: sourceLocation) }
    }
}

/// The command in a temporary folder with rows, a recipe and an adapter's worth of steps.
struct LatheCommand {
    let folder: URL
    /// Variables beside those of the test's own process.
    var environment: [String: String] = [:]

    static let huggingFace = TinyModel.base.path
    static let gguf = TinyModel.gguf.path

    /// Runs `body` in a new folder that holds `train.jsonl`, `held.jsonl` and `recipe.yaml`.
    static func inFolder(_ body: (LatheCommand) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            let lathe = LatheCommand(folder: folder)
            try lathe.write("train.jsonl", Self.rows(24, "saw"))
            try lathe.write("held.jsonl", Self.rows(8, "had"))
            try lathe.write("recipe.yaml", Self.recipe)
            try body(lathe)
        }
    }

    /// Runs the command to its end.
    func callAsFunction(_ arguments: String...) throws -> Outcome { try start(arguments).wait() }

    /// Starts the command; its standard output goes to `output`, where one is given, and standard input is the file `input`.
    func start(_ arguments: [String], input: URL? = nil, output: URL? = nil) throws -> RunningCommand {
        try RunningCommand(
            #require(Self.executable, "the command is not built"), arguments, in: folder,
            environment: environment, input: input, output: output)
    }

    /// Runs the command, expects success and gives its JSON.
    func json(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
        let outcome = try start(arguments + ["--json"]).wait()
        #expect(outcome.code == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        return try outcome.json
    }

    /// Trains the recipe; gives the adapter's folder.
    func train(_ overrides: String...) throws -> String {
        let outcome = try start(["train", "recipe.yaml", "--quiet"] + overrides.flatMap { ["--set", $0] }).wait()
        try #require(outcome.code == 0, "\(outcome.errors)")
        return "checkpoints/tiny/adapter"
    }

    /// The rows that `lathe score` prints for the held-out rows.
    func score(_ model: String, adapter: String? = nil, data: String = "held.jsonl", _ more: String...) throws
        -> [JSONValue]
    {
        let outcome = try start(
            ["score", "--model", model, "--data", data, "--json", "--set", "model.precision=fp32"]
                + (adapter.map { ["--adapter", $0] } ?? []) + more
        ).wait()
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try outcome.lines
    }

    func url(_ path: String) -> URL { folder.appendingPathComponent(path) }
    func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }
    func text(_ path: String) throws -> String { try String(contentsOf: url(path), encoding: .utf8) }
    func write(_ path: String, _ text: String) throws { try Data(text.utf8).write(to: url(path)) }
    /// Copies a file or folder; what `source` names is in the folder, or stands anywhere.
    func copy(_ source: String, to path: String) throws {
        let source = source.hasPrefix("/") ? URL(fileURLWithPath: source) : url(source)
        try FileManager.default.copyItem(at: source, to: url(path))
    }
    func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url(path).path).sorted()
    }

    // MARK: What there is to run

    static let recipe = """
        name: tiny
        seed: 7
        model:
          path: \(huggingFace)
          precision: fp32
        data:
          train: train.jsonl
          held_out: held.jsonl
        adapter:
          r: 4
          alpha: 8
        train:
          max_steps: 6
          batch_size: 4
          learning_rate: 1e-2
          save_every: 3

        """

    /// `count` short stories in the words of the model, all different.
    static func rows(_ count: Int, _ verb: String) -> String {
        let names = ["Tom", "Lily", "Ben", "Sue", "Max"]
        let things = ["a ball", "a cat", "the red car", "the park", "a big dog", "a tree", "the sun"]
        return (0..<count).map { row in
            let prompt = "\(names[row % 5]) \(verb) \(things[row % 7]). "
            let answer = "\(names[(row + 1) % 5]) was happy to play with \(things[(row * 3 + 1) % 7])."
            return #"{"prompt": "\#(prompt)", "completion": "\#(answer)"}"# + "\n"
        }.joined()
    }

    /// Trains with `arguments` to the end, forgets the last steps, and goes on: the same adapter.
    func expectTheSameAfterGoingOn(_ arguments: [String]) throws {
        let straight = try start(arguments).wait().json["adapter_sha256"]
        #expect(straight?.string != nil)
        try FileManager.default.removeItem(at: url("checkpoints/tiny/adapter"))
        for name in try names(in: "checkpoints/tiny") where name.contains("6.h5") {
            try FileManager.default.removeItem(at: url("checkpoints/tiny/\(name)"))
        }
        let resumed = try start(arguments).wait()
        #expect(resumed.errors.contains("going on after step 3"))
        #expect(try resumed.json["adapter_sha256"] == straight)
    }

    /// Beside the test bundle, else where a build leaves it.
    static let executable: URL? = {
        let besideBundle = [CommandLine.arguments.first.map { URL(fileURLWithPath: $0) }, Bundle.main.executableURL]
            .compactMap { $0?.deletingLastPathComponent() }
        let builds = [".build-tests/release", ".build/release", ".build/debug"].map {
            packageRoot.appendingPathComponent($0)
        }
        return (besideBundle + builds).map { $0.appendingPathComponent("lathe") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()
}

/// A process of the command. Its output goes to files, so that no pipe can fill up.
final class RunningCommand {
    let process = Process()
    private let output: URL
    private let errors: URL

    init(
        _ executable: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:],
        input: URL? = nil, output given: URL?
    ) throws {
        let logs = folder.appendingPathComponent(".logs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
        output = logs.appendingPathComponent("output")
        errors = logs.appendingPathComponent("errors")
        for file in [output, errors] { try Data().write(to: file) }
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = try input.map(FileHandle.init(forReadingFrom:)) ?? .nullDevice
        process.standardOutput = try FileHandle(forWritingTo: given ?? output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func wait() throws -> Outcome {
        process.waitUntilExit()
        let status = process.terminationStatus
        return Outcome(
            code: process.terminationReason == .uncaughtSignal ? -status : status,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
