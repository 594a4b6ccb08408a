// TensorBoard's event files: TFRecord framing around protocol-buffer messages, of which a scalar curve needs four fields.

internal import Files
public import Foundation
import Objectives
public import Vocabulary

/// A log of scalar curves that TensorBoard shows.
///
/// On a resume the file is cut after the step from which the run goes on, so that it holds each step once.
public final class TensorBoardLog {
    /// The log's name in its directory; TensorBoard looks for `tfevents` in it.
    public static let fileName = "events.out.tfevents.0.lathe"

    private let file: AppendedFile
    private let url: URL

    /// Opens the log in `directory`, new or to go on after `step`.
    /// - Parameter wallSeconds: seconds since 1970 for the log's first record.
    public init(in directory: URL, continuingAfterStep step: Int = 0, wallSeconds: Double) throws {
        url = directory.appendingPathComponent(Self.fileName)
        let kept = step > 0 ? Self.records(in: try WholeFile.bytes(ifThere: url) ?? [], through: step) : []
        let start = kept.isEmpty ? EventRecord.fileVersion(wallSeconds: wallSeconds).framed : kept
        try Folder.make(directory)
        try OwnedFiles(directory, .curves).removeAbandoned()
        try OwnedFiles(directory, .curves).write(start, to: Self.fileName, grows: true)
        file = try AppendedFile(url)
    }

    /// Appends the values of curves at `step`.
    public func append(
        step: Int, scalars: [(tag: String, value: Double)], wallSeconds: Double
    ) throws(SystemError) {
        let bytes = EventRecord.scalars(scalars, step: step, wallSeconds: wallSeconds).framed
        try file.append(bytes)
    }

    /// Has all that the log holds by now guarded by its folder's manifest.
    public func close() throws {
        try OwnedFiles(url.deletingLastPathComponent(), .curves).noteGrown(Self.fileName)
    }

    /// Appends what `event` has for a curve, if anything.
    public func append(_ event: TrainingEvent, wallSeconds: Double) throws(SystemError) {
        switch event {
        case .step(let step, _, let record, _, let tokensPerSecond, _):
            try append(
                step: step,
                scalars: [
                    ("train/loss", record.loss), ("train/learning_rate", record.learningRate),
                    ("train/gradient_norm", record.gradientNorm), ("train/tokens_per_second", tokensPerSecond),
                ] + Self.scalars("train", record.measures), wallSeconds: wallSeconds)
        case .evaluated(let record, _):
            try append(
                step: record.step,
                scalars: [("held_out/loss", record.loss)] + Self.scalars("held_out", record.measures),
                wallSeconds: wallSeconds)
        case .started, .saved, .stoppedEarly, .interrupted, .failed, .finished: break
        }
    }

    private static func scalars(_ group: String, _ measures: [MeasuredValue]) -> [(tag: String, value: Double)] {
        measures.map { ("\(group)/\($0.name)", $0.value) }
    }

    /// The leading whole records of `data` up to and including `step`.
    private static func records(in bytes: [UInt8], through step: Int) -> [UInt8] {
        var end = 0
        while let record = EventRecord(framedAt: end, in: bytes), (record.step ?? 0) <= step {
            end += record.framed.count
        }
        return Array(bytes[..<end])
    }
}

/// One `Event` message.
struct EventRecord {
    let message: [UInt8]

    /// What stands at the start of each file.
    static func fileVersion(wallSeconds: Double) -> EventRecord {
        EventRecord(message: wallTime(wallSeconds) + field(3, Array("brain.Event:2".utf8)))
    }

    static func scalars(_ scalars: [(tag: String, value: Double)], step: Int, wallSeconds: Double) -> EventRecord {
        let summary = scalars.flatMap { scalar in
            let value = [UInt8(2 << 3 | 5)] + littleEndian(Float(scalar.value).bitPattern)
            return field(1, field(1, Array(scalar.tag.utf8)) + value)
        }
        return EventRecord(
            message: wallTime(wallSeconds) + [UInt8(2 << 3)] + varint(UInt64(step)) + field(5, summary))
    }

    private init(message: [UInt8]) { self.message = message }

    // MARK: - Protocol buffers

    private static func wallTime(_ seconds: Double) -> [UInt8] {
        [UInt8(1 << 3 | 1)] + littleEndian(seconds.bitPattern)
    }

    private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        [UInt8(number << 3 | 2)] + varint(UInt64(bytes.count)) + bytes
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// The step, which our own messages have right after the wall time.
    var step: Int? {
        guard message.count > 10, message[9] == UInt8(2 << 3) else { return nil }
        var step = 0
        for (index, byte) in message[10...].prefix(8).enumerated() {
            step |= Int(byte & 0x7F) << (7 * index)
            if byte < 0x80 { return step }
        }
        return nil
    }

    // MARK: - TFRecord

    /// Length, its checksum, message, its checksum.
    var framed: [UInt8] {
        let length = Self.littleEndian(UInt64(message.count))
        return length + Self.littleEndian(CRC32C.masked(length)) + message + Self.littleEndian(CRC32C.masked(message))
    }

    /// The record framed at `offset`; nil where there is none that is whole and sound.
    init?(framedAt offset: Int, in bytes: [UInt8]) {
        guard bytes.count - offset >= 16 else { return nil }
        let length = bytes[offset..<(offset + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - offset - 16) else { return nil }
        let start = offset + 12
        self.init(message: Array(bytes[start..<(start + Int(length))]))
        guard framed.elementsEqual(bytes[offset..<(start + Int(length) + 4)]) else { return nil }
    }

    private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
