// A manifest as text: JSON, in one form only and with a digest of its own, so that no byte of it changes unseen.

internal import Digests
public import Foundation
internal import JSON
public import Vocabulary

extension Manifest {
    private static let format = "lathe manifest 1"
    private static let largestBytes = 64 << 20

    /// What stands where a manifest is looked for.
    public enum Stored {
        /// A list of files. It is intact where every byte is as Lathe wrote it.
        case manifest(Manifest, isIntact: Bool)
        /// Something that cannot be read as one.
        case other

        /// `nil` where nothing stands at `url`. What cannot be read is not nothing.
        public init?(at url: URL) throws(SystemError) {
            guard let status = try FileStatus.of(url.path, followingLinks: false) else { return nil }
            guard status.isFile, status.st_size < largestBytes, let bytes = try WholeFile.bytes(ifThere: url),
                let json = try? JSONValue(parsing: bytes), let manifest = Manifest(json)
            else {
                self = .other
                return
            }
            // Earlier versions wrote no digest.
            let text = json[Manifest.digestKey] == nil ? Manifest.text(manifest.members) : manifest.text
            self = .manifest(manifest, isIntact: bytes.elementsEqual(text.utf8))
        }
    }

    /// The manifest at `url`; `nil` where there is none, or something else stands there.
    public init?(at url: URL) throws(SystemError) {
        guard case .manifest(let manifest, _)? = try Stored(at: url) else { return nil }
        self = manifest
    }

    private init?(_ json: JSONValue) {
        guard json["format"]?.string == Self.format,
            let content = json["holds"]?.string.flatMap(Content.init(rawValue:)), let files = json["files"]?.array
        else { return nil }
        let entries = files.compactMap(Entry.init)
        guard entries.count == files.count else { return nil }
        self.init(content, of: json["run"]?.string, entries: entries)
    }

    private static let digestKey = "sha256"

    /// Its text.
    public var text: String {
        let members = members
        return Self.text(members + [(Self.digestKey, .string(SHA256.hex(of: Self.text(members))))])
    }

    private static func text(_ members: [JSONObject.Member]) -> String {
        JSONValue.object(JSONObject(members)).text(.pretty) + "\n"
    }

    /// All but the digest.
    private var members: [JSONObject.Member] {
        var members: [JSONObject.Member] = [
            ("format", .string(Self.format)), ("holds", .string(content.rawValue)),
        ]
        if let run { members.append(("run", .string(run))) }
        let files = entries.sorted { ($0.path, $0.sha256) < ($1.path, $1.sha256) }
        members.append(("files", .array(files.map(\.json))))
        return members
    }
}

extension Manifest.Entry {
    fileprivate init?(_ json: JSONValue) {
        guard let path = json["path"]?.string, let bytes = json["bytes"]?.integer, let sha256 = json["sha256"]?.string
        else { return nil }
        // No list reaches beyond its folder.
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { ["", ".", ".."].contains($0) }) else { return nil }
        self.init(path: path, bytes: bytes, sha256: sha256, grows: json["grows"]?.bool ?? false)
    }

    fileprivate var json: JSONValue {
        var members: [JSONObject.Member] = [
            ("path", .string(path)), ("bytes", .integer(bytes)), ("sha256", .string(sha256)),
        ]
        if grows { members.append(("grows", .bool(true))) }
        return .object(JSONObject(members))
    }
}
