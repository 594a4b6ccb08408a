// The lists that `select` and `rank` leave beside rows and report.

internal import Files
internal import Foundation
internal import Preparation

/// Writes lists into a folder that is being filled.
final class JudgedListFiles: RowLists {
    private let folder: URL
    private(set) var names: [String] = []

    init(in folder: URL) { self.folder = folder }

    /// Whether a file of this name is such a list.
    static func isList(_ name: String) -> Bool { name.hasPrefix("select-") || name.hasPrefix("rank-") }

    func write(_ name: String, _ body: (_ put: ([UInt8]) throws -> Void) throws -> Void) throws {
        let file = try AtomicFile(folder.appendingPathComponent(name))
        var bytes: [UInt8] = []
        try body { more in
            bytes += more
            guard bytes.count >= Self.bytesAtOnce else { return }
            try file.write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        try file.write(bytes)
        try file.commit()
        names.append(name)
    }

    private static let bytesAtOnce = 1 << 18
}
