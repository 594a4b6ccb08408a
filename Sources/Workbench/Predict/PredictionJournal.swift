// What was said of rows by now, kept beside the file that is to be, so that a call that was killed goes on where it was.

internal import Datasets
internal import Files
internal import Foundation
internal import JSON

/// The predictions of the first rows, in their order.
final class PredictionJournal {
    private let fields: [PredictionField]
    private let journal: Journal
    /// Rows that are done.
    private(set) var count = 0
    /// Whether something lay there that another call had begun, and that is gone now.
    let hasReplaced: Bool

    static func place(of output: URL) -> URL { URL(fileURLWithPath: output.path + ".journal") }

    /// Goes on with the journal of `output`, or begins one; one of another call is replaced.
    ///
    /// - Parameter subject: all that decides the predictions.
    /// - Throws: `PlaceError` where something that is not Lathe's lies there, or another process is at work.
    init(of output: URL, _ fields: [PredictionField], subject: String) throws {
        self.fields = fields
        let place = Self.place(of: output)
        var done = 0, isSound = true
        func count(_ record: [UInt8], _ range: Range<Int>) {
            guard isSound, let rows = PredictionCoding.rows(record, fields)?.count else { return isSound = false }
            done += rows
        }
        let found = try Journal(place, about: subject, count)
        guard found.subject == subject, isSound else {
            try found.remove()
            journal = try Journal(place, about: subject) { _, _ in }
            hasReplaced = true
            return
        }
        journal = found
        self.count = done
        hasReplaced = false
    }

    /// Keeps what was said of the next rows: of all of them, or of none where the process is killed meanwhile.
    func append(_ predictions: [Prediction?]) throws {
        guard !predictions.isEmpty else { return }
        _ = try journal.append(PredictionCoding.bytes(predictions))
        count += predictions.count
    }

    /// Removes the file.
    func remove() throws { try journal.remove() }

    /// Gives the predictions in the rows' order; holds those of one record.
    final class Cursor {
        private let journal: PredictionJournal
        private var offset: Int
        private var rows: ArraySlice<Prediction?> = []

        init(_ journal: PredictionJournal) {
            self.journal = journal
            offset = journal.journal.start
        }

        /// The next row's; the inner one is nil where the row was left out.
        func next() throws -> Prediction?? {
            while rows.isEmpty {
                guard let (bytes, next) = try journal.journal.record(at: offset) else { return nil }
                guard let read = PredictionCoding.rows(bytes, journal.fields) else {
                    throw Failure(.inputOutput, "\(path: journal.journal.url.path) was changed meanwhile")
                }
                (rows, offset) = (read[...], next)
            }
            return .some(rows.removeFirst())
        }
    }
}

/// Predictions as bytes: of each row whether it has one, and its values; a vector's numbers as they are, everything else as JSON.
private enum PredictionCoding {
    static func bytes(_ predictions: [Prediction?]) -> [UInt8] {
        var bytes: [UInt8] = []
        for prediction in predictions {
            bytes.append(prediction == nil ? 0 : 1)
            for value in prediction?.values ?? [] {
                if case .vector(let vector) = value {
                    append(vector.count * 4, to: &bytes)
                    for number in vector { append(number.bitPattern, to: &bytes) }
                } else {
                    let text = Array(value.json.text().utf8)
                    append(text.count, to: &bytes)
                    bytes += text
                }
            }
        }
        return bytes
    }

    /// The rows that `bytes` hold; nil where they hold something else.
    static func rows(_ bytes: [UInt8], _ fields: [PredictionField]) -> [Prediction?]? {
        var rows: [Prediction?] = []
        var place = 0
        func word() -> UInt32? {
            guard place + 4 <= bytes.count else { return nil }
            defer { place += 4 }
            return (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
        }
        while place < bytes.count {
            place += 1
            guard bytes[place - 1] == 1 else {
                rows.append(nil)
                continue
            }
            var values: [Prediction.Value] = []
            for field in fields {
                guard let length = word().map(Int.init), place + length <= bytes.count else { return nil }
                guard let value = value(bytes[place..<place + length], field.kind) else { return nil }
                values.append(value)
                place += length
            }
            rows.append(Prediction(values: values))
        }
        return rows
    }

    private static func value(_ bytes: ArraySlice<UInt8>, _ kind: PredictionField.Kind) -> Prediction.Value? {
        if case .vector = kind {
            guard bytes.count % 4 == 0 else { return nil }
            return .vector(
                stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
                    Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
                })
        }
        guard let json = try? JSONValue(parsing: Array(bytes)) else { return nil }
        switch kind {
        case .text: return json.string.map { .text($0) }
        case .number: return json.double.map { .number($0) }
        case .numbers:
            return json.object.map { object in
                .numbers(object.members.map { (name: $0.key, value: $0.value.double ?? .nan) })
            }
        case .json, .vector: return .json(json)
        }
    }

    private static func append(_ count: Int, to bytes: inout [UInt8]) { append(UInt32(count), to: &bytes) }

    private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
        for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * shift))) }
    }
}
