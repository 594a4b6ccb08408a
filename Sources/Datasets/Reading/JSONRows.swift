// JSON files: a list of rows, an object around one, or one object a line as many files named .json have it.

internal import JSON

/// Rows of a JSON document, an element at a time: the document as a whole is never in memory.
final class JSONRows: FileRows {
    private enum State {
        case start
        /// One object a line after all.
        case lines(JSONLinesRows)
        /// Objects one after the other, each over several lines.
        case sequence(JSONSequenceRows)
        /// Inside a list, before an element or the end.
        case list(isFirst: Bool, isWrapped: Bool)
        /// Inside the outermost object, whose values are rows.
        case members
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
            case .sequence(let rows): return try rows.next()
            case .list(let isFirst, let isWrapped):
                if let outcome = try nextElement(isFirst: isFirst, isWrapped: isWrapped) { return outcome }
            case .members:
                if let outcome = try nextMember() { return outcome }
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
        if try JSONSequenceRows.holdsSeveral(window) {
            return state = .sequence(JSONSequenceRows(window, maximumRowBytes: maximumRowBytes))
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
        let line = UnsafeRawBufferPointer(rebasing: window.bytes[..<end])
        guard let values = try? JSONValue.sequence(parsing: line, words: .python), let value = values.first else {
            return false
        }
        guard values.count == 1, try !holdsMore(behind: end), let object = value.object else { return true }
        return !areMembersRows && !holdsRows(object)
    }

    /// Whether an object that is a whole file holds rows, and is not one.
    private func holdsRows(_ object: JSONObject) -> Bool {
        let values = object.members.map(\.value)
        if recordsField == nil, !values.isEmpty {
            // Splits side by side, or columns.
            let areSplits = values.count > 1 && values.allSatisfy { JSONColumns.isListOfRows($0) }
            if areSplits || JSONColumns.areColumns(object) { return true }
            // Answers may be written as messages: a lone row of preference.
            if values.allSatisfy({ $0.object != nil }) { return object["chosen"] == nil }
            let isTable = values.allSatisfy { $0.array != nil } || values.allSatisfy { $0.string != nil }
            if isTable, values.count >= Self.decidingCount { return true }
        }
        return object.members.contains { member in
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

    /// After the brace that opens the outermost object: looks for the member that holds the rows.
    private func enterObject() throws(DatasetError) {
        let opening = window.place
        var isFirst = true
        var isPlain = true
        while let key = try memberKey(isFirst: &isFirst) {
            guard let byte = try window.skipWhiteSpace() else { throw cut() }
            let isNamed = recordsField.map { $0 == key } ?? true
            var holdsRows = isNamed && byte == UInt8(ascii: "[")
            if holdsRows, recordsField == nil { holdsRows = try opensObject(behind: 1) }
            if holdsRows {
                window.skip(1, lineBreaks: 0)
                if recordsField == nil { listName = key }
                return state = .list(isFirst: true, isWrapped: true)
            }
            // Rows by their names: an object as the first member decides, else many members of one kind.
            if areMembersRows || (recordsField == nil && isFirst && byte == UInt8(ascii: "{")) {
                let first = try element(named: key)
                if case .row(let fields, _) = first, JSONColumns.isColumn(fields) { throw byColumns(opening) }
                members.append(first)
                return try enterMembers()
            }
            isPlain = isPlain && byte == UInt8(ascii: "[")
            isFirst = false
            guard recordsField == nil, !areMixed, let kind = MemberKind(byte), kind == memberKind ?? kind else {
                areMixed = true
                members = []
                window.skip(try elementLength())
                continue
            }
            memberKind = kind
            members.append(try element(named: key))
            if members.count == Self.decidingCount { return state = .members }
        }
        if areMembersRows || members.count > 1 {
            if isPlain, !areMembersRows, areColumns(members) { throw byColumns(opening) }
            isObjectClosed = true
            return state = .members
        }
        throw DatasetError(
            .syntax, opening,
            recordsField.map { "the file has no member \"\($0)\" with a list of rows" }
                ?? "one JSON object, not a list of rows",
            hint: "write a list of objects, or one object a line; data.records: \"*\" makes a row of each member")
    }

    /// After a first member that is an object: others like it follow, or it says something of a list of rows after it.
    private func enterMembers() throws(DatasetError) {
        state = .members
        var isFirst = false
        guard !areMembersRows else { return }
        guard let key = try memberKey(isFirst: &isFirst) else { return isObjectClosed = true }
        if try window.skipWhiteSpace() == UInt8(ascii: "["), try opensObject(behind: 1) {
            window.skip(1, lineBreaks: 0)
            members = []
            listName = key
            return state = .list(isFirst: true, isWrapped: true)
        }
        members.append(try element(named: key))
    }

    // MARK: Files that are no list of rows

    /// The member whose list is read, where nobody named it.
    private var listName: String?

    /// Whether members that are no objects are columns.
    private func areColumns(_ members: [RowOutcome]) -> Bool {
        let fields = members.compactMap { member -> JSONObject.Member? in
            guard case .row(let row, _) = member, let value = row["value"] else { return nil }
            return row["id"]?.string.map { ($0, value) }
        }
        return fields.count == members.count && JSONColumns.areColumns(JSONObject(fields))
    }

    private func byColumns(_ place: RowPlace) -> DatasetError {
        state = .end
        return DatasetError(
            .syntax, place, "the file holds columns, not rows",
            hint: "pandas writes rows with frame.to_json(\"rows.jsonl\", orient=\"records\", lines=True)")
    }

    /// What a member that is no row by itself holds: many of one kind are a table by names, as codes with their titles are.
    private enum MemberKind {
        case list, text

        init?(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "["): self = .list
            case UInt8(ascii: "\""): self = .text
            default: return nil
            }
        }
    }

