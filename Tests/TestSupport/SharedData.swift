// Public data that lives outside the project; tests that use it skip, with a reason, where it is absent.

public import Foundation
public import Testing

/// Where the public data lies: `LATHE_DATA`, else `../shared/data` beside the checkout.
public enum SharedData {
    public static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["LATHE_DATA"] { return URL(fileURLWithPath: path) }
        return packageRoot.deletingLastPathComponent().appendingPathComponent("shared/data")
    }()

    public static func url(_ path: String) -> URL { root.appendingPathComponent(path) }

    public static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url(path).path) }
}

/// The folder that holds `Package.swift`.
public let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

extension Trait where Self == ConditionTrait {
    /// Skips the test where the public data file is absent.
    public static func needs(_ path: String) -> Self {
        .enabled(if: SharedData.has(path), "needs \(path) under LATHE_DATA")
    }
}
