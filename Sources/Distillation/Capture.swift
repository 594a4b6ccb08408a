// Capturing: what the teacher predicts of rows goes into a file, each sequence once.

public import Datasets
internal import Digests
internal import Files
public import Foundation
public import Models
internal import Vocabulary

/// The capture of a recipe's rows.
///
/// What was captured earlier, whatever rows it stood among, is taken from the file that is there, and what a killed process had
/// captured from its journal. What is kept of a sequence depends on nothing else, so the file has the bytes of one that was never
/// killed, or made at once.
public struct Capture {
    private let url: URL
    private let identity: CaptureIdentity
    private let place: OwnedFiles
    private let isShared: Bool

    /// - Parameters:
    ///   - url: where the file goes: a new place, or that of an earlier capture of the same.
    ///   - identity: what it is of.
    ///   - isShared: whether others have rows of their own there, which stay. Else what is no longer of the rows goes.
    public init(at url: URL, of identity: CaptureIdentity, isShared: Bool = false) {
        self.url = url
        self.identity = identity
        self.isShared = isShared
        // Of no run: what a teacher once said serves every student of it.
        place = OwnedFiles(besideFile: url, .capture)
    }

    /// Where finished batches lie until the file is whole.
    public var journal: URL { CaptureJournal.place(of: url) }

    /// Rows to be captured.
    public struct Rows {
        /// As the student has them.
        let examples: any ExampleSource
        let count: Int
        let digest: String
        let longestContext: Int
        let read: (TokenBatch) throws -> TokenBatch

        /// - Parameters:
        ///   - count: of the rows that `examples` are of.
        ///   - digest: of all that decides `examples`.
        ///   - longestContext: how many tokens the teacher reads before a sequence, at most; those of a batch may share them.
        ///   - read: what the teacher reads for a batch of the student's: the same targets.
        public init(
            examples: any ExampleSource, count: Int, digest: String, longestContext: Int = 0,
            read: @escaping (TokenBatch) throws -> TokenBatch = { $0 }
        ) {
            self.examples = examples
            self.count = count
            self.digest = digest
            self.longestContext = longestContext
            self.read = read
        }
    }

    /// How far the work is.
    public struct Progress: Sendable {
        /// Sequences that are captured, those of earlier calls included.
        public let done: Int
        public let total: Int
        /// Tokens that the teacher has read in this call.
        public let tokens: Int
    }

    /// What came of it.
    public struct Outcome: Sendable {
        public let file: CaptureFile
        public let bytes: Int
        public let sha256: String
        /// Of the rows that were asked for, those that carry loss.
        public let targets: Int
        /// Sequences that were captured by this call, and those that were there; of equal ones one.
        public let computed: Int
        public let known: Int
    }

    /// Throws where something stands in the way, or is of another teacher.
    public func requirePlace() throws {
        try place.require(url.lastPathComponent)
        _ = try earlier()
    }

    /// Removes what lies there of another teacher, or kept in another way: who starts over captures anew.
    public func removeOthers() throws {
        if try FileForm(at: url) != nil {
            do throws(CaptureError) {
                try identity.require(CaptureFile(url).identity, in: url.path, draws: true)
            } catch {
                try place.remove(url.lastPathComponent)
            }
        }
        guard try Journal.isJournal(journal), try Journal.subject(of: journal) != identity.text else { return }
        try Folder.removeFile(journal)
    }

    /// The capture that is there; nil where none is.
    private func earlier() throws -> CaptureFile? {
        guard try FileForm(at: url) != nil else { return nil }
        let file = try CaptureFile(url)
        try identity.require(file.identity, in: url.path, draws: true)
        return file
    }

