import Datasets
import Foundation
import JSON
import TestSupport
import Testing

/// The fields of every row of a file.
private func fields(_ name: String, _ bytes: [UInt8], _ settings: InputSettings = .strict) throws -> [JSONObject] {
    try withFile(name, bytes) { path in
        let reader = try RowReader(files: [path], settings: settings)
        var rows: [JSONObject] = []
        while let row = try reader.next() { rows.append(row.fields) }
        return rows
    }
}

private func fields(_ name: String, _ text: String, _ settings: InputSettings = .strict) throws -> [JSONObject] {
    try fields(name, Array(text.utf8), settings)
}

private func problem(_ name: String, _ text: String) -> DatasetProblem? {
    do {
        _ = try fields(name, text)
        return nil
    } catch { return (error as? DatasetError)?.problems.first }
}

private let two: [JSONObject] = [
    JSONObject([("prompt", "a"), ("completion", "b")]), JSONObject([("prompt", "c"), ("completion", "d")]),
]

/// Tables as spreadsheets of this world write them.
@Suite struct TableFormTests {
    @Test(arguments: [
        "prompt;completion\na;b\nc;d\n", "prompt\tcompletion\na\tb\nc\td\n", "prompt|completion\na|b\nc|d\n",
        "sep=;\nprompt;completion\na;b\nc;d\n", "SEP=|\r\nprompt|completion\r\na|b\r\nc|d\r\n",
        "prompt,completion\ra,b\rc,d\r", "prompt;completion\ra;b\rc;d", "\u{FEFF}prompt,completion\na,b\nc,d\n",
        "prompt, completion\n\"a\", \"b\"\n\"c\" , \"d\" \n", " prompt , completion \na,b\nc,d\n",
        "\n\nprompt;completion\n\na;b\nc;d\n",
    ]) func readAsMeant(text: String) throws {
        #expect(try fields("a.csv", text) == two)
    }

    @Test(arguments: ["^", ":", "~"]) func aSeparatorThatNobodyGuessesIsAskedFor(sign: String) throws {
        let text = "prompt\(sign)completion\na\(sign)b\n"
        try withFile("a.csv", text) { path in
            var settings = DataSettings.test()
            for columns in [[:], ["prompt": "prompt"]] {
                settings.columns = columns
                do {
                    _ = try RowSet(files: [path], settings: settings, hasTemplate: true)
                    Issue.record("a row was read")
                } catch {
                    let hint = (error as? DatasetError)?.problems.first?.hint
                    #expect(hint?.contains("data.separator: \"\(sign)\"") == true, "\(error)")
                }
            }
        }
    }