    /// Members of one kind after which nobody looks for a list of rows any more.
    private static let decidingCount = 64
    /// `data.records: "*"`.
    private var areMembersRows: Bool { recordsField == "*" }
    /// Members read before it was known that they are rows.
    private var members: [RowOutcome] = []
    private var memberKind: MemberKind?
    private var areMixed = false
    private var isObjectClosed = false

    /// Whether the first thing after `count` bytes and white space opens an object.
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
            let comma = window.place
            window.skip(1, lineBreaks: 0)
            guard try window.skipWhiteSpace() != UInt8(ascii: "]") else {
                state = .end
                let mistake = JSONMistake.trailingComma
                throw DatasetError(.syntax, comma, "not JSON: \(mistake.rawValue)", hint: mistake.hint)
            }
            state = .list(isFirst: false, isWrapped: isWrapped)
        case UInt8(ascii: "]"): try endList(isWrapped: isWrapped)
        default: throw unexpected("expected ',' or ']'")
        }
        return outcome
    }

    /// After the last element. Members after a wrapped list are read over.
    private func endList(isWrapped: Bool) throws(DatasetError) {
        window.skip(1, lineBreaks: 0)
        state = .end
        if isWrapped {
            var isFirst = false
            while let key = try memberKey(isFirst: &isFirst) {
                if let listName, try window.skipWhiteSpace() == UInt8(ascii: "["), try opensObject(behind: 1) {
                    throw several(listName, key)
                }
                window.skip(try elementLength())
            }
        }
        if try window.skipWhiteSpace() != nil { throw unexpected("unexpected text after the value") }
    }

    private func nextMember() throws(DatasetError) -> RowOutcome? {
        if !members.isEmpty { return members.removeFirst() }
        var isFirst = false
        if !isObjectClosed, let key = try memberKey(isFirst: &isFirst) { return try element(named: key) }
        state = .end
        if try window.skipWhiteSpace() != nil { throw unexpected("unexpected text after the value") }
        return nil
    }

    /// The value at the window's beginning as a row; `name`: its key, which becomes its `id` where it has none. Where
    /// members may be anything, what is no object becomes the row's `value`.
    private func element(named name: String?) throws(DatasetError) -> RowOutcome {
        _ = try window.skipWhiteSpace()
        let place = window.place
        let length = try elementLength()
        defer { window.skip(length) }
        let bytes = UnsafeRawBufferPointer(rebasing: window.bytes[..<length])
        do throws(JSONError) {
            var value = try JSONValue(parsing: bytes, words: .python)
            if areMembersRows || memberKind != nil, name != nil, value.object == nil {
                value = .object(JSONObject([(key: "value", value: value)]))
            }
            let outcome = RowOutcome.value(value, place)
            guard let name, case .row(var fields, _) = outcome, fields["id"] == nil else { return outcome }
            fields.members.insert((key: "id", value: .string(name)), at: 0)
            return .row(fields, place)
        } catch {
            if let problem = window.brokenByte(within: length, place: place) { return .bad(problem) }
            return .notJSON(error, place, in: bytes)
        }
    }

    // MARK: Syntax

    /// The key of the next member, after its colon; `nil` after the object's closing brace.
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
        guard byte != UInt8(ascii: "'") else { throw unexpected(JSONMistake.singleQuotes.rawValue, .singleQuotes) }
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
        var extent = JSONValueExtent()
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

    private func several(_ first: String, _ second: String) -> DatasetError {
        let wanted = second == "train" ? second : first
        return DatasetError(
            .syntax, window.place, "the file holds several lists of rows: \"\(first)\", \"\(second)\"",
            hint: "data.records says which to read, as in data.records: \(wanted)")
    }

    private func cut() -> DatasetError {
        state = .end
        return DatasetError(.syntax, window.place, "not JSON: the text ends before its brackets are closed")
    }

    private func unexpected(_ reason: String, _ mistake: JSONMistake? = nil) -> DatasetError {
        state = .end
        return DatasetError(.syntax, window.place, "not JSON: \(reason)", hint: mistake?.hint)
    }
}
