// Standard output and standard error. Every write's result is looked at: a result that does not arrive is an error, a line of
// progress that does not arrive stops nothing.

internal import DataReports
internal import Foundation
internal import Spelling
internal import Vocabulary
internal import Workbench

/// The three streams that a process is born with, where whoever started it closed some.
enum StandardStreams {
    /// Opens them, so that no file or pipe of ours gets their numbers and is taken for them. What is written to standard output
    /// then is refused, as it was: a result that nobody gets is an error.
    static func openClosed() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

/// Where a chat's messages come from, line by line.
struct StandardInput {
    private var pending: [UInt8] = []

    /// The next line without its end; nil where there is none.
    ///
    /// - Throws: `Failure` for a line that is no UTF-8, and `SystemError` where nothing can be read.
    mutating func line() throws -> String? {
        let lineBreak = UInt8(ascii: "\n")
        var end = pending.firstIndex(of: lineBreak)
        while end == nil {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: "standard input") }
            guard count > 0 else { break }
            end = bytes.prefix(count).firstIndex(of: lineBreak).map { $0 + pending.count }
            pending += bytes.prefix(count)
        }
        guard !pending.isEmpty else { return nil }
        let line = pending.prefix(end ?? pending.count)
        defer { pending.removeFirst(min(pending.count, line.count + 1)) }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw Failure(.badInput, "standard input: the line is not UTF-8", hint: "convert it: iconv -t UTF-8")
        }
        return text
    }
}

/// Where results go.
enum StandardOutput {
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Writes `text` as it is, but on a terminal nothing in it is obeyed.
    static func write(_ text: String) throws {
        try send(isTerminal ? ShownText.whole(text) : text)
    }

    /// Writes a table or a message and ends its line.
    ///
    /// - Parameter isStyled: whether colours are its own, so that they are left in.
    static func show(_ text: String, isStyled: Bool = false) throws {
        try send((isStyled ? text : ShownText.whole(text)) + "\n")
    }

    /// Writes JSON and ends its line.
    static func showJSON(_ text: String) throws {
        try send((isTerminal ? ShownText.json(text) : text) + "\n")
    }

    private static func send(_ text: String) throws {
        if let code = writeAll(text, to: STDOUT_FILENO) {
            throw SystemError(code, writing: "standard output")
        }
    }
}

/// Where everything else goes.
enum StandardError {
    static let isTerminal = isatty(STDERR_FILENO) == 1
    /// Whether it is a terminal that shows colours, and nobody asked for none.
    static let hasColours: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }()

    /// Writes `text`, which is ours; nobody waits for it.
    static func send(_ text: String) { _ = writeAll(text, to: STDERR_FILENO) }

    /// Writes a message and ends its line. What it quotes of files is not obeyed, and does not fill the screen.
    static func say(_ message: String) { send(ShownText.message(message) + "\n") }

    /// Says a message whose first word, `word`, looks as `style` says where there are colours.
    static func say(_ message: String, _ word: String, _ style: TerminalStyle) {
        let shown = ShownText.message(message)
        guard hasColours, shown.hasPrefix(word) else { return send(shown + "\n") }
        send(style.painted(word) + shown.dropFirst(word.count) + "\n")
    }
}

/// Text that comes in pieces from something that cannot be stopped by an error: the first failure is kept.
final class OutputPieces {
    private var failure: (any Error)?

    func write(_ piece: String) {
        guard failure == nil else { return }
        do { try StandardOutput.write(piece) } catch { failure = error }
    }

    /// Throws what went wrong.
    func finish() throws { if let failure { throw failure } }
}

/// Writes all of `text`; why that failed, as `errno`.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
    var text = text
    return text.withUTF8 { bytes in
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count > 0 {
                done += count
            } else if count < 0, errno == EAGAIN {
                // A reader that left the pipe so that nobody waits: we do.
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 1000)
            } else if count == 0 || errno != EINTR {
                return count == 0 ? ENOSPC : errno
            }
        }
        return nil
    }
}
