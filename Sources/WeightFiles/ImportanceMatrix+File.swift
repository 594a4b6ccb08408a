// Importance matrices on disk: which form a file has, and which one a name asks for.

internal import Files
public import Foundation

extension ImportanceMatrix {
    /// Reads a file in either form.
    ///
    /// - Throws: `WeightError` for what is no importance matrix.
    public init(_ url: URL) throws(WeightError) {
        let file = try MappedFile(url)
        if file.bytes.starts(with: Array("GGUF".utf8)) {
            try self.init(GGUFFile(file))
        } else {
            try self.init(legacy: file)
        }
    }

    /// Whether `name` asks for the older form.
    public static func isLegacy(_ name: String) -> Bool { name.lowercased().hasSuffix(".dat") }

    /// Whether `name` is called as importance matrices are.
    public static func isName(_ name: String) -> Bool {
        [".imatrix", ".dat", ".gguf"].contains { name.lowercased().hasSuffix($0) }
    }

    /// Writes the matrix to `url`, in the older form where the name ends in `.dat`. What Lathe did not write is not replaced.
    public func write(to url: URL) throws {
        let place = OwnedFiles(besideFile: url, .importance), name = url.lastPathComponent
        try place.require(name)
        try place.removeAbandoned(name)
        if Self.isLegacy(name) {
            try place.write(legacyBytes, to: name)
        } else {
            try place.put(ggufFile(for: url), as: name)
        }
    }
}
