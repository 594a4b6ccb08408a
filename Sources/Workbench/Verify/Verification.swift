// `lathe verify`: whether every file is as Lathe wrote it.

internal import Checkpoints
internal import Files
internal import Foundation
public import JSON
internal import Spelling
internal import Vocabulary

/// Every file of an export, an adapter or a run, held against what Lathe noted when it wrote it.
public struct Verification: Presentable {
    /// A file that is not as it was written.
    private struct Finding {
        let path: String
        let fault: ManifestCheck.Fault
        let listedBytes: Int?
        let foundBytes: Int?

        var json: JSONValue {
            [
                "path": .string(path), "fault": .string(fault.rawValue),
                "listed_bytes": listedBytes.map { .integer($0) } ?? .null,
                "found_bytes": foundBytes.map { .integer($0) } ?? .null,
            ]
        }

        var text: String {
            func bytes(_ count: Int?) -> String { count.map { Count.text($0, "byte") } ?? "no file" }
            let sizes =
                switch fault {
                case .missing: listedBytes.map { " (it had \(bytes($0)))" } ?? ""
                case .extra: foundBytes.map { " (\(bytes($0)))" } ?? ""
                case .changed where listedBytes == nil || listedBytes == foundBytes: " (\(bytes(foundBytes)))"
                case .changed: " (\(bytes(foundBytes)), \(bytes(listedBytes)) when it was written)"
                }
            return "\(fault.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0))\(path: path)\(sizes)"
        }
    }

    /// Files that a message names.
    private static let shown = 3

    private let path: String
    private var findings: [Finding] = []
    private var fileCount = 0
    private var byteCount = 0

    /// Reads every file that stands at `path`.
    ///
    /// - Throws: `Failure` where nothing stands there, or no manifest says what should; `SystemError` for a file that
    ///   cannot be read.
    public init(_ path: String) throws {
        self.path = path
        let places = try VerifiedPlaces(path)
        let root = RealPath.place(path)
        let top = try FileForm(at: root) == .folder ? root : root.deletingLastPathComponent()
        for manifest in places.manifests {
            guard let check = try ManifestCheck(manifest) else { continue }
            fileCount += check.fileCount
            byteCount += check.byteCount
            let folder = manifest.deletingLastPathComponent()
            for found in check.differences {
                let url = folder.appendingPathComponent(found.path)
                add(url, in: top, found.fault, found.listedBytes, found.foundBytes)
            }
        }
        for url in places.checkpoints { try addCheckpoint(url, in: top) }
        for (url, sha256) in places.noted { try addNoted(url, sha256, in: top) }
        findings.sort { ($0.path, $0.fault.rawValue) < ($1.path, $1.fault.rawValue) }
    }

    private mutating func add(
        _ url: URL, in top: URL, _ fault: ManifestCheck.Fault, _ listed: Int?, _ found: Int?
    ) {
        let start = top.path == "/" ? "/" : top.path + "/"
        let name = url.path.hasPrefix(start) ? String(url.path.dropFirst(start.count)) : url.path
        guard !findings.contains(where: { $0.path == name }) else { return }
        findings.append(Finding(path: name, fault: fault, listedBytes: listed, foundBytes: found))
    }

    private mutating func addCheckpoint(_ url: URL, in top: URL) throws {
        fileCount += 1
        let bytes = try FileSize.bytes(ifThere: url)
        byteCount += bytes ?? 0
        if try !CheckpointFolder.isWhole(url) { add(url, in: top, .changed, nil, bytes) }
    }

    /// A manifest as a run noted it: what it wrote may be gone as a whole, or another thing may stand in its place.
    private mutating func addNoted(_ url: URL, _ sha256: String, in top: URL) throws {
        guard try FileForm(at: url) != nil else { return add(url, in: top, .missing, nil, nil) }
        let found = try FileDigest.sha256(url.path)
        if found.digest != sha256 { add(url, in: top, .changed, nil, found.bytes) }
    }

    /// Whether every file is as it was written.
    public var passed: Bool { findings.isEmpty }

    public var json: JSONValue {
        [
            "path": .string(path), "files": .integer(fileCount), "bytes": .integer(byteCount),
            "differences": .array(findings.map(\.json)), "passed": .bool(passed),
        ]
    }

    public var text: String {
        let sum = "\(Count.text(fileCount, "file")), \(Count.text(byteCount, "byte")) read"
        guard !passed else { return "\(path: path): \(sum): all as Lathe wrote them" }
        return (findings.map(\.text) + ["\(path: path): \(sum)"]).joined(separator: "\n")
    }

    /// Throws where something is not as it was written.
    public func requirePassed() throws {
        guard !passed else { return }
        let named = findings.prefix(Self.shown).map(\.path).joined(separator: ", ")
        throw Failure(
            .badInput,
            "\(path: path): \(Count.text(findings.count, "file")) not as Lathe wrote "
                + (findings.count == 1 ? "it" : "them") + ": " + named + (findings.count > Self.shown ? ", …" : ""),
            hint: "copy it again from where it came from, or write it anew", namedFile: path)
    }
}
