// A model, from where it is to where it is used: only the files that are needed, each proven, the whole at once.

internal import Digests
internal import Files
public import Foundation
public import JSON
internal import Spelling
internal import Synthesis
internal import Vocabulary

/// Gets a model from a hub, an address or a place on this machine. The one stage that may use the network, and only for this.
public struct FetchStage {
    private let name: String
    private let revision: String?
    private let file: String?
    private let output: URL?
    private let client: FetchClient

    /// Where models go where nobody says.
    public static let usualPlace = "checkpoints/base"

    /// - Parameters:
    ///   - name: OWNER/NAME on the hub, an address, or a path.
    ///   - revision: a branch, a tag or a commit on the hub; nil for `main`.
    ///   - file: of several GGUF files the one that is meant.
    ///   - output: nil for the model's name in `usualPlace`.
    /// - Throws: `Failure` where the environment names no hub, or holds no key.
    public init(_ name: String, revision: String? = nil, file: String? = nil, to output: URL? = nil) throws {
        self.name = name
        self.revision = revision
        self.file = file
        self.output = output
        client = try FetchClient(ProcessInfo.processInfo.environment)
    }

    /// - Throws: `Failure` where the source has no such model or cannot be reached, and where what came is not what was promised;
    ///   `PlaceError` for a place that is not Lathe's.
    public func run(_ observer: any RunObserver) throws -> FetchReport {
        let source = try FetchSource(name, endpoint: client.endpoint)
        if case .hub = source {
        } else {
            guard revision == nil, file == nil else {
                throw Failure(
                    .usage, "\(revision == nil ? "--file" : "--revision") is for names on a hub", hint: "leave it out")
            }
        }
        observer.receive(.stage("fetch", detail: name))
        let plan = try plan(source)
        let place = try output ?? OutputPlaces.url(source.place(of: plan, in: Self.usualPlace))
        try requireApart(source, place)
        let staged = try StagedPlace(place, isFolder: !plan.isSingleFile)
        if let known = try staged.known(plan) {
            observer.receive(.note("\(path: place.path) is there already, and as it was fetched"))
            try PartialFolder.removeLeftover(for: place, subject: plan.subject)
            return FetchReport(path: place.path, files: known, isNew: false)
        }
        try Folder.make(place.deletingLastPathComponent())
        let parts = try PartialFolder(for: place, subject: plan.subject)
        if parts.removedBytes > 0 {
            let size = String(format: "%.1f", Double(parts.removedBytes) / 1e6)
            observer.receive(
                .note("what an earlier call had got of another state or another model, \(size) MB, was removed"))
        }
        let files = try StopSignals.whileKeeping(parts.url) { try gather(plan, parts, observer) }
        let report = try staged.take(files, of: parts, plan)
        try parts.remove()
        return FetchReport(path: place.path, files: report, isNew: true)
    }

    private func plan(_ source: FetchSource) throws -> FetchPlan {
        switch source {
        case .hub(let name): try FetchPlan(hub: name, revision: revision ?? "main", file: file, client)
        case .address(let address): try FetchPlan(address, endpoint: client.endpoint)
        case .place(let url): try FetchPlan(place: url)
        }
    }

    private func requireApart(_ source: FetchSource, _ place: URL) throws {
        guard case .place(let url) = source else { return }
        let (from, to) = (RealPath(url), RealPath(place))
        guard from.isSame(as: to) || from.isInside(to) || to.isInside(from) else { return }
        throw PlaceError(place.path, inTheWay: url.path, .needed("the model that is fetched"))
    }

    // MARK: Files

    /// Gets the files of `plan`, those that an index names after it; the paths of those that there are.
    private func gather(_ plan: FetchPlan, _ parts: PartialFolder, _ observer: any RunObserver) throws -> [String] {
        var waiting = plan.files, done: [String] = []
        var bytesBefore = 0
        let all = plan.files.reduce(0) { $0 + ($1.bytes ?? 0) }
        while !waiting.isEmpty {
            let file = waiting.removeFirst()
            let place = try parts.file(file.path)
            let line = FetchProgress(observer, file.path, before: bytesBefore, all: max(all, file.bytes ?? 0))
            guard try get(file, to: FetchedPart(place: place), line.report, observer) else { continue }
            bytesBefore += try FileSize.bytes(ifThere: place) ?? 0
            done.append(file.path)
            var named: [FetchedFile] = []
            if file.path == NeededFiles.index {
                // The index says where the weights are, and whether they are in the file that there would be without one.
                waiting.removeAll { $0.path == NeededFiles.weights }
                named = try NeededFiles.shards(place).map(plan.shard)
            } else if file.path == NeededFiles.modules {
                named = try NeededFiles.companions(namedBy: place).compactMap(plan.companion)
            }
            let known = Set(done + waiting.map(\.path))
            waiting += named.filter { !known.contains($0.path) }
        }
        return done
    }

