// Questions that the command answers in JSON: checks, plans, rows, scores.

internal import Foundation
internal import JSON

/// Calls of `lathe` in the workplace.
struct StudioCommand: Sendable {
    /// The command itself.
    let program: String
    let workplace: URL

    func start(_ arguments: [String]) throws -> LatheProcess { try LatheProcess(program, arguments, in: workplace) }

    /// What the command prints.
    ///
    /// - Throws: `StudioError` with the command's own words where it fails.
    func output(_ arguments: [String]) async throws -> [UInt8] {
        let process = try start(arguments)
        let status = await process.end()
        guard status == 0 else {
            let said = process.said.trimmingCharacters(in: .whitespacesAndNewlines)
            throw StudioError(422, said.isEmpty ? "the command ended with status \(status)" : said)
        }
        return process.printed
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
            throw StudioError(500, "no temporary folder can be made: \(String(cString: strerror(errno)))")
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
