// Questions that the command answers in JSON: checks, plans, rows, scores.

internal import Foundation
internal import JSON
internal import Vocabulary

/// Calls of `lathe` in the workplace.
struct StudioCommand: Sendable {
    /// The command itself.
    let program: String
    let workplace: URL
    /// Questions that are answered at the same time: each reads files, and some a model.
    private let slots = CommandSlots(2)

    init(program: String, workplace: URL) { (self.program, self.workplace) = (program, workplace) }

    func start(_ arguments: [String]) throws -> LatheProcess { try LatheProcess(program, arguments, in: workplace) }

    /// What the command prints.
    ///
    /// - Throws: `StudioError` with the command's own words where it fails.
    func output(_ arguments: [String]) async throws -> [UInt8] {
        await slots.take()
        let outcome: Result<LatheProcess, any Error>
        do {
            let process = try start(arguments)
            _ = await process.end()
            outcome = .success(process)
        } catch { outcome = .failure(error) }
        await slots.give()
        let process = try outcome.get(), status = process.status ?? 0
        guard status == 0 else {
            let said = process.said.trimmingCharacters(in: .whitespacesAndNewlines)
            throw StudioError(422, said.isEmpty ? "the command ended with status \(status)" : said)
        }
        return process.printed()
    }

    /// What the command prints with `--json`.
    func json(_ arguments: [String]) async throws -> JSONValue {
        let bytes = try await output(arguments + ["--json", "--quiet"])
        do { return try JSONValue(parsing: bytes) } catch {
            throw StudioError(500, "the command printed no JSON: \(error)")
        }
    }

    /// Does `body` with a file that holds `text` and is gone afterwards.
    func withFile<Result>(_ name: String, _ text: String, _ body: (String) async throws -> Result) async throws
        -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-studio-\(UUID().uuidString)")
        guard mkdir(folder.path, 0o700) == 0 else {
            throw SystemError(errno, writing: folder.path, "cannot be made")
        }
        let file = folder.appendingPathComponent(name)
        defer {
            unlink(file.path)
            rmdir(folder.path)
        }
        try StudioFolder.create(file, Array(text.utf8))
        return try await body(file.path)
    }
}

/// Lets so many at once, in the order in which they come.
private actor CommandSlots {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
