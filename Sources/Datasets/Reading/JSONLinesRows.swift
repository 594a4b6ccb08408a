// JSON Lines as people have them: one object a line, several on one, each over several lines, or a list after all.

internal import JSON

/// The objects of a file in which they stand one after the other.
final class JSONLinesRows: FileRows {
    private enum Form {
        case unknown
        case lines
        /// Objects that go over several lines.
        case indented(JSONSequenceRows)
        /// A list of objects.
        case list(JSONRows)
    }

    private let window: TextWindow
    private let lines: LineCutter
    private let maximumRowBytes: Int
    private var form = Form.unknown
    /// Rows of a line that holds several.
    private var waiting: [RowOutcome] = []

    init(_ window: TextWindow, maximumRowBytes: Int) {
        self.window = window
        self.maximumRowBytes = maximumRowBytes
        lines = LineCutter(window, maximumRowBytes: maximumRowBytes)
    }

    func next() throws(DatasetError) -> RowOutcome? {
        while true {
            switch form {
            case .unknown: form = try found()
            case .lines: return try nextLine()
            case .indented(let rows): return try rows.next()
            case .list(let rows): return try rows.next()
            }
        }
    }

    /// The form of the file, by its first value.
    private func found() throws(DatasetError) -> Form {
        guard let byte = try window.skipWhiteSpace() else { return .lines }
        // A row is an object: a file that begins with a list is one.
        if byte == UInt8(ascii: "[") {
            return .list(JSONRows(window, recordsField: nil, maximumRowBytes: maximumRowBytes))
        }
        let isIndented = try JSONSequenceRows.isIndented(window)
        return isIndented ? .indented(JSONSequenceRows(window, maximumRowBytes: maximumRowBytes)) : .lines
    }

    private func nextLine() throws(DatasetError) -> RowOutcome? {
        if !waiting.isEmpty { return waiting.removeFirst() }
        while let line = try lines.next() {
            guard case .line(let bytes, let place) = line else {
                guard case .tooLarge(let problem) = line else { return nil }
                return .bad(problem)
            }
            guard !bytes.allSatisfy({ $0 <= 0x20 }) else { continue }
            do throws(JSONError) {
                let values = try JSONValue.sequence(parsing: bytes, words: .python)
                waiting = values.dropFirst().map { .value($0, place) }
                return .value(values[0], place)
            } catch {
                return lines.brokenByte(place).map { .bad($0) } ?? .notJSON(error, place, in: bytes)
            }
        }
        return nil
    }
}

/// Objects one after the other, each over as many lines as it likes.
final class JSONSequenceRows: FileRows {
    private let window: TextWindow
    private let maximumRowBytes: Int

    init(_ window: TextWindow, maximumRowBytes: Int) {
        self.window = window
        self.maximumRowBytes = maximumRowBytes
    }

    /// How far is looked for the end of a first object.
    private static let soughtByteCount = 1 << 20

    /// Whether the value at the window's beginning goes over several lines and is whole.
    static func isIndented(_ window: TextWindow) throws(DatasetError) -> Bool {
        guard let length = try firstLength(window) else { return false }
        let value = UnsafeRawBufferPointer(rebasing: window.bytes[..<length])
        guard let lineBreak = value.firstIndex(of: 0x0A) else { return false }
        // A line that is cut reaches the end of another one by chance: what it makes with it is no value.
        let isBrace = value[1..<lineBreak].allSatisfy { $0 <= 0x20 }
        return isBrace || (try? JSONValue(parsing: value, words: .python)) != nil
    }

    /// Whether after the value at the window's beginning another object begins.
    static func holdsSeveral(_ window: TextWindow) throws(DatasetError) -> Bool {
        guard var end = try firstLength(window) else { return false }
        while true {
            let bytes = window.bytes
            while end < bytes.count, bytes[end] <= 0x20 { end += 1 }
            if end < bytes.count { return bytes[end] == UInt8(ascii: "{") }
            guard try window.fill() else { return false }
        }
    }

    private static func firstLength(_ window: TextWindow) throws(DatasetError) -> Int? {
        var extent = JSONValueExtent()
        while true {
            if let length = extent.length(in: window.bytes) { return length }
            guard window.bytes.count < soughtByteCount, try window.fill() else { return nil }
        }
    }

    func next() throws(DatasetError) -> RowOutcome? {
        guard let byte = try window.skipWhiteSpace() else { return nil }
        let place = window.place
        guard byte == UInt8(ascii: "{") else {
            window.skip(1, lineBreaks: 0)
            return .bad(DatasetProblem(.syntax, place, "not JSON: an object should begin here"))
        }
        var extent = JSONValueExtent()
        while true {
            if let length = extent.length(in: window.bytes) { return row(length, place) }
            guard window.bytes.count <= maximumRowBytes else {
                throw DatasetError([RowOutcome.tooLarge(place, maximumRowBytes)])
            }
            // What is left is no value, or one without an end.
            guard try window.fill() else { return row(window.bytes.count, place) }
        }
    }

    private func row(_ length: Int, _ place: RowPlace) -> RowOutcome {
        defer { window.skip(length) }
        let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[..<length])
        do throws(JSONError) { return .value(try JSONValue(parsing: bytes, words: .python), place) } catch {
            return window.brokenByte(within: length, place: place).map { .bad($0) } ?? .notJSON(error, place, in: bytes)
        }
    }
}