    /// - Parameters:
    ///   - rowLimit: token rows that the teacher reads at once, at most; a longer sequence stands alone.
    ///   - onProgress: told after each batch how far it is. What it throws ends the work; what was captured stays.
    public func run(
        _ rows: Rows, reader: DistributionReader, rowLimit: Int, onProgress: (Progress) throws -> Void = { _ in }
    ) throws -> Outcome {
        try place.require(url.lastPathComponent)
        try place.removeAbandoned(url.lastPathComponent)
        var earlier = try self.earlier()
        let order = try Order(rows)
        if let earlier, try isShared ? order.stands(in: earlier) : order.isHeld(by: earlier, rows) {
            if try Journal.isJournal(self.journal) { try CaptureJournal(of: url, identity).remove() }
            return try outcome(earlier, computed: 0, of: order)
        }
        try Folder.make(url.deletingLastPathComponent())
        let journal = try CaptureJournal(of: url, identity)
        // Another process may have put its own there before the journal was this one's.
        if isShared { earlier = try self.earlier() }
        let missing = order.first.filter { !journal.holds($0.digest) && earlier?.holds($0.digest) != true }
        try compute(missing.map(\.index), of: order.first.count, rows, reader, rowLimit, into: journal, onProgress)
        let writer = try CaptureWriter(url, identity)
        let others = isShared ? try earlier?.digests().filter { !order.holds($0) } : nil
        for digest in order.digests + (others ?? []) {
            guard let sequence = try journal.sequence(digest) ?? earlier?.sequence(digest) else {
                throw CaptureError.damaged(file: self.journal.path, place: "a sequence is gone")
            }
            try writer.append(sequence)
        }
        try writer.finish(rows: rows.count, digest: rows.digest) { finished in
            try place.put(finished, as: url.lastPathComponent)
        }
        try journal.remove()
        return try outcome(CaptureFile(url), computed: missing.count, of: order)
    }

    private func outcome(_ file: CaptureFile, computed: Int, of order: Order) throws -> Outcome {
        let (digest, bytes) = try FileDigest.sha256(url.path)
        return Outcome(
            file: file, bytes: bytes, sha256: digest, targets: order.targets, computed: computed,
            known: order.first.count - computed)
    }

    /// Captures the sequences `missing`, by length, so that batches are full.
    private func compute(
        _ missing: [Int], of total: Int, _ rows: Rows, _ reader: DistributionReader, _ rowLimit: Int,
        into journal: CaptureJournal, _ onProgress: (Progress) throws -> Void
    ) throws {
        let order = missing.sorted { (rows.examples.tokenCount($0), $0) < (rows.examples.tokenCount($1), $1) }
        var start = 0
        var tokens = 0
        while start < order.count {
            var (end, rowCount) = (start, rows.longestContext)
            repeat {
                rowCount += rows.examples.tokenCount(order[end])
                end += 1
            } while end < order.count && rowCount + rows.examples.tokenCount(order[end]) <= rowLimit
                && rows.longestContext * (end - start) <= Self.mostCopies * rowLimit
            let batch = Array(order[start..<end])
            try journal.append(reader.sequences(batch.map(rows.examples.example), numbers: batch, reading: rows.read))
            tokens += rowCount
            start = end
            try onProgress(Progress(done: total - order.count + end, total: total, tokens: tokens))
        }
    }

    /// Rows of a context that sequences share, as attention sees them for each row of a batch, at most: they need memory too.
    public static let mostCopies = 4

    /// The sequences that have targets, in the rows' order.
    private struct Order {
        /// Of each sequence.
        var digests: [UInt64] = []
        /// Of equal sequences the first, with its number among all.
        var first: [(digest: UInt64, index: Int)] = []
        var targets = 0
        private var seen = Set<UInt64>()

        init(_ rows: Rows) throws {
            for index in 0..<rows.examples.count where rows.examples.targetCount(index) > 0 {
                let digest = try rows.examples.example(index).captureDigest
                digests.append(digest)
                targets += rows.examples.targetCount(index)
                if seen.insert(digest).inserted { first.append((digest, index)) }
            }
        }

        func holds(_ digest: UInt64) -> Bool { seen.contains(digest) }

        /// Whether `file` holds these, among others.
        func stands(in file: CaptureFile) -> Bool { first.allSatisfy { file.holds($0.digest) } }

        /// Whether `file` holds just these, in their order.
        func isHeld(by file: CaptureFile, _ rows: Rows) throws -> Bool {
            guard file.rowsDigest == rows.digest, file.rows == rows.count, file.sequences == digests.count else {
                return false
            }
            return try file.digests() == digests
        }
    }
}
