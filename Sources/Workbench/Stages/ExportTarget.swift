// What an export is: a format, and which of the two it holds there, a model or an adapter.

internal import Files
internal import Recipes
internal import Vocabulary

/// A format with what is written in it.
public struct ExportTarget: Sendable, Equatable {
    let format: ExportFormat
    /// Whether it is an adapter; else a model.
    public let isAdapter: Bool

    /// - Parameters:
    ///   - name: "peft", "mlx", "gguf-lora", "safetensors", "gguf" or "hdf5".
    ///   - contentName: "model", "adapter", or "auto": what the format holds, of hdf5 the model.
    /// - Throws: `Failure` for names that are none, and for a format that cannot hold what is asked for.
    public init(format name: String, what contentName: String = "auto") throws {
        guard let format = ExportFormat(rawValue: name) else { throw Self.unknown("format", name, ExportFormat.self) }
        guard let content = ExportContent(rawValue: contentName) else {
            throw Self.unknown("content", contentName, ExportContent.self)
        }
        try self.init(format, content, "--what", kind: .usage)
    }

    /// What the recipe's entry of that number is.
    init(_ entry: ExportEntry, number: Int) throws {
        try self.init(entry.format, entry.what, "export[\(number)].what:", kind: .badInput)
    }

    private init(_ format: ExportFormat, _ asked: ExportContent, _ key: String, kind: FailureKind) throws {
        guard let content = format.content(asked) else {
            let others = ExportFormat.allCases.filter { $0.contents.contains(asked) }.map(\.rawValue)
            throw Failure(
                kind, "\(key) \(asked.rawValue): \(format.rawValue) holds no \(asked.rawValue)",
                hint: "of \(asked.rawValue)s there are " + others.joined(separator: ", "))
        }
        self.init(format, isAdapter: content == .adapter)
    }

    /// A model in `format`.
    static func model(in format: ExportFormat) -> ExportTarget { ExportTarget(format, isAdapter: false) }

    private init(_ format: ExportFormat, isAdapter: Bool) {
        self.format = format
        self.isAdapter = isAdapter
    }

    private static func unknown<Choice: CaseIterable & RawRepresentable<String>>(
        _ what: String, _ name: String, _ choices: Choice.Type
    ) -> Failure {
        Failure(
            .usage, "unknown \(what) '\(name)'",
            hint: "one of " + choices.allCases.map(\.rawValue).joined(separator: ", "))
    }
}

extension ExportEntry {
    /// What it is, for an entry of a recipe that was checked: where its format cannot hold what it asks for, what it can.
    var target: ExportTarget { ExportTarget(checked: self) }

    /// Whether an adapter is written.
    var isAdapter: Bool { target.isAdapter }
}

extension ExportTarget {
    fileprivate init(checked entry: ExportEntry) {
        let content = entry.format.content(entry.what) ?? entry.format.contents.first
        self.init(entry.format, isAdapter: content == .adapter)
    }
}
