// What is written is what is read: by the reader here, and by pyarrow.

import Foundation
import JSON
import Parquet
import TestSupport
import Testing

@Suite struct ParquetWriterTests {
    private static let columns: [WrittenColumn] = [
        .init("index", .single(.whole)), .init("text", .single(.text)), .init("is even", .single(.truth)),
        .init("share", .single(.number)), .init("probabilities", .numbers(["gut", "schlecht"])),
        .init("vector", .floats),
    ]

    /// Row `row`, with nulls, empty lists and texts of several bytes a letter in changing places.
    private static func row(_ row: Int) -> [WrittenValue] {
        let vector = row % 6 < 2 ? [] : (0..<(row % 6)).map { Float($0) / 3 + Float(row) }
        return [
            .whole(row * 1_000_003), row % 3 == 0 ? .null : .text("häuser \(row) 中文" + (row % 4 == 1 ? "\n\"" : "")),
            row % 5 == 0 ? .null : .truth(row.isMultiple(of: 2)), row % 7 == 0 ? .null : .number(Double(row) / 3),
            row % 4 == 0 ? .null : .numbers([Double(row), 1 / Double(row + 1)]),
            row % 6 == 0 ? .null : .floats(vector),
        ]
    }

    private static func json(_ row: [WrittenValue]) -> JSONValue {
        let values = zip(columns, row).map { column, value in
            let json: JSONValue =
                switch (value, column.shape) {
                case (.truth(let truth), _): .bool(truth)
                case (.whole(let number), _): .integer(number)
                case (.number(let number), _): .double(number)
                case (.text(let text), _): .string(text)
                case (.numbers(let numbers), .numbers(let names)):
                    .object(JSONObject(zip(names, numbers).map { (key: $0, value: .double($1)) }))
                case (.floats(let floats), _): .array(floats.map { .double(Double($0)) })
                default: .null
                }
            return (key: column.name, value: json)
        }
        return .object(JSONObject(values))
    }

    private static func write(_ count: Int, to url: URL) throws {
        try Data().write(to: url)
        let file = try FileHandle(forWritingTo: url)
        let writer = ParquetWriter(columns) { try file.write(contentsOf: Data($0)) }
        for row in 0..<count { try writer.append(Self.row(row)) }
        try writer.finish()
        try file.close()
    }

    /// 70,000 rows are two groups, 65,537 a full one and a row.
    @Test(arguments: [0, 1, 9, 1_000, 65_536, 65_537, 70_000])
    func whatIsWrittenIsRead(count: Int) throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.parquet")
            try Self.write(count, to: url)
            let reader = try ParquetReader(path: url.path, maximumRowBytes: 1 << 20)
            #expect(reader.rowCount == count)
            var row = 0
            while let found = try reader.next() {
                guard JSONValue.object(found).text() == Self.json(Self.row(row)).text() else {
                    Issue.record("row \(row): \(JSONValue.object(found).text())")
                    return
                }
                row += 1
            }
            #expect(row == count)
        }
    }

    @Test(.needsPython("pyarrow")) func pyarrowReadsTheSame() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.parquet"), script = folder.appendingPathComponent("read.py")
            try Self.write(66_000, to: url)
            let lines = (0..<66_000).map { Self.json(Self.row($0)).text() + "\n" }.joined()
            try Data(lines.utf8).write(to: folder.appendingPathComponent("a.jsonl"))
            let program = """
                import json, sys, pyarrow.parquet as pq
                table = pq.read_table(sys.argv[1] + "/a.parquet")
                kinds = [str(field.type) for field in table.schema]
                assert kinds[:4] == ["int64", "string", "bool", "double"], kinds
                assert kinds[5] == "list<element: float not null>", kinds
                rows = [json.loads(line) for line in open(sys.argv[1] + "/a.jsonl", encoding="utf-8")]
                assert table.to_pylist() == rows
                """
            try Data(program.utf8).write(to: script)
            let (status, output) = try ReferencePython.run(with: ["pyarrow"], [script.path, folder.path])
            #expect(status == 0, "\(output)")
        }
    }
}
