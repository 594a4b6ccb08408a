// A file on its way: its bytes, and beside them what is known of them.

internal import Files
internal import Foundation
internal import Vocabulary

/// A file that gathers in a partial folder.
struct FetchedPart {
    /// Where its bytes gather.
    let place: URL

    /// There once all bytes are: of which state of the source they are, empty where only the server can say.
    private var mark: URL { place.appendingPathExtension("whole") }
    /// The server's name for the bytes, where it has a strong one.
    private var tagPlace: URL { place.appendingPathExtension("etag") }

    /// How many bytes are there.
    var bytes: Int {
        get throws { try FileSize.bytes(ifThere: place) ?? 0 }
    }

    /// The server's name for the bytes.
    var tag: String? {
        get throws { try WholeFile.bytes(ifThere: tagPlace).map { String(decoding: $0, as: UTF8.self) } }
    }

    /// The state of the source of which all bytes were there when an earlier call ended; nil where they were not. A mark without
    /// bytes says nothing, and goes.
    var wholeState: String? {
        get throws {
            guard let state = try WholeFile.bytes(ifThere: mark) else { return nil }
            guard try FileForm(at: place) == .file else {
                try Folder.removeFile(mark)
                return nil
            }
            return String(decoding: state, as: UTF8.self)
        }
    }

    /// Whether the bytes have another name too: those of a model that stands in its place already.
    var isShared: Bool {
        var status = stat()
        return lstat(place.path, &status) == 0 && status.st_nlink > 1
    }

    /// Notes that all bytes are there.
    func setWhole(_ state: String?) throws {
        try AtomicFile.write(Array((state ?? "").utf8), to: mark, replaces: true)
    }

    /// From here on the bytes may change.
    func setUnfinished() throws { try Folder.removeFile(mark) }

    /// Keeps the server's name for the bytes, where it stands for these bytes and no others.
    func note(_ tag: String?) throws {
        guard let tag, tag.hasPrefix("\""), tag.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            return try Folder.removeFile(tagPlace)
        }
        try AtomicFile.write(Array(tag.utf8), to: tagPlace, replaces: true)
    }

    /// Removes the bytes and all that is known of them.
    func drop() throws {
        try Folder.removeFile(mark)
        try Folder.removeFile(place)
        try Folder.removeFile(tagPlace)
    }
}
