// Where programs of a recipe run: without network, in a folder of their own, with limits of time, of a process's memory and a file's size.

internal import Foundation
internal import Recipes
internal import Vocabulary

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
        var said = ""
        for sandbox in [bubblewrap, dyingNamespaces, namespaces] {
            let outcome = try sandbox.run(["true"], input: Data(), seconds: 10, memoryBytes: 1 << 30)
            if outcome.isGood { return sandbox }
            said = outcome.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
        }
        throw Failure(
            .inputOutput,
            "train.rewards: a program is run only where it can be kept from the network, and neither bwrap nor unshare "
                + "does that here\(said)",
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

    /// The same, gone with Lathe even where that is killed.
    private static let dyingNamespaces = CommandSandbox(namespaces.name, namespaces.limits) { folder in
        ["setpriv", "--pdeathsig", "KILL", "--"] + namespaces.shutting(folder)
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
    ///   - memoryBytes: of the address space of each of its processes.
    func run(_ command: [String], input: Data, seconds: Double, memoryBytes: Int) throws -> Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-reward-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        // In files, not in pipes: what fills up is bounded by the limit of a file's size, and nobody waits for anybody.
        let place = folder.appendingPathComponent("work")
        for new in [folder, place] {
            guard mkdir(new.path, 0o700) == 0 else { throw SystemError(errno, writing: new.path, "cannot be made") }
        }
        let files = ["input", "output", "errors"].map { folder.appendingPathComponent($0) }
        let handles = try files.map(Self.create)
        try Self.write(input, into: handles[0], files[0])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=\(place.path)", "prlimit",
                "--as=\(memoryBytes)", "--fsize=\(Self.outputBytes)", "--core=0", "--",
            ] + shutting(place.path) + command
        process.currentDirectoryURL = place
        (process.standardInput, process.standardOutput, process.standardError) = (handles[0], handles[1], handles[2])
        do { try process.run() } catch { throw SystemError(ENOENT, reading: "/usr/bin/env", "cannot be started") }
        let isTooLate = !Self.wait(for: process, seconds: seconds)
        if isTooLate { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return Outcome(
            output: Data(try Self.content(of: handles[1], files[1])),
            errors: String(decoding: try Self.content(of: handles[2], files[2]).suffix(2000), as: UTF8.self),
            status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            isTooLate: isTooLate)
    }

    /// A new file, to be written and read by the same handle.
    private static func create(_ url: URL) throws(SystemError) -> FileHandle {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError(errno, writing: url.path, "cannot be made") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Writes what a program reads from its beginning.
    private static func write(_ input: Data, into file: FileHandle, _ url: URL) throws(SystemError) {
        var written = 0
        while written < input.count {
            let count = input.withUnsafeBytes { bytes in
                pwrite(
                    file.fileDescriptor, bytes.baseAddress?.advanced(by: written), input.count - written, off_t(written)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError(errno, writing: url.path) }
            written += count
        }
    }

    /// What a program wrote, wherever it left off.
    private static func content(of file: FileHandle, _ url: URL) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(file.fileDescriptor, &part, part.count, off_t(bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: url.path) }
            if count == 0 { return bytes }
            bytes += part[..<count]
        }
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
