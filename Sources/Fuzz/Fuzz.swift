// The fuzzing program: wrong files for every reader, from good ones, the same files for the same seed.

import ArgumentParser
import Foundation

@main
struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Fuzz",
        abstract: "Gives every reader files with random faults.",
        discussion: "A crash, a hang or too much memory is a failure: the file is kept, and the program ends with 1.",
        subcommands: [RunFuzz.self, ReadFuzz.self], defaultSubcommand: RunFuzz.self)
}

/// What both subcommands need to know.
struct FuzzOptions: ParsableArguments {
    @Option(help: "Where the files lie that crashed a reader, and those to begin from.")
    var out = "fuzz"

    @Option(help: "What all files follow from.")
    var seed: UInt64 = 1

    @Option(help: "The checkout whose fixtures are the good files.")
    var root = FileManager.default.currentDirectoryPath

    var folder: URL { URL(fileURLWithPath: out) }

    var readers: [FuzzReader] {
        FuzzReader.all(root: URL(fileURLWithPath: root), made: folder.appendingPathComponent("seeds"))
    }
}

/// Runs the readers, each in a process of its own that is started again after a crash.
struct RunFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Fuzzes readers.")

    @OptionGroup var options: FuzzOptions

    @Option(name: .customLong("reader"), help: "One reader, by name; may be repeated. Without it: all but *-sealed.")
    var names: [String] = []

    @Option(help: "Files for each reader.")
    var count = 20_000

    @Option(help: "Seconds for each reader at most.")
    var seconds = 60

    func run() throws {
        let seeds = options.folder.appendingPathComponent("seeds")
        try? FileManager.default.removeItem(at: seeds)
        try Seeds.write(to: seeds, root: URL(fileURLWithPath: options.root))
        var failures = 0
        for reader in options.readers where names.isEmpty ? !reader.isOptional : names.contains(reader.name) {
            failures += try fuzz(reader)
        }
        if failures > 0 { throw ExitCode(1) }
    }

    /// The number of files that ended the reader.
    private func fuzz(_ reader: FuzzReader) throws -> Int {
        let state = ReadState(options.folder, reader)
        let end = Date().addingTimeInterval(Double(seconds))
        var (next, failures) = (0, 0)
        while next < count, failures < 20, Date() < end {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            process.arguments = [
                "read", reader.name, "--from", "\(next)", "--to", "\(count)", "--until",
                "\(end.timeIntervalSince1970)", "--out", options.out, "--seed", "\(options.seed)", "--root",
                options.root,
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            next = state.number + 1
            guard process.terminationReason == .uncaughtSignal || process.terminationStatus != 0 else { break }
            failures += 1
            let saved = options.folder.appendingPathComponent("\(reader.name)-\(state.number).\(reader.fileExtension)")
            try? FileManager.default.removeItem(at: saved)
            try FileManager.default.copyItem(at: state.input, to: saved)
            print("\(reader.name): file \(state.number) ends the reader (\(process.terminationStatus)): \(saved.path)")
        }
        print("\(reader.name): \(next) files, \(failures) failures")
        return failures
    }
}

/// Reads one file after the other; a crash ends it.
struct ReadFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "One reader's files, or one file again.", shouldDisplay: false)

    @OptionGroup var options: FuzzOptions
    @Argument var reader: String
    @Argument(help: "Only this file, as it is.") var file: String?
    @Option var from = 0
    @Option var to = 0
    @Option var until = 0.0

    func run() throws {
        guard let reader = options.readers.first(where: { $0.name == reader }) else {
            throw ValidationError("no reader is called \(reader)")
        }
        if let file { return try reader.read(URL(fileURLWithPath: file)) }
        var memory = rlimit(rlim_cur: 6 << 30, rlim_max: 6 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &memory)
        let state = ReadState(options.folder, reader)
        let seeds = try reader.seeds.map { [UInt8](try Data(contentsOf: $0)) }
        for number in from..<to where Date().timeIntervalSince1970 < until {
            var dice = MutationDice(seed: options.seed, number: UInt64(number))
            let bytes = reader.finish(Mutation.of(seeds[number % seeds.count], others: seeds, dice: &dice))
            try state.begin(number, bytes)
            // A reader that is not done by then hangs: SIGALRM ends the process.
            alarm(20)
            do { try reader.read(state.input) } catch { _ = "\(error)" }
            alarm(0)
        }
    }
}

/// Which file is being read, for the process that looks after this one.
struct ReadState {
    let input: URL
    private let progress: URL

    init(_ folder: URL, _ reader: FuzzReader) {
        input = folder.appendingPathComponent("seeds/input-\(reader.name).\(reader.fileExtension)")
        progress = folder.appendingPathComponent("seeds/progress-\(reader.name)")
    }

    var number: Int { (try? String(contentsOf: progress, encoding: .utf8)).flatMap(Int.init) ?? -1 }

    func begin(_ number: Int, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: input)
        try Data("\(number)".utf8).write(to: progress)
    }
}
