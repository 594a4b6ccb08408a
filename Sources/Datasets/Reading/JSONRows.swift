// JSON files: a list of rows, an object around one, or one object a line as many files named .json have it.

internal import JSON

/// Rows of a JSON document, an element at a time: the document as a whole is never in memory.
final class JSONRows: FileRows {
    private enum State {
        case start
        /// One object a line after all.
        case lines(JSONLinesRows)
        /// Inside a list, before an element or the end.
        case list(isFirst: Bool, isWrapped: Bool)
        /// Inside the outermost object, whose values are rows.
        case members(isFirst: Bool)
        case end
    }

    private let window: TextWindow
    private let recordsField: String?
    private let maximumRowBytes: Int
    private var state = State.start

    init(_ window: TextWindow, recordsField: String?, maximumRowBytes: Int) {
        self.window = window
        self.recordsField = recordsField
        self.maximumRowBytes = maximumRowBytes
    }

    func next() throws(DatasetError) -> RowOutcome? {
        while true {
            switch state {
            case .start: try begin()
            case .lines(let rows): return try rows.next()
            case .list(let isFirst, let isWrapped):
                if let outcome = try nextElement(isFirst: isFirst, isWrapped: isWrapped) { return outcome }
            case .members(let isFirst):
                if let outcome = try nextMember(isFirst: isFirst) { return outcome }
            case .end: return nil
            }
        }
    }

    // MARK: The document's form

    private func begin() throws(DatasetError) {
        guard let byte = try window.skipWhiteSpace() else { return state = .end }
        if byte == UInt8(ascii: "[") {
            window.skip(1, lineBreaks: 0)
            return state = .list(isFirst: true, isWrapped: false)
        }
        guard byte == UInt8(ascii: "{"), try !beginsWithWholeLine() else {
            return state = .lines(JSONLinesRows(window, maximumRowBytes: maximumRowBytes))
        }
        window.skip(1, lineBreaks: 0)
        try enterObject()
    }

