// `lathe models`: the models that are there, and those known by name.

internal import Files
internal import Foundation
public import JSON
internal import Models
internal import Spelling

/// A model in a folder of models, opened far enough to know what it is.
struct PresentModel {
    let path: String
    let bytes: Int
    let family: String
    let parameters: Int
    let writesText: Bool
    let hasTemplate: Bool
    let context: Int
    /// As the files say it; nil where they do not.
    let licence: String?
    /// As the files say them.
    let languages: [String]

    /// - Throws: where it is no model that Lathe runs.
    init(_ path: String) throws {
        let opened = try OpenedModel(path)
        self.path = path
        bytes = opened.byteCount
        family = opened.configuration.family
        parameters = opened.weights.paths.reduce(0) { $0 + (opened.weights.shape(at: $1)?.elementCount ?? 0) }
        writesText = opened.configuration.writesText
        hasTemplate = opened.templateSource != nil
        context = opened.configuration.contextLength
        let origin = try BaseOrigin(opened)
        licence = origin.licence
        languages = origin.languages
    }
}

/// Models in a folder, and models known by name.
public struct ModelCatalogue: Presentable {
    private let folder: String
    private var present: [PresentModel] = []
    private var refused: [(path: String, reason: String)] = []

    /// - Parameter folder: where models lie; nil for the place where `lathe fetch` puts them.
    /// - Throws: `SystemError` for a folder that cannot be read, `Failure` for one that was named and is not there.
    public init(_ folder: String? = nil) throws {
        if let folder { try Failure.requireExists(folder, "the folder") }
        self.folder = folder ?? FetchStage.usualPlace
        for path in try Self.places(in: self.folder) {
            do { present.append(try PresentModel(path)) } catch {
                refused.append((path, Failure(describing: error).message))
            }
        }
    }

    /// The usable models of the usual place, the smallest first.
    static func usual() throws -> [PresentModel] { try ModelCatalogue().present.sorted { $0.bytes < $1.bytes } }

    /// Paths that look like models: folders with `config.json` or parts of a GGUF file, and GGUF files.
    private static func places(in folder: String) throws -> [String] {
        let names = try Folder.names(in: URL(fileURLWithPath: folder)) ?? []
        return try names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.filter {
            let url = URL(fileURLWithPath: folder).appendingPathComponent($0)
            guard try FileForm(at: url) == .folder else { return $0.lowercased().hasSuffix(".gguf") }
            return try Folder.holds("config.json", in: url)
                || (Folder.names(in: url) ?? []).contains { $0.lowercased().hasSuffix(".gguf") }
        }.map { folder + "/" + $0 }
    }

    public var json: JSONValue {
        [
            "folder": .string(folder),
            "present": .array(
                present.map {
                    [
                        "path": .string($0.path), "family": .string($0.family), "bytes": .integer($0.bytes),
                        "parameters": .integer($0.parameters), "context": .integer($0.context),
                        "writes_text": .bool($0.writesText), "chat_template": .bool($0.hasTemplate),
                        "licence": $0.licence.map { .string($0) } ?? .null,
                        "languages": .array($0.languages.map { .string($0) }),
                    ]
                }),
            "not_usable": .array(refused.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
            "known": .array(
                KnownModel.all.map {
                    [
                        "name": .string($0.name), "kind": .string($0.kind.rawValue),
                        "megabytes": .integer($0.megabytes), "licence": .string($0.licence),
                        "languages": .string($0.languages), "wants_token": .bool($0.wantsToken),
                        "command": .string($0.command),
                    ]
                }),
        ]
    }

    public var text: String {
        var lines = ["models in \(ShownText.name(folder)):"]
        if present.isEmpty, refused.isEmpty { lines.append("  none") }
        for model in present {
            let use = model.writesText ? (model.hasTemplate ? "chat" : "writes") : "reads"
            lines.append(
                "  \(path: model.path)  \(model.family), \(ByteCount.text(model.bytes)), \(model.parameters / 1_000_000) M "
                    + "weights, \(use), licence \(ShownText.name(model.licence ?? "not told"))")
        }
        for model in refused { lines.append("  \(path: model.path)  not usable: \(ShownText.name(model.reason))") }
        lines += ["", "known by name; sizes are about:"]
        let width = KnownModel.all.map(\.name.count).max() ?? 0
        for model in KnownModel.all {
            let name = model.name + String(repeating: " ", count: width - model.name.count)
            let size = "\(model.megabytes) MB"
            lines.append(
                "  \(name)  \(model.kind.rawValue), \(size), \(model.licence), \(model.languages)"
                    + (model.wantsToken ? "; wants HF_TOKEN" : ""))
        }
        return (lines + ["", "lathe fetch NAME gets one into \(FetchStage.usualPlace)"]).joined(separator: "\n")
    }
}
