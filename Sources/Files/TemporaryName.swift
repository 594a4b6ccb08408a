// Names of files that are being written: told apart from any name that a person gives.

public import Foundation
internal import Synchronization
internal import Vocabulary

/// Names of the form ".NAME.lathe-PROCESS-NUMBER.partial".
public enum TemporaryName {
    /// Bytes that names in the making are longer than the last ones, at most.
    static let longestAddition = 40

    private static let counter = Atomic(0)

    /// A name beside `url` that nobody else uses.
    public static func beside(_ url: URL) -> URL {
        let number = counter.add(1, ordering: .relaxed).newValue
        let folder = url.deletingLastPathComponent()
        UnfinishedPlaces.noteTemporary(in: folder)
        return
            folder
            .appendingPathComponent(".\(url.lastPathComponent).lathe-\(getpid())-\(number).partial")
    }

    /// The process whose file `name` is; `nil` where it is no such name.
    static func process(of name: String) -> pid_t? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].isEmpty, parts[parts.count - 1] == "partial" else { return nil }
        let numbers = parts[parts.count - 2].split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers[0] == "lathe", let process = pid_t(numbers[1]), process > 0,
            Int(numbers[2]) != nil
        else { return nil }
        return process
    }

    /// Removes this process's files under such names in `folder`.
    static func removeOwn(in folder: URL) {
        for name in (try? Folder.names(in: folder)) ?? [] where process(of: name) == getpid() {
            unlink(folder.appendingPathComponent(name).path)
        }
    }

    /// Names of files in `folder`, all or those of the file `wanted`, whose process is gone. One that still writes keeps its file.
    static func abandoned(in folder: URL, of wanted: String? = nil) throws(SystemError) -> [String] {
        try (Folder.names(in: folder) ?? []).filter { name in
            guard wanted.map({ name.hasPrefix(".\($0).lathe-") }) ?? true, let owner = process(of: name) else {
                return false
            }
            return owner != getpid() && kill(owner, 0) != 0 && errno == ESRCH
        }
    }

    /// Removes the files of `abandoned`. Lists that were ready for a manifest go only where they are named: they may be all that says
    /// that a file in place is Lathe's (`OwnedFiles.removeAbandoned`).
    public static func removeAbandoned(in folder: URL, of wanted: String? = nil) {
        for name in (try? abandoned(in: folder, of: wanted)) ?? [] where wanted != nil || !Manifest.isName(last(name)) {
            unlink(folder.appendingPathComponent(name).path)
        }
    }

    /// The name that the file of the temporary name `name` is to have.
    private static func last(_ name: String) -> String {
        name.range(of: ".lathe-", options: .backwards).map { String(name.dropFirst()[..<$0.lowerBound]) } ?? name
    }
}