    /// Files whose names say that they hold text are known by what they are.
    @Test(
        arguments: [
            ([0x1F, 0x8B, 8, 0], "a gzip file"), ([0x28, 0xB5, 0x2F, 0xFD, 4], "a Zstandard file"),
            (Array("PK\u{3}\u{4}....".utf8), "a ZIP archive"), (Array("PAR1....".utf8), "a Parquet file"),
            (Array("%PDF-1.7".utf8), "a PDF file"), (Array("SQLite format 3".utf8), "an SQLite database"),
        ] as [([UInt8], String)])
    func filesUnderAnotherKindsNameAreNamed(bytes: [UInt8], kind: String) {
        for name in ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt"] {
            do {
                _ = try fields(name, bytes)
                Issue.record("\(name) was read")
            } catch {
                let found = (error as? DatasetError)?.problems.first
                #expect(found?.message.contains(kind) == true, "\(error)")
                #expect(found?.hint?.isEmpty == false)
            }
        }
        // What is shorter than any beginning is a text.
        #expect(throws: Never.self) { try fields("a.txt", "PK") }
    }

    @Test func separatorsWithinQuotationMarksAndInTextDoNotCount() throws {
        let semicolons = "prompt;completion\n\"a; \"\"b\"\"\nline two\";answer\n"
        #expect(
            try fields("a.csv", semicolons)
                == [JSONObject([("prompt", "a; \"b\"\nline two"), ("completion", "answer")])])
        let prose = "prompt,completion\nfirst; then,b; c\n\"x, y\",z; w\n"
        #expect(try fields("a.csv", prose).map { $0["completion"] } == ["b; c", "z; w"])
        let one = "text\nfirst; then\nno more\n"
        #expect(try fields("a.csv", one).map { $0["text"] } == ["first; then", "no more"])
        #expect(try fields("a.csv", "prompt, completion\n\"a\", \"b, c\"\n")[0]["completion"] == "b, c")
    }

    @Test func aNamedSeparatorWinsAndIsToldNowhere() throws {
        var settings = InputSettings.strict
        settings.separator = UInt8(ascii: "~")
        #expect(try fields("a.csv", "prompt~completion\na~b\nc~d\n", settings) == two)
        settings.separator = UInt8(ascii: ",")
        #expect(try fields("a.csv", "a;b,c\n1;2,3\n", settings)[0]["a;b"] == "1;2")
        settings.separator = UInt8(ascii: ";")
        #expect(try fields("a.csv", "sep=;\nprompt;completion\na;b\nc;d\n", settings) == two)
    }

    @Test func whatIsReadInAnotherWayThanItsNameSaysIsReported() throws {
        try withFile("a.csv", "prompt;completion\na;b\n") { path in
            let reader = try RowReader(files: [path], settings: .strict)
            while try reader.next() != nil {}
            #expect(reader.report.files[0].separator == ";")
        }
    }

    @Test func utf16WithTabsAsExcelWritesIt() throws {
        let text = "prompt\tcompletion\r\nä\tß\r\n"
        for (mark, littleEndian) in [([UInt8(0xFF), 0xFE], true), ([0xFE, 0xFF], false)] {
            let bytes = mark + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }.reorderedPairs(littleEndian)
            #expect(try fields("a.csv", bytes) == [JSONObject([("prompt", "ä"), ("completion", "ß")])])
        }
    }

    @Test func columnsWithoutANameAreCalledAsPandasCallsThem() throws {
        let rows = try fields("a.csv", ",prompt,completion,\n0,a,b,\n1,c,d,\n")
        #expect(rows[1].members.map(\.key) == ["Unnamed: 0", "prompt", "completion", "Unnamed: 3"])
    }

    @Test func wordsForNothingStayWords() throws {
        let rows = try fields("a.csv", "text,label\nNorway is NA,NA\nempty,\nnull word,null\n")
        #expect(rows.map { $0["label"] } == ["NA", "", "null"])
    }

    @Test func quotationMarksBehindBackslashesAreToldWithAKeyThatReadsThem() throws {
        let text = "prompt,completion\n\"say \\\"hi\\\", now\",b\n\"C:\\\\\",c\n\"a \"\"b\"\"\",d\n"
        #expect(problem("a.csv", text)?.hint?.contains("data.quotes: backslash") == true)
        var settings = InputSettings.strict
        settings.quotes = .backslash
        #expect(try fields("a.csv", text, settings).map { $0["prompt"] } == ["say \"hi\", now", "C:\\", "a \"b\""])
    }

    @Test func aColumnTwiceIsToldWithWhatToDo() {
        let found = problem("a.csv", "prompt,completion, completion\na,b,c\n")
        #expect(found?.message == "the column \"completion\" stands twice in the header")
        #expect(found?.hint == "give one of them another name there")
    }

    @Test func linesThatEndWithReturnsAloneAreLinesEverywhere() throws {
        let lines = "{\"prompt\":\"a\",\"completion\":\"b\"}\r{\"prompt\":\"c\",\"completion\":\"d\"}\r"
        #expect(try fields("a.jsonl", lines) == two)
        #expect(try fields("a.txt", "one\rtwo\r").map { $0["text"] } == ["one", "two"])
        // Among other line ends a return is a letter of the text.
        #expect(try fields("a.csv", "text\na\rb\n")[0]["text"] == "a\rb")
    }
}

extension [UInt8] {
    fileprivate func reorderedPairs(_ isKept: Bool) -> [UInt8] {
        isKept ? self : stride(from: 0, to: count, by: 2).flatMap { [self[$0 + 1], self[$0]] }
    }
}

