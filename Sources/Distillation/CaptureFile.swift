// A capture, read where it lies: of a batch's sequences, what the teacher said of them, and no more.

public import Datasets
public import Foundation
internal import HDF5Files

/// What a teacher once predicted. Nothing but which sequences there are is held in memory.
public struct CaptureFile: Sendable {
    public let url: URL
    public let identity: CaptureIdentity
    /// Of the prepared rows that it was made of.
    public let rowsDigest: String
    public let rows: Int
    public let sequences: Int
    public let targets: Int
    /// Tokens that are kept of all distributions together.
    public let entries: Int
    private let numbers: [UInt64: Int32]
    private let digestList: HDF5ListReader<Int64>
    private let targetStarts: HDF5ListReader<Int64>
    private let entryStarts: HDF5ListReader<Int64>
    private let columns: [ColumnReader]

    /// Opens the capture at `url`. Its digest is checked before the library sees it.
    /// - Throws: `CaptureError`.
    public init(_ url: URL) throws(CaptureError) {
        self.url = url
        do throws(SealFault) { try CaptureLayout.seal.check(path: url.path) } catch {
            switch error {
            case .refused(let error):
                throw .refused(file: url.path, cause: "\(error.problem): \(error.cause)", kind: error.kind)
            case .foreign, .otherVersion: throw .foreign(file: url.path, cause: "\(error)")
            case .damaged: throw .damaged(file: url.path, place: "its digest does not match its bytes")
            }
        }
        do throws(HDF5Failure) {
            let file = try HDF5File(opening: url.path)
            identity = try CaptureIdentity(file)
            rowsDigest = try file.text("rows_sha256", of: "/")
            rows = try file.integer("rows", of: "/")
            sequences = try file.integer("sequences", of: "/")
            targets = try file.integer("target_tokens", of: "/")
            entries = try file.integer("entries", of: "/")
            digestList = try HDF5ListReader(CaptureLayout.digests, in: file)
            targetStarts = try HDF5ListReader(CaptureLayout.targets, in: file)
            entryStarts = try HDF5ListReader(CaptureLayout.entries, in: file)
            var columns: [ColumnReader] = []
            for column in identity.method.columns(vocabulary: identity.vocabularySize) {
                columns.append(try ColumnReader(column, in: file))
            }
            self.columns = columns
            let sizes = (targets: targets, entries: entries)
            guard digestList.count == sequences, targetStarts.count == sequences + 1,
                entryStarts.count == sequences + 1,
                columns.allSatisfy({ $0.count == ($0.column.extent == .targets ? sizes.targets : sizes.entries) })
            else { throw HDF5Failure(operation: "find as many numbers in each list as its attributes say") }
            numbers = Self.numbers(try digestList.readAll())
        } catch {
            throw CaptureError(error, file: url.path)
        }
    }

    /// Where each sequence stands: of equal ones the first.
    private static func numbers(_ digests: [Int64]) -> [UInt64: Int32] {
        Dictionary(zip(digests.map { UInt64(bitPattern: $0) }, Int32(0)...)) { first, _ in first }
    }

    /// Of each sequence, in the file's order.
    package func digests() throws(CaptureError) -> [UInt64] {
        do throws(HDF5Failure) { return try digestList.readAll().map { UInt64(bitPattern: $0) } } catch {
            throw CaptureError(error, file: url.path)
        }
    }

    /// Whether a file at `url` begins as captures do.
    public static func isCapture(_ url: URL) -> Bool { CaptureLayout.seal.isKind(path: url.path) }

    /// Throws unless `expected` predicts what was captured here.
    public func require(_ expected: CaptureIdentity) throws(CaptureError) {
        try expected.require(identity, in: url.path, draws: false)
    }

    /// Throws unless all of `examples` were captured.
    public func require(_ examples: any ExampleSource) throws {
        for index in 0..<examples.count where examples.targetCount(index) > 0 {
            guard numbers[try examples.example(index).captureDigest] == nil else { continue }
            throw CaptureError.notCaptured(file: url.path, place: "\(examples.place(index))")
        }
    }

    func holds(_ digest: UInt64) -> Bool { numbers[digest] != nil }

    /// The captured sequence of that digest; nil where there is none.
    package func sequence(_ digest: UInt64) throws(CaptureError) -> CapturedSequence? {
        guard let number = numbers[digest].map({ Int($0) }) else { return nil }
        do throws(HDF5Failure) {
            let targets = try range(targetStarts, number, within: self.targets)
            let entries = try range(entryStarts, number, within: self.entries)
            var values: [ColumnValues] = []
            for column in columns {
                values.append(try column.read(column.column.extent == .targets ? targets : entries))
            }
            return CapturedSequence(digest: digest, targets: targets.count, entries: entries.count, values: values)
        } catch { throw CaptureError(error, file: url.path) }
    }

    private func range(
        _ starts: HDF5ListReader<Int64>, _ number: Int, within count: Int
    ) throws(HDF5Failure) -> Range<Int> {
        let bounds = try starts.read(number..<number + 2)
        guard bounds[0] >= 0, bounds[0] <= bounds[1], bounds[1] <= count else {
            throw HDF5Failure(operation: "use the bounds of sequence \(number)")
        }
        return Int(bounds[0])..<Int(bounds[1])
    }
}

/// A column of a file.
private enum ColumnReader: Sendable {
    case whole(CaptureColumn, HDF5ListReader<Int32>)
    case real(CaptureColumn, HDF5ListReader<Float>)

    init(_ column: CaptureColumn, in file: HDF5File) throws(HDF5Failure) {
        self =
            column.isWhole
            ? .whole(column, try HDF5ListReader(column.path, in: file))
            : .real(column, try HDF5ListReader(column.path, in: file))
    }

    var column: CaptureColumn {
        switch self {
        case .whole(let column, _), .real(let column, _): column
        }
    }

    var count: Int {
        switch self {
        case .whole(_, let list): list.count
        case .real(_, let list): list.count
        }
    }

    func read(_ range: Range<Int>) throws(HDF5Failure) -> ColumnValues {
        switch self {
        case .whole(_, let list): .whole(try list.read(range))
        case .real(_, let list): .real(try list.read(range))
        }
    }
}

extension CaptureError {
    init(_ failure: HDF5Failure, file: String) {
        self =
            failure.fault == 0
            ? .damaged(file: file, place: failure.description)
            : .refused(file: file, cause: failure.description, kind: failure.kind)
    }
}

extension CaptureIdentity {
    /// As it stands in a file's attributes.
    init(_ file: HDF5File) throws(HDF5Failure) {
        func digest(_ name: String) throws(HDF5Failure) -> String? {
            let text: String = try file.text(name, of: "/")
            return text == "none" ? nil : text
        }
        let method: CaptureMethod
        switch try file.text("method", of: "/") as String {
        case "sampled": method = .sampled(tokens: try file.integer("tokens", of: "/"))
        case "top_k": method = .topK(k: try file.integer("k", of: "/"))
        case let other: throw HDF5Failure(operation: "use what was kept by the method \(other)")
        }
        self.init(
            teacher: try file.text("teacher_sha256", of: "/"), teacherAdapter: try digest("teacher_adapter_sha256"),
            context: try digest("context_sha256"), tokenizer: try file.text("tokenizer_sha256", of: "/"),
            template: try digest("template_sha256"), vocabularySize: try file.integer("vocabulary_size", of: "/"),
            method: method, temperature: try file.double("temperature", of: "/"),
            seed: try file.integer("seed", of: "/"), precision: try file.text("precision", of: "/"))
    }
}
