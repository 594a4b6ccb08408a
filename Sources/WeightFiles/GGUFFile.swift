// Reading GGUF versions 2 and 3, with the checks of llama.cpp: what it refuses is refused here.

internal import Digests
public import Foundation
public import Tensors

/// A GGUF file: metadata and directory are checked whole when it is opened, tensors are mapped.
public final class GGUFFile: Sendable {
    public let file: MappedFile
    public let version: Int
    /// In the file's order; keys are unique.
    public let metadata: [(key: String, value: GGUFValue)]
    /// In the file's order, under GGUF's names; names are unique.
    public let tensors: [StoredTensor]
    /// The file that holds each of `tensors`: a model may be split over several.
    private let files: [MappedFile]
    /// Tensors start at multiples of this many bytes.
    public let alignment: Int
    /// Bytes of each file that stand after its last tensor and mean nothing, where there are any.
    let trailingBytes: [(file: String, count: Int)]
    private let keys: [[UInt8]: Int]
    private let names: [[UInt8]: Int]
    private let digest = OnceCache<String>()

    /// Opens the file and, where it is the first of a split model, the others beside it.
    public convenience init(_ url: URL) throws(WeightError) {
        let first = try GGUFFile(MappedFile(url))
        guard let split = try GGUFSplit(first) else {
            self.init(first, rest: [])
            return
        }
        self.init(first, rest: try split.otherParts())
    }

    init(_ file: MappedFile) throws(WeightError) {
        var parser = GGUFParser(file)
        try parser.parse()
        self.file = file
        version = parser.version
        metadata = parser.metadata
        tensors = parser.tensors
        files = parser.tensors.map { _ in file }
        alignment = parser.alignment
        trailingBytes = parser.trailingByteCount > 0 ? [(file.path, parser.trailingByteCount)] : []
        keys = parser.keys
        names = parser.names
    }

    /// The metadata of `first`, and the tensors of all parts. Names do not stand twice.
    private init(_ first: GGUFFile, rest: [GGUFFile]) {
        file = first.file
        version = first.version
        metadata = first.metadata
        tensors = ([first] + rest).flatMap(\.tensors)
        files = ([first] + rest).flatMap(\.files)
        alignment = first.alignment
        trailingBytes = ([first] + rest).flatMap(\.trailingBytes)
        keys = first.keys
        names = Dictionary(tensors.enumerated().map { (Array($1.name.utf8), $0) }) { first, _ in first }
    }

    /// The files of the model, one or as many as it is split over.
    public var partPaths: [String] {
        files.map(\.path).reduce(into: [file.path]) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The file that holds `entry`.
    private func file(of entry: StoredTensor) -> MappedFile { names[Array(entry.name.utf8)].map { files[$0] } ?? file }

    /// The metadata value of `key`.
    public func value(_ key: String) -> GGUFValue? { keys[Array(key.utf8)].map { metadata[$0].value } }

    /// The directory entry of `name`.
    public func entry(_ name: String) -> StoredTensor? { names[Array(name.utf8)].map { tensors[$0] } }

    /// The tensor called `name` in the file, rows as stored; nil if there is none; throws if its type cannot be computed with.
    public func tensor(_ name: String) throws(WeightError) -> FrozenTensor? {
        guard let entry = entry(name) else { return nil }
        return try entry.frozen(in: file(of: entry), as: name)
    }

    /// The chat templates by name: `default`, and those under `tokenizer.chat_template.NAME`.
    public var chatTemplates: [String: String] {
        let key = "tokenizer.chat_template"
        var named: [String: String] = [:]
        for (name, value) in metadata where name == key || name.hasPrefix(key + ".") {
            let name = name == key ? "default" : String(name.dropFirst(key.count + 1))
            if named[name] == nil { named[name] = value.string }
        }
        return named
    }

    /// The numbers of `entry`, under the name `path`, said to be stored in `form`.
    public func tensor(_ entry: StoredTensor, as path: String, _ form: StoredForm) throws(WeightError) -> FrozenTensor {
        try entry.frozen(in: file(of: entry), as: path, form: form)
    }

    /// Tells the system that the bytes of `entry` will not be needed soon.
    public func releasePages(of entry: StoredTensor) { file(of: entry).releasePages(entry.byteRange) }

    /// The same of all tensors.
    public func releasePages() { file.releasePages(file.bytes.indices) }

    /// What a person should know of the files.
    public var warnings: [String] {
        trailingBytes.map { file, count in
            "\(file): \(count) bytes behind the last tensor are no part of the model, and are not kept where it is written"
        }
    }

    /// SHA-256 over all tensors, computed once.
    public var contentDigest: String {
        digest.value { digestOfTensors(tensors.flatMap { file(of: $0).digestParts([$0]) }) }
    }

    /// SHA-256 over all that stands before the tensors' numbers: the metadata and the directory.
    public var headDigest: String {
        let own = zip(tensors, files).filter { $1 === file }.map { $0.0.byteRange.lowerBound }
        return withExtendedLifetime(file) {
            SHA256.hex(of: UnsafeRawBufferPointer(rebasing: file.bytes[..<(own.min() ?? file.bytes.count)]))
        }
    }

    /// `general.architecture`.
    public var architecture: String? { value("general.architecture")?.string }

    /// The value of `<architecture>.<key>`.
    public func architectureValue(_ key: String) -> GGUFValue? {
        architecture.flatMap { value("\($0).\(key)") }
    }
}