/// JSON as programs and people write it.
@Suite struct JSONFormTests {
    private static let objects = [#"{"prompt":"a","completion":"b"}"#, #"{"prompt":"c","completion":"d"}"#]
    private static let indented =
        "{\n  \"prompt\": \"a\",\n  \"completion\": \"b\"\n}\n{\n  \"prompt\": \"c\",\n  \"completion\": \"d\"\n}\n"

    @Test(arguments: ["a.jsonl", "a.json"]) func listsIndentedAndJoinedObjectsAreRows(name: String) throws {
        let list = "[" + Self.objects.joined(separator: ",\n") + "]"
        for text in [list, Self.indented, Self.objects.joined(), Self.objects.joined(separator: "\n"), " \n" + list] {
            #expect(try fields(name, text) == two, "\(text)")
        }
    }

    @Test func oneBrokenLineCostsOneRow() throws {
        var settings = InputSettings.strict
        settings.maximumBadRows = 1
        let text = #"{"prompt":"x","completion":"# + "\n" + Self.objects.joined(separator: "\n")
        #expect(try fields("a.jsonl", text, settings) == two)
        let late = Self.objects[0] + "\n{\"prompt\": \n" + Self.objects[1]
        #expect(try fields("a.jsonl", late, settings) == two)
    }

    @Test func notANumberIsNothingAndInfinityANumber() throws {
        let rows = try fields(
            "a.jsonl", "{\"prompt\":\"a\",\"score\":NaN}\n{\"prompt\":\"c\",\"score\":[Infinity,-Infinity]}\n")
        #expect(rows[0]["score"] == .null)
        #expect(rows[1]["score"] == [.double(.infinity), .double(-.infinity)])
    }

    @Test(arguments: [
        (#"{'prompt': 'a', 'completion': 'b'}"#, "double quotation marks", "json.dumps"),
        (#"{"prompt": "a", "ok": True}"#, "Python's words", "json.dumps"),
        (#"{"prompt": "a", "ok": None}"#, "Python's words", "json.dumps"),
        (#"{"prompt": "a", "completion": "b",}"#, "a comma stands before the closing bracket", "take the comma out"),
        (#"{"prompt": "a"},"#, "a comma stands behind the row", "take the comma out"),
        (#"{prompt: "a"}"#, "without quotation marks", "double quotation marks"),
        (#"{"prompt": "a"} // first"#, "no comments", "take the comment out"),
    ]) func mistakesAreSaidInThePersonsTerms(row: String, message: String, hint: String) {
        let found = problem("a.jsonl", Self.objects[0] + "\n" + row + "\n")
        #expect(found?.message.contains(message) == true, "\(found?.message ?? "none")")
        #expect(found?.hint?.contains(hint) == true)
        #expect(found?.place.line == 2)
    }

    @Test func aCommaBehindTheLastRowOfAListIsSaid() {
        let found = problem("a.json", "[\(Self.objects[0]),\n \(Self.objects[1]),]")
        #expect(found?.message.contains("a comma stands before the closing bracket") == true)
        #expect(found?.place.line == 2)
    }

    /// What is said of the rows may stand before them, as in pandas' `table` form.
    @Test(arguments: ["", "\n"]) func anObjectBeforeTheRowsIsNoRow(lineBreak: String) throws {
        let rows = "\"data\": [" + Self.objects.joined(separator: ",") + "]}"
        let text = "{\"schema\": {\"fields\": [{\"name\": \"prompt\"}]},\(lineBreak)\(rows)"
        #expect(try fields("a.json", text) == two)
        // Objects by their names are rows still.
        let named = "{\"x\": \(Self.objects[0]),\(lineBreak)\"y\": \(Self.objects[1])}"
        #expect(try fields("a.json", named).map { $0["id"]?.string } == ["x", "y"])
    }

    @Test func oneZeroIsNoUTF16() throws {
        #expect(try fields("a.csv", "prompt,completion\na\0b,c\n").map { $0["completion"] } == ["c"])
    }

    @Test(arguments: [
        #"{"prompt": {"0": "a", "1": "c"}, "completion": {"0": "b", "1": "d"}}"#,
        "{\n \"prompt\": {\"0\": \"a\"},\n \"completion\": {\"0\": \"b\"}\n}",
        #"{"prompt": ["a", "c"], "completion": ["b", "d"]}"#,
        #"{"prompt": {"10": "a", "11": "c"}, "completion": {"10": "b", "11": "d"}}"#,
        #"{"columns": ["prompt", "completion"], "index": [0, 1], "data": [["a", "b"], ["c", "d"]]}"#,
        "{\n \"columns\": [\"prompt\", \"completion\"],\n \"data\": [[\"a\", \"b\"]]\n}",
    ]) func columnsAreNotRows(text: String) {
        let found = problem("a.json", text)
        #expect(found?.message == "the file holds columns, not rows")
        #expect(found?.hint?.contains("orient=\"records\"") == true)
    }

    @Test(arguments: [" ", "\n"]) func ofSeveralListsThePersonChooses(space: String) throws {
        let train = #""train":\#(space)["# + Self.objects.joined(separator: ",") + "]"
        let test = #""test":\#(space)[{"prompt":\#(space)"T","completion":"t"}]"#
        for text in ["{\(space)\(train),\(space)\(test)}", "{\(space)\(test),\(space)\(train)}"] {
            let found = problem("a.json", text)
            #expect(found?.message.contains("several lists of rows") == true, "\(text)")
            #expect(found?.hint?.contains("data.records: train") == true)
            var settings = InputSettings.strict
            settings.recordsField = "train"
            #expect(try fields("a.json", text, settings) == two)
            settings.recordsField = "test"
            #expect(try fields("a.json", text, settings).map { $0["prompt"] } == ["T"])
        }
        #expect(try fields("a.json", #"{"version": "1.0", "data": [\#(Self.objects.joined(separator: ","))]}"#) == two)
    }

    @Test func wholeNumbersKeepTheirDigits() throws {
        let row =
            #"{"id":12345678901234567890,"low":-9223372036854775809,"n":9223372036854775807,"list":[18446744073709551615]}"#
        let object = try fields("a.jsonl", row)[0]
        #expect(JSONValue.object(object).text() == row)
        var settings = DataSettings.test()
        settings.templates = ["prompt": "order {id}: ", "completion": "{list.0}"]
        let set = try prepare("a.jsonl", row, settings)
        #expect(set.rows[0].promptText == "order 12345678901234567890: ")
        #expect(set.rows[0].answerText == "18446744073709551615")
    }

    @Test func labelsAreWholeNumbersHoweverTheyAreWritten() throws {
        let rows = """
            {"text":"a","label":12345678901234567890123}
            {"text":"b","label":1e3}
            {"text":"c","label":1.0}
            """
        #expect(try prepare("a.jsonl", rows).rows.map(\.label) == ["12345678901234567890123", "1000", "1"])
        #expect(throws: DatasetError.self) { try prepare("a.jsonl", #"{"text":"c","label":1.5}"#) }
    }
}
