// Sequences that are captured already, while others are not: in a journal beside the file that is to be.

internal import Files
package import Foundation

/// The sequences of a capture that is being made.
package final class CaptureJournal {
    private let journal: Journal
    private let columns: [CaptureColumn]
    private var places: [UInt64: Range<Int>] = [:]

    /// Goes on with the journal of the capture at `url`, or begins one.
    /// - Throws: `CaptureError` where one of another capture lies there.
    package init(of url: URL, _ identity: CaptureIdentity) throws {
        let place = Self.place(of: url)
        columns = identity.method.columns(vocabulary: identity.vocabularySize)
        if try Journal.isJournal(place) {
            try identity.require(journal: Journal.subject(of: place), in: place.path)
        }
        var found: [UInt64: Range<Int>] = [:]
        journal = try Journal(place, about: identity.text) { record, range in
            var bytes = record[...]
            while let sequence = CapturedSequenceCoding.skip(&bytes) {
                found[sequence.digest] =
                    range.lowerBound + sequence.range.lowerBound..<range.lowerBound
                    + sequence.range.upperBound
            }
        }
        places = found
    }

    static func place(of url: URL) -> URL { URL(fileURLWithPath: url.path + ".journal") }

    func holds(_ digest: UInt64) -> Bool { places[digest] != nil }

    /// Adds sequences: all of them, or none where the process is killed meanwhile.
    func append(_ sequences: [CapturedSequence]) throws {
        var bytes: [UInt8] = []
        var ranges: [(digest: UInt64, range: Range<Int>)] = []
        for sequence in sequences {
            let start = bytes.count
            CapturedSequenceCoding.append(sequence, to: &bytes)
            ranges.append((sequence.digest, start..<bytes.count))
        }
        let place = try journal.append(bytes)
        for (digest, range) in ranges {
            places[digest] = place.lowerBound + range.lowerBound..<place.lowerBound + range.upperBound
        }
    }

    func sequence(_ digest: UInt64) throws -> CapturedSequence? {
        guard let place = places[digest] else { return nil }
        return CapturedSequenceCoding.sequence(try journal.read(place), columns)
    }

    func remove() throws { try journal.remove() }
}

/// A sequence as a journal's bytes: its digest, how many targets and entries it has, then its columns, little end first.
private enum CapturedSequenceCoding {
    private static let headBytes = 24

    static func append(_ sequence: CapturedSequence, to bytes: inout [UInt8]) {
        let start = bytes.count
        for number in [sequence.digest, 0, UInt64(sequence.targets) << 32 | UInt64(sequence.entries)] {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        for values in sequence.values {
            switch values {
            case .whole(let numbers): numbers.withUnsafeBytes { bytes += $0 }
            case .real(let numbers): numbers.withUnsafeBytes { bytes += $0 }
            }
        }
        withUnsafeBytes(of: UInt64(bytes.count - start).littleEndian) {
            bytes.replaceSubrange(start + 8..<start + 16, with: $0)
        }
    }

    /// Passes over the next sequence.
    static func skip(_ bytes: inout ArraySlice<UInt8>) -> (digest: UInt64, range: Range<Int>)? {
        guard bytes.count >= headBytes else { return nil }
        let count = Int(clamping: number(bytes, 1))
        guard count >= headBytes, count <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return (number(bytes, 0), bytes.startIndex..<bytes.startIndex + count)
    }

    /// The sequence that `bytes` are; nil where they are too few for the columns.
    static func sequence(_ bytes: [UInt8], _ columns: [CaptureColumn]) -> CapturedSequence? {
        guard bytes.count >= headBytes else { return nil }
        let sizes = number(bytes[...], 2)
        let targets = Int(sizes >> 32), entries = Int(sizes & 0xFFFF_FFFF)
        guard bytes.count == headBytes + columns.reduce(0, { $0 + 4 * ($1.extent == .targets ? targets : entries) })
        else { return nil }
        var start = headBytes
        let values = columns.map { column in
            let count = column.extent == .targets ? targets : entries
            defer { start += 4 * count }
            let words = (0..<count).map { word(bytes, start + 4 * $0) }
            return column.isWhole
                ? ColumnValues.whole(words.map { Int32(bitPattern: $0) })
                : .real(words.map { Float(bitPattern: $0) })
        }
        return CapturedSequence(digest: number(bytes[...], 0), targets: targets, entries: entries, values: values)
    }

    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
    }

    /// The head's number `index`.
    private static func number(_ bytes: ArraySlice<UInt8>, _ index: Int) -> UInt64 {
        let start = bytes.startIndex + 8 * index
        return (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
}
