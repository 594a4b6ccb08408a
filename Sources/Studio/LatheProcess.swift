// The command, called by the page: what is started here is what a person starts in a shell.

internal import Foundation
internal import Synchronization
internal import Vocabulary

/// A call of the command. Its output goes to a file without a name, which lives as long as anybody holds it: a run goes on where the
/// page ends.
final class LatheProcess: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    let identifier: Int32
    private let state: Shared
    private let output: FileHandle
    private let errors: FileHandle

    private final class Shared: Sendable {
        let state = Mutex(State())

        func end(_ status: Int32) {
            let waiting = state.withLock { state in
                state.status = status
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: status) }
        }
    }

    /// Calls `lathe` with `arguments` in `folder`.
    ///
    /// - Throws: `StudioError` where it cannot be started.
    init(_ program: String, _ arguments: [String], in folder: URL) throws {
        (output, errors) = (try Self.namelessFile(), try Self.namelessFile())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (output, errors)
        let shared = Shared()
        process.terminationHandler = { process in
            shared.end(process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus)
        }
        // Threads that tasks run on take no signals, and would hand that on: a child that nothing can end.
        var none = sigset_t(), before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        do { try process.run() } catch { throw StudioError(500, "the command cannot be started: \(error)") }
        state = shared
        identifier = process.processIdentifier
    }

    /// nil while it is at work.
    var status: Int32? { state.state.withLock { $0.status } }

    /// Waits for its end.
    func end() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// The last that it printed as its result.
    func printed(atMost limit: Int = 64 << 20) -> [UInt8] { Self.content(of: output, atMost: limit) }
    /// The last that it said.
    var said: String { String(decoding: Self.content(of: errors, atMost: 32 << 10), as: UTF8.self) }

    /// A file that nobody else can open.
    private static func namelessFile() throws -> FileHandle {
        let place = FileManager.default.temporaryDirectory.path + "/lathe-studio-\(UUID().uuidString)"
        let descriptor = open(place, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SystemError(errno, writing: place, "cannot be made")
        }
        unlink(place)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// The last bytes of a file.
    private static func content(of file: FileHandle, atMost limit: Int) -> [UInt8] {
        var status = stat()
        guard fstat(file.fileDescriptor, &status) == 0 else { return [] }
        let start = max(0, Int(status.st_size) - limit)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) - start), done = 0
        while done < bytes.count {
            let left = bytes.count - done
            let count = bytes.withUnsafeMutableBytes {
                pread(file.fileDescriptor, $0.baseAddress.map { $0 + done }, left, off_t(start + done))
            }
            guard count > 0 else { break }
            done += count
        }
        return Array(bytes.prefix(done))
    }
}
