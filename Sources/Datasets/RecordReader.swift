// A data file as records: objects with their lines, whatever the file's layout.

internal import JSON

/// A row as the file has it.
struct Record {
    var fields: JSONObject
    var place: RowPlace
}

enum RecordReader {
    /// The records of `source` in order. Problems of single rows go to `problems`; the reading goes on.
    static func read(_ source: SourceText, _ problems: inout ProblemList) -> [Record] {
        switch source.layout {
        case .jsonLines: lines(source, &problems)
        case .json: json(source, &problems)
        case .commaSeparated: table(source, separator: UInt8(ascii: ","), &problems)
        case .tabSeparated: table(source, separator: 0x09, &problems)
        }
    }

    // MARK: JSON

    private static func lines(_ source: SourceText, _ problems: inout ProblemList) -> [Record] {
        var records: [Record] = []
        var number = 0
        for line in source.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            let place = RowPlace(file: source.file, line: number)
            do throws(JSONError) {
                add(try JSONValue(parsing: Array(line)), place, &records, &problems)
            } catch {
                problems.add(DatasetProblem(.syntax, place, "not JSON: \(error.reason) (column \(error.column))"))
            }
        }
        return records
    }

    private static func json(_ source: SourceText, _ problems: inout ProblemList) -> [Record] {
        guard source.bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") else {
            if (try? JSONValue(parsing: source.bytes)) != nil, source.bytes.contains(0x0A) {
                problems.add(
                    DatasetProblem(
                        .syntax, RowPlace(file: source.file, line: 1), "one JSON object, not a list of rows",
                        hint: "write a list of objects, or one object a line"))
                return []
            }
            // Many files named .json hold one object a line.
            return lines(source, &problems)
        }
        do throws(JSONError) {
            let elements = try JSONValue(parsing: source.bytes).array ?? []
            var records: [Record] = []
            let lines = elementLines(source.bytes)
            for (index, element) in elements.enumerated() {
                add(
                    element, RowPlace(file: source.file, line: index < lines.count ? lines[index] : 0), &records,
                    &problems)
            }
            return records
        } catch {
            let place = RowPlace(file: source.file, line: error.line)
            problems.add(DatasetProblem(.syntax, place, "not JSON: \(error.reason) (column \(error.column))"))
            return []
        }
    }

    /// The lines on which the elements of a top-level array begin. `bytes` are known to be JSON.
    private static func elementLines(_ bytes: [UInt8]) -> [Int] {
        var lines: [Int] = []
        var line = 1
        var depth = 0
        var isInString = false
        var isEscaped = false
        var awaitsElement = false
        for byte in bytes {
            if byte == 0x0A { line += 1 }
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            if awaitsElement, byte > 0x20, byte != UInt8(ascii: "]") {
                lines.append(line)
                awaitsElement = false
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 1 { awaitsElement = true }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ",") where depth == 1: awaitsElement = true
            default: break
            }
        }
        return lines
    }

    private static func add(
        _ value: JSONValue, _ place: RowPlace, _ records: inout [Record], _ problems: inout ProblemList
    ) {
        guard let object = value.object else {
            return problems.add(DatasetProblem(.wrongType, place, "a row must be an object, found \(value.typeName)"))
        }
        if let key = object.firstDuplicateKey {
            return problems.add(DatasetProblem(.syntax, place, "the key \"\(key)\" stands twice"))
        }
        records.append(Record(fields: object, place: place))
    }

    // MARK: Tables

    private static func table(_ source: SourceText, separator: UInt8, _ problems: inout ProblemList) -> [Record] {
        var reader = DelimitedReader(bytes: source.bytes, separator: separator)
        var header: [String]?
        var records: [Record] = []
        while true {
            let record: (fields: [String], line: Int)?
            do throws(DelimitedReader.Failure) {
                record = try reader.next()
            } catch {
                problems.add(DatasetProblem(.syntax, RowPlace(file: source.file, line: error.line), error.reason))
                return records
            }
            guard let record else { return records }
            let place = RowPlace(file: source.file, line: record.line)
            guard let names = header else {
                header = record.fields
                if let twice = firstDuplicate(record.fields) {
                    problems.add(DatasetProblem(.syntax, place, "the column \"\(twice)\" stands twice in the header"))
                    return []
                }
                continue
            }
            guard record.fields.count == names.count else {
                problems.add(
                    DatasetProblem(
                        .ragged, place, "\(record.fields.count) fields where the header has \(names.count)",
                        hint: "a field with a separator or a line break in it needs quotation marks"))
                continue
            }
            let members = zip(names, record.fields).map { (key: $0, value: JSONValue.string($1)) }
            records.append(Record(fields: JSONObject(members), place: place))
        }
    }

    private static func firstDuplicate(_ names: [String]) -> String? {
        var seen = Set<[UInt8]>()
        return names.first { !seen.insert(Array($0.utf8)).inserted }
    }
}
