// A browser without a window, where one is installed.

public import Foundation

/// Opens pages as a person's browser does, and says what came of them.
public struct HeadlessBrowser: Sendable {
    private let path: String

    /// The first of the usual names that `PATH` has.
    public static let installed: HeadlessBrowser? = ["chromium", "chromium-browser", "google-chrome", "chrome"].lazy
        .flatMap { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        }.first { FileManager.default.isExecutableFile(atPath: $0) }.map { HeadlessBrowser(path: $0) }

    /// A page that is being opened.
    public struct Visit {
        fileprivate let process: Process
        fileprivate let output: URL
        fileprivate let errors: URL

        /// The page once its scripts have come to rest, and all that the browser logged; a line of the console has CONSOLE in it.
        public func end() throws -> (page: String, log: String) {
            process.waitUntilExit()
            return try (String(contentsOf: output, encoding: .utf8), String(contentsOf: errors, encoding: .utf8))
        }
    }

    /// Begins to open `address` in a window of `width` × `height`.
    ///
    /// - Parameter folder: where the browser keeps what it keeps.
    public func open(_ address: String, width: Int, height: Int, in folder: URL) throws -> Visit {
        let own = folder.appendingPathComponent("browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let visit = Visit(
            process: Process(), output: own.appendingPathComponent("page"), errors: own.appendingPathComponent("log"))
        for url in [visit.output, visit.errors] { try Data().write(to: url) }
        visit.process.executableURL = URL(fileURLWithPath: path)
        visit.process.arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--no-first-run",
            "--disable-background-networking", "--user-data-dir=\(own.path)/profile",
            "--window-size=\(width),\(height)",
            "--virtual-time-budget=10000", "--dump-dom", address,
        ]
        visit.process.standardOutput = try FileHandle(forWritingTo: visit.output)
        visit.process.standardError = try FileHandle(forWritingTo: visit.errors)
        visit.process.standardInput = FileHandle.nullDevice
        try visit.process.run()
        return visit
    }
}