    /// Gets a file; false where it is optional and not there.
    private func get(
        _ file: FetchedFile, to part: FetchedPart, _ progress: @escaping (Int) -> Void, _ observer: any RunObserver
    ) throws -> Bool {
        let state = try file.state, earlier = try part.wholeState
        // What was whole when an earlier call ended.
        if let state, earlier == state { return true }
        func tell(_ words: String) { observer.receive(.note(words)) }
        switch file.origin {
        case .address(let address):
            let download = FileDownload(
                client: client, address: address, file: file, part: part, progress: progress, tell: tell)
            guard try download.run() else { return false }
        case .place(let url):
            if earlier != nil {
                tell("\(path: url.path) has changed since an earlier call copied it: it is copied again")
            }
            try part.setUnfinished()
            try copy(url, to: part.place, progress)
            guard try file.state == state else {
                throw Failure(
                    .inputOutput, "\(path: url.path) changed while it was copied",
                    hint: "the same command copies it again")
            }
        }
        try part.setWhole(state)
        return true
    }

    private func copy(_ source: URL, to place: URL, _ progress: (Int) -> Void) throws {
        let descriptor = open(source.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, reading: source.path) }
        defer { close(descriptor) }
        let file = try AtomicFile(place, replaces: true, isHashed: true)
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = block.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(errno, reading: source.path) }
            guard count > 0 else { break }
            try block.withUnsafeBytes { try file.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            progress(file.byteCount)
        }
        try file.commit()
    }
}

/// Tells how far a file is, no oftener than a person could read.
private final class FetchProgress {
    private let observer: any RunObserver
    private let name: String
    private let before: Int
    private let all: Int
    private var last = ContinuousClock.now
    private let start = ContinuousClock.now
    private var first: Int?

    init(_ observer: any RunObserver, _ name: String, before: Int, all: Int) {
        self.observer = observer
        self.name = name
        self.before = before
        self.all = all
    }

    func report(_ bytes: Int) {
        first = first ?? bytes
        guard ContinuousClock.now - last > .milliseconds(200) else { return }
        last = .now
        let seconds = (last - start).seconds
        let speed = seconds > 0 ? Double(bytes - (first ?? 0)) / seconds / 1e6 : 0
        let total = max(all, before + bytes)
        observer.receive(
            .progress(
                done: (before + bytes) / 1_000_000, total: total / 1_000_000 + 1,
                unit: "MB, \(name)" + String(format: ", %.1f MB/s", speed)))
    }
}

/// What was fetched.
public struct FetchReport: Presentable {
    struct File {
        let path: String
        let bytes: Int
        let sha256: String
    }

    let path: String
    let files: [File]
    /// Whether it was fetched now, and not there before.
    let isNew: Bool

    /// SHA-256 over the files' names and digests; of a single file, its own.
    var sha256: String {
        guard files.count > 1 else { return files.first?.sha256 ?? "" }
        return SHA256.hex(of: files.map { "\($0.sha256)  \($0.path)\n" }.joined())
    }

    public var json: JSONValue {
        [
            "path": .string(path), "bytes": .integer(files.reduce(0) { $0 + $1.bytes }), "sha256": .string(sha256),
            "fetched": .bool(isNew),
            "files": .array(
                files.map { ["path": .string($0.path), "bytes": .integer($0.bytes), "sha256": .string($0.sha256)] }),
        ]
    }

    public var text: String {
        let size = Double(files.reduce(0) { $0 + $1.bytes }) / 1e6
        return files.map { "\($0.sha256)  \($0.path)\n" }.joined()
            + "\(Count.text(files.count, "file")) of \(String(format: "%.1f", size)) MB in \(path: path)\n"
            + "lathe inspect \(path) says what it can be used with"
    }
}
