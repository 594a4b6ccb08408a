// Where programs of a recipe run: without network, in a folder of their own, with limits of memory, time and what they write.

internal import Foundation
internal import Recipes

/// What keeps a program in on this machine.
struct CommandSandbox: Sendable {
    /// The program that keeps others in.
    private let name: String
    /// What they cannot do, beside reaching the network.
    private let limits: String
    /// The program that shuts others in, with its arguments, in front of their own.
    private let shutting: @Sendable (_ folder: String) -> [String]

    /// The most bytes that a program may write into one file.
    static let outputBytes = 64 << 20

    /// The first that works.
    ///
    /// - Throws: `Failure` where none does: a program that could reach the network is not run.
    static func ofMachine() throws -> CommandSandbox {
        for sandbox in [bubblewrap, namespaces] {
            guard let works = try? sandbox.run(["true"], input: Data(), seconds: 10, memoryBytes: 1 << 30), works.isGood
            else { continue }
            return sandbox
        }
        throw Failure(
            .inputOutput,
            "train.rewards: a program is run only where it can be kept from the network, and neither bwrap nor unshare "
                + "does that here",
            hint: "install bubblewrap, or allow user namespaces (kernel.unprivileged_userns_clone); the other kinds of "
                + "rewards run no program")
    }

    /// Sees the machine's files, may write into its folder alone.
    private static let bubblewrap = CommandSandbox(
        "bwrap", "and writing anywhere but in a folder of their own"
    ) { folder in
        [
            "bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", folder, folder,
            "--unshare-all", "--die-with-parent", "--new-session", "--chdir", folder, "--",
        ]
    }

    /// Has no network and no other processes; what the person may write, it may.
    private static let namespaces = CommandSandbox(
        "unshare", "and without other processes; files that you may write they may write, too"
    ) { _ in
        ["unshare", "--user", "--map-root-user", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--"]
    }

    /// How programs run, for people.
    var words: String { "by \(name), without network \(limits)" }

    private init(_ name: String, _ limits: String, _ shutting: @escaping @Sendable (String) -> [String]) {
        self.name = name
        self.limits = limits
        self.shutting = shutting
    }

    /// What a program left.
    struct Outcome {
        let output: Data
        let errors: String
        let status: Int32
        let isTooLate: Bool

        var isGood: Bool { status == 0 && !isTooLate }
    }

    /// Runs `command` over `input`, in a new folder that is gone afterwards.
    ///
    /// - Parameters:
    ///   - seconds: after which it is ended with all that it began.
    ///   - memoryBytes: of its address space.
    func run(_ command: [String], input: Data, seconds: Double, memoryBytes: Int) throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-reward-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // In files, not in pipes: what fills up is bounded by the limit of a file's size, and nobody waits for anybody.
        let place = folder.appendingPathComponent("work")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let files = ["input", "output", "errors"].map { folder.appendingPathComponent($0) }
        try input.write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=\(place.path)", "prlimit",
                "--as=\(memoryBytes)", "--fsize=\(Self.outputBytes)", "--core=0",
                "--cpu=\(Int(seconds.rounded(.up)) + 1)", "--",
            ] + shutting(place.path) + command
        process.currentDirectoryURL = place
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        let isTooLate = !Self.wait(for: process, seconds: seconds)
        if isTooLate { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        let errors = (try? Data(contentsOf: files[2])) ?? Data()
        return Outcome(
            output: try Data(contentsOf: files[1]), errors: String(decoding: errors.suffix(2000), as: UTF8.self),
            status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            isTooLate: isTooLate)
    }

    /// Whether the process ends in time.
    private static func wait(for process: Process, seconds: Double) -> Bool {
        let clock = ContinuousClock(), end = clock.now + .seconds(seconds)
        while process.isRunning {
            guard clock.now < end else { return false }
            usleep(2_000)
        }
        return true
    }
}
