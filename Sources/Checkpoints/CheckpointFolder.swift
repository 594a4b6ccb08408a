// The checkpoints of one run: `step-000200.h5` and its siblings.

internal import Files
public import Foundation
public import Training
internal import Vocabulary

/// The snapshots in a run's directory.
public struct CheckpointFolder: Sendable {
    public let url: URL

    public init(_ url: URL) { self.url = url }

    /// A good snapshot, and what had to be passed over to find it.
    public struct Newest: Sendable {
        public let snapshot: TrainingSnapshot
        public let url: URL
        /// Newer files that cannot be used.
        public let skipped: [CheckpointError]
    }

    /// Where the snapshot after `step` steps stands.
    public func file(step: Int) -> URL {
        let digits = String(step)
        return url.appendingPathComponent(
            "step-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".h5")
    }

    /// Steps of the snapshots that are there, ascending, good or not.
    public var steps: [Int] {
        get throws(CheckpointError) {
            let names = try asking { () throws(SystemError) in try Folder.names(in: url) ?? [] }
            return names.compactMap(Self.step(ofFile:)).sorted()
        }
    }

    /// Whether the file at `url` is a checkpoint, whole or not.
    public static func isCheckpoint(_ url: URL) -> Bool { SealedFile.isOwn(url) }

    /// Whether the file at `url` is a checkpoint of which every byte is as it was written. What cannot be read is an error.
    public static func isWhole(_ url: URL) throws(CheckpointError) -> Bool { try SealedFile.isWhole(url) }

    private func asking<Result>(_ body: () throws(SystemError) -> Result) throws(CheckpointError) -> Result {
        do throws(SystemError) { return try body() } catch { throw CheckpointError(file: url.path, .refused(error)) }
    }

    private static func step(ofFile name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(".h5") else { return nil }
        let digits = name.dropFirst(5).dropLast(3)
        return digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) : nil
    }

    /// The newest snapshot that can be used. nil: there is none, and `skipped` gets what is wrong with each file there.
    ///
    /// One that the system does not let be read is an error: to pass over it would lose what is saved in it.
    public func newest(skipped: inout [CheckpointError]) throws(CheckpointError) -> Newest? {
        for step in try steps.reversed() {
            let file = file(step: step)
            do throws(CheckpointError) {
                return Newest(snapshot: try Checkpoint.read(file), url: file, skipped: skipped)
            } catch {
                if case .refused = error.reason { throw error }
                skipped.append(error)
            }
        }
        return nil
    }

    /// Writes `snapshot` in its place, then removes what `retention` lets go. Nothing older is touched before the new
    /// snapshot is safe on disk.
    @discardableResult
    public func save(_ snapshot: TrainingSnapshot, retention: Retention) throws(CheckpointError) -> URL {
        do throws(SystemError) { try Folder.make(url) } catch { throw CheckpointError(file: url.path, .refused(error)) }
        let file = file(step: snapshot.step)
        try Checkpoint.write(snapshot, to: file)
        for step in try retention.stepsToRemove(from: steps, newest: snapshot.step, best: snapshot.best?.step) {
            try remove(step)
        }
        TemporaryName.removeAbandoned(in: url)
        return file
    }

    /// Removes every snapshot: a run that starts over.
    public func removeAll() throws(CheckpointError) {
        for step in try steps { try remove(step) }
        TemporaryName.removeAbandoned(in: url)
    }

    /// Throws where a file that is no checkpoint stands where one would.
    public func requireOwn() throws {
        for step in try steps where !SealedFile.isOwn(file(step: step)) {
            throw PlaceError(file(step: step).path, inTheWay: file(step: step).path, .notOurs)
        }
    }

    /// Removes the snapshot of `step`, and nothing that only has its name.
    private func remove(_ step: Int) throws(CheckpointError) {
        let file = file(step: step)
        if SealedFile.isOwn(file) { try asking { () throws(SystemError) in try Folder.removeFile(file) } }
    }
}

/// Which snapshots stay.
public enum Retention: Sendable, Equatable {
    case all
    /// The newest so many, at least one, and that of the best evaluation.
    case lastAndBest(Int)
    /// The newest so many, at least one.
    case last(Int)

    /// The steps to let go. A file of a later step than the one just saved is of a run that was taken back; it stays, because
    /// it is not this run's to remove.
    func stepsToRemove(from steps: [Int], newest: Int, best: Int?) -> [Int] {
        switch self {
        case .all: []
        case .lastAndBest(let count): Self.older(than: count, steps, newest).filter { $0 != best }
        case .last(let count): Self.older(than: count, steps, newest)
        }
    }

    private static func older(than count: Int, _ steps: [Int], _ newest: Int) -> [Int] {
        steps.sorted().filter { $0 <= newest }.dropLast(max(1, count))
    }
}