    /// Whether the first line is a JSON value, and not an object around a list of rows that stands on one line.
    private func beginsWithWholeLine() throws(DatasetError) -> Bool {
        var searched = 0
        while window.lineBreak(from: searched) == nil {
            searched = window.bytes.count
            // A line that is larger than a row can be is no row.
            if searched > maximumRowBytes { return false }
            if try !window.fill() { break }
        }
        let end = window.lineBreak(from: searched) ?? window.bytes.count
        guard let value = try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: window.bytes[..<end])) else {
            return false
        }
        guard try !holdsMore(behind: end), let object = value.object else { return true }
        return !object.members.contains { member in
            guard let first = member.value.array?.first?.object else { return false }
            // A lone row of messages is a row.
            let isAlone = object.members.count == 1 && first["role"] == nil && first["from"] == nil
            return recordsField.map { member.key == $0 } ?? (member.key == "data" || isAlone)
        }
    }

    private func holdsMore(behind end: Int) throws(DatasetError) -> Bool {
        var end = end
        while true {
            if window.bytes[end...].contains(where: { $0 > 0x20 }) { return true }
            end = window.bytes.count
            if try !window.fill() { return false }
        }
    }

    /// Behind the brace that opens the outermost object: looks for the member that holds the rows.
    private func enterObject() throws(DatasetError) {
        let opening = window.place
        var isFirst = true
        while let key = try memberKey(isFirst: &isFirst) {
            guard let byte = try window.skipWhiteSpace() else { throw cut() }
            let isNamed = recordsField.map { $0 == key } ?? true
            var holdsRows = isNamed && byte == UInt8(ascii: "[")
            if holdsRows, recordsField == nil { holdsRows = try opensObject(behind: 1) }
            if holdsRows {
                window.skip(1, lineBreaks: 0)
                return state = .list(isFirst: true, isWrapped: true)
            }
            if recordsField == nil, byte == UInt8(ascii: "{"), isFirst {
                // Rows by their names: the first member decides.
                return state = try membersAreRows(key)
            }
            window.skip(try elementLength())
            isFirst = false
        }
        throw DatasetError(
            .syntax, opening,
            recordsField.map { "the file has no member \"\($0)\" with a list of rows" }
                ?? "one JSON object, not a list of rows",
            hint: "write a list of objects, or one object a line")
    }

    private var firstMember: RowOutcome?

    private func membersAreRows(_ key: String) throws(DatasetError) -> State {
        firstMember = try element(named: key)
        return .members(isFirst: true)
    }

    /// Whether the first thing behind `count` bytes and white space opens an object.
    private func opensObject(behind count: Int) throws(DatasetError) -> Bool {
        var count = count
        while true {
            let bytes = window.bytes
            while count < bytes.count, bytes[count] <= 0x20 { count += 1 }
            if count < bytes.count { return bytes[count] == UInt8(ascii: "{") }
            guard try window.fill() else { return false }
        }
    }

    // MARK: Rows

    private func nextElement(isFirst: Bool, isWrapped: Bool) throws(DatasetError) -> RowOutcome? {
        guard let byte = try window.skipWhiteSpace() else { throw cut() }
        if isFirst, byte == UInt8(ascii: "]") {
            try endList(isWrapped: isWrapped)
            return nil
        }
        let outcome = try element(named: nil)
        guard let delimiter = try window.skipWhiteSpace() else {
            state = .end
            throw cut()
        }
        switch delimiter {
        case UInt8(ascii: ","):
            window.skip(1, lineBreaks: 0)
            state = .list(isFirst: false, isWrapped: isWrapped)
        case UInt8(ascii: "]"): try endList(isWrapped: isWrapped)
        default: throw unexpected("expected ',' or ']'")
        }
        return outcome
    }

    /// Behind the last element. Members behind a wrapped list are read over.
    private func endList(isWrapped: Bool) throws(DatasetError) {
        window.skip(1, lineBreaks: 0)
        state = .end
        if isWrapped {
            var isFirst = false
            while try memberKey(isFirst: &isFirst) != nil { window.skip(try elementLength()) }
        }
        if try window.skipWhiteSpace() != nil { throw unexpected("unexpected text after the value") }
    }

    private func nextMember(isFirst: Bool) throws(DatasetError) -> RowOutcome? {
        if let first = firstMember {
            firstMember = nil
            state = .members(isFirst: false)
            return first
        }
        var isFirst = isFirst
        guard let key = try memberKey(isFirst: &isFirst) else {
            state = .end
            if try window.skipWhiteSpace() != nil { throw unexpected("unexpected text after the value") }
            return nil
        }
        return try element(named: key)
    }

    /// The value at the window's beginning as a row; `name`: its key, which becomes its `id` where it has none.
    private func element(named name: String?) throws(DatasetError) -> RowOutcome {
        _ = try window.skipWhiteSpace()
        let place = window.place
        let length = try elementLength()
        defer { window.skip(length) }
        let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[..<length])
        do throws(JSONError) {
            let outcome = RowOutcome.value(try JSONValue(parsing: bytes), place)
            guard let name, case .row(var fields, _) = outcome, fields["id"] == nil else { return outcome }
            fields.members.insert((key: "id", value: .string(name)), at: 0)
            return .row(fields, place)
        } catch {
            if let problem = window.brokenByte(within: length, place: place) { return .bad(problem) }
            return .notJSON(error, place)
        }
    }

    // MARK: Syntax

    /// The key of the next member, behind its colon; `nil` behind the object's closing brace.
    private func memberKey(isFirst: inout Bool) throws(DatasetError) -> String? {
        guard var byte = try window.skipWhiteSpace() else { throw cut() }
        if byte == UInt8(ascii: "}") {
            window.skip(1, lineBreaks: 0)
            return nil
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw unexpected("expected ',' or '}'") }
            window.skip(1, lineBreaks: 0)
            guard let next = try window.skipWhiteSpace() else { throw cut() }
            byte = next
        }
        guard byte == UInt8(ascii: "\"") else { throw unexpected("expected a key in quotation marks") }
        let length = try elementLength()
        let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[..<length])
        guard let key = (try? JSONValue(parsing: bytes))?.string else { throw unexpected("a key that cannot be read") }
        window.skip(length)
        guard try window.skipWhiteSpace() == UInt8(ascii: ":") else { throw unexpected("expected ':'") }
        window.skip(1, lineBreaks: 0)
        return key
    }

    /// The length of the value at the window's beginning, told from its brackets and quotation marks.
    private func elementLength() throws(DatasetError) -> Int {
        _ = try window.skipWhiteSpace()
        var extent = ValueExtent()
        while true {
            if let length = extent.length(in: window.bytes) { return length }
            guard window.bytes.count <= maximumRowBytes else {
                throw DatasetError([RowOutcome.tooLarge(window.place, maximumRowBytes)])
            }
            guard try window.fill() else {
                if let length = extent.lengthAtEnd(in: window.bytes) { return length }
                throw cut()
            }
        }
    }

    private func cut() -> DatasetError {
        state = .end
        return DatasetError(.syntax, window.place, "not JSON: the text ends before its brackets are closed")
    }

    private func unexpected(_ reason: String) -> DatasetError {
        state = .end
        return DatasetError(.syntax, window.place, "not JSON: \(reason)")
    }
}

/// Where a JSON value ends, found without reading it; goes on where it stopped when there is more text.
private struct ValueExtent {
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// The value's length; `nil`: its end is not there yet.
    mutating func length(in bytes: UnsafeRawBufferPointer) -> Int? {
        while position < bytes.count {
            let byte = bytes[position]
            if isInString {
                position += 1
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return position }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                // The list's own end: a value stands before it, or nothing at all.
                if depth == 0 { return position }
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0...0x20: if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return nil
    }

    /// The same at the end of the file: a number or a word may end there.
    func lengthAtEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
        depth == 0 && !isInString && position > 0 ? position : nil
    }
}
