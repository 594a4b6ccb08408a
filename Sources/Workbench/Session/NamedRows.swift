// Rows of one domain as a person names them: FILE, or NAME=FILE.

internal import Files
internal import Foundation

/// A file of rows, and what reports call it.
public struct NamedRows: Sendable, Equatable {
    public let name: String
    public let path: String

    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// Reads FILE or NAME=FILE. What stands there under the whole name is the file; else the first `=` ends the name. A file
    /// without a name is called as itself, without its ending.
    public init(argument: String) throws {
        if try FileForm(at: argument) == nil, let equals = argument.firstIndex(of: "=") {
            let name = argument[..<equals], path = argument[argument.index(after: equals)...]
            guard !name.isEmpty, !path.isEmpty else {
                throw Failure(.usage, "\(path: argument): rows are named NAME=FILE, and one of the two is missing")
            }
            self.init(name: String(name), path: String(path))
        } else {
            let file = URL(fileURLWithPath: argument).lastPathComponent
            self.init(name: file.split(separator: ".").first.map(String.init) ?? file, path: argument)
        }
    }
}
