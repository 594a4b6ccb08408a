// HDF5 tables read by another process: libhdf5 crashes and hangs on damaged files, and must not take a run with it.

internal import CHDF5
internal import Glibc
internal import JSON
internal import Vocabulary

/// The rows of an HDF5 table, which a child process reads and hands over as one JSON value a line.
package final class GuardedHDF5Rows: FileRows {
    /// What a child does: gives the table's rows to the closure that it gets, a line each.
    package typealias Child = ((String) -> Void) -> Void

    private let file: String
    /// What the child of each attempt does, counted from 1.
    private let child: (_ attempt: Int) -> Child
    private var reader: RowPipe?
    private var isAtEnd = false
    private var rowCount = 0

    /// How long a child may be silent once it has begun. One that computes is given up much sooner, see `RowPipe`.
    private static let patienceSeconds = 120
    /// How often a child is begun. The first answer comes soon or never: a child into which another thread's lock was
    /// copied waits for ever, and is replaced; each has twice as long as the one before, from a second on.
    private static let attempts = 6

    /// - Parameters:
    ///   - path: the table in the file; nil: found.
    ///   - replacing: what the child of an attempt does in place of reading; nil: it reads.
    package init(
        _ file: String, path: String?, maximumRowBytes: Int,
        replacing: @escaping (_ attempt: Int) -> Child? = { _ in nil }
    ) {
        self.file = file
        child = { attempt in
            replacing(attempt) ?? { RowMessage.writeRows(of: file, path: path, maximumRowBytes: maximumRowBytes, $0) }
        }
    }

    package func next() throws(DatasetError) -> RowOutcome? {
        if isAtEnd { return nil }
        let message: RowMessage
        do throws(DatasetError) { message = try nextMessage() } catch {
            isAtEnd = true
            throw error
        }
        switch message.kind {
        case .row, .bad: rowCount += 1
        case .error, .end: isAtEnd = true
        }
        return try message.outcome(file)
    }

    private func nextMessage() throws(DatasetError) -> RowMessage {
        if let reader { return try message(of: reader, Self.patienceSeconds) }
        for attempt in 1...Self.attempts {
            let reader = try RowPipe(file, child(attempt))
            self.reader = reader
            do throws(DatasetError) {
                return try message(of: reader, 1 << (attempt - 1))
            } catch { if !reader.isBlocked || attempt == Self.attempts { throw error } }
        }
        preconditionFailure("the last attempt throws or returns")
    }

    private func message(of reader: RowPipe, _ patienceSeconds: Int) throws(DatasetError) -> RowMessage {
        if let line = reader.line(patienceSeconds: patienceSeconds), let message = RowMessage(line) { return message }
        throw DatasetError(
            .unreadable, RowPlace(file: file, line: rowCount + 1),
            "a damaged HDF5 file: its library \(reader.isSilent ? "never came back" : "failed on it")",
            hint: "what cannot be repaired may be exported again, as Parquet or JSON Lines")
    }
}

/// What the child says, a line each.
private struct RowMessage {
    enum Kind: String { case row, bad, error, end }

    let kind: Kind
    private let line: Int
    private let content: JSONValue

    init?(_ text: [UInt8]) {
        guard let parts = (try? JSONValue(parsing: text))?.array, parts.count == 3,
            let kind = parts[0].string.flatMap(Kind.init), let line = parts[1].integer
        else { return nil }
        (self.kind, self.line, content) = (kind, line, parts[2])
    }

    /// What it means for the one who asked for a row; `nil`: there are no more.
    func outcome(_ file: String) throws(DatasetError) -> RowOutcome? {
        switch kind {
        case .row: return .row(content.object ?? JSONObject(), RowPlace(file: file, line: line))
        case .bad: return Self.problem(content, file).map { .bad($0) }
        case .error: throw DatasetError((content.array ?? []).compactMap { Self.problem($0, file) })
        case .end: return nil
        }
    }

    private static func problem(_ value: JSONValue, _ file: String) -> DatasetProblem? {
        guard let parts = value.array, parts.count == 4, let kind = parts[0].string.flatMap(DatasetProblem.Kind.init),
            let line = parts[1].integer, let message = parts[2].string
        else { return nil }
        return DatasetProblem(kind, RowPlace(file: file, line: line), message, hint: parts[3].string)
    }

    // MARK: In the child

    static func writeRows(of file: String, path: String?, maximumRowBytes: Int, _ write: (String) -> Void) {
        do throws(DatasetError) {
            let rows = try HDF5Rows(file, path: path, maximumRowBytes: maximumRowBytes)
            while let outcome = try rows.next() {
                switch outcome {
                case .row(let fields, let place): write(text(.row, place.line, .object(fields)))
                case .bad(let problem): write(text(.bad, problem.place.line, value(problem)))
                }
            }
            write(text(.end, 0, .null))
        } catch { write(text(.error, 0, .array(error.problems.map(value)))) }
    }

    private static func text(_ kind: Kind, _ line: Int, _ content: JSONValue) -> String {
        JSONValue.array([.string(kind.rawValue), .integer(line), content]).text()
    }

    private static func value(_ problem: DatasetProblem) -> JSONValue {
        .array([
            .string(problem.kind.rawValue), .integer(problem.place.line), .string(problem.message),
            problem.hint.map { .string($0) } ?? .null,
        ])
    }
}

/// A child process and the lines that it writes.
private final class RowPipe {
    private let process: pid_t
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    /// Nothing came for as long as one was ready to wait.
    private(set) var isSilent = false
    private var isReaped = false

    init(_ file: String, _ body: ((String) -> Void) -> Void) throws(DatasetError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Self.failure(file) }
        let process = lathe_h5_fork()
        if process == 0 {
            close(ends[0])
            var output: [UInt8] = []
            var isFirst = true
            body { line in
                output += line.utf8
                output.append(0x0A)
                if isFirst || output.count >= 1 << 16 { Self.write(&output, to: ends[1]) }
                isFirst = false
            }
            Self.write(&output, to: ends[1])
            // Nothing of the parent's is tidied up by its child.
            _exit(0)
        }
        close(ends[1])
        descriptor = ends[0]
        self.process = process
        guard process > 0 else { throw Self.failure(file) }
    }

    deinit {
        close(descriptor)
        _ = stop()
    }

    /// What the child has computed so far, in nanoseconds.
    private var computed: Int {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// How long a child may compute without a word: some hundred rows take it a few milliseconds, a library that walks
    /// in a circle through a damaged file takes for ever.
    private static let mostComputed = 2_000_000_000

    /// Ends the child; the seconds that it computed.
    private func stop() -> Int {
        guard process > 0, !isReaped else { return 0 }
        isReaped = true
        kill(process, SIGKILL)
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
        return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    }

    /// Whether a silent child did nothing but wait; it is ended.
    var isBlocked: Bool { isSilent && stop() < 1 }

    private static func failure(_ file: String) -> DatasetError {
        DatasetError(SystemError(errno, reading: file, "no process can be started to read it"))
    }

    private static func write(_ bytes: inout [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { _exit(1) }
            written += count
        }
        bytes.removeAll(keepingCapacity: true)
    }

    /// The next line without its break; `nil` where the child ended or fell silent.
    func line(patienceSeconds: Int) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count
            guard fill(patienceSeconds, &searched) else { return nil }
        }
    }

    private func fill(_ patienceSeconds: Int, _ searched: inout Int) -> Bool {
        if start > 0 {
            buffer.removeFirst(start)
            searched -= start
            start = 0
        }
        let before = computed
        var waited = 0
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, 100)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else {
                waited += 100
                if waited < patienceSeconds * 1000, computed - before < Self.mostComputed { continue }
                isSilent = true
                return false
            }
            var block = [UInt8](repeating: 0, count: 1 << 16)
            let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            buffer += block[..<count]
            return true
        }
    }
}
