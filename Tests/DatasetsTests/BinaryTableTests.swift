import Datasets
import Foundation
import JSON
import TestSupport
import Testing

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

@Suite struct BinaryTableTests {
    @Test func compoundRowsOfHDF5AreRead() throws {
        let rows = try readFile(fixtures.appendingPathComponent("compound.h5").path)
        #expect(
            rows.map { JSONValue.object($0.fields).text() } == [
                #"{"text":"chest pain","label":1,"score":0.5,"urgent":true,"pair":[1,2],"code":"ab"}"#,
                #"{"text":"发烧","label":-2,"score":1.5,"urgent":false,"pair":[3,4],"code":"c"}"#,
                #"{"text":"","label":3,"score":-0.25,"urgent":true,"pair":[5,6],"code":""}"#,
            ])
        #expect(rows.map(\.place.line) == [1, 2, 3])
    }

    @Test func columnsOfHDF5AreRead() throws {
        let reader = try RowReader(files: [fixtures.appendingPathComponent("columns.h5").path], settings: .strict)
        let rows = try readAll(reader)
        #expect(rows.count == 600)
        #expect(JSONValue.object(rows[599].fields).text() == #"{"label":2,"text":"row 599","vector":[1198.0,1199.0]}"#)
        #expect(reader.report.files.first?.digest.count == 64)
        #expect(reader.report.files.first?.encoding == nil)
    }

    /// A reader that never answers is replaced, and the one that takes its place reads every row.
    @Test(arguments: [1, 2]) func aSilentReaderIsReplaced(_ silent: Int) throws {
        let path = fixtures.appendingPathComponent("two.h5").path
        let rows = GuardedHDF5Rows(path, path: "train", maximumRowBytes: 1 << 20) { attempt in
            attempt <= silent ? { _ in while true { pause() } } : nil
        }
        var texts: [String?] = []
        while let outcome = try rows.next() {
            guard case .row(let fields, _) = outcome else { continue }
            texts.append(fields["text"]?.string)
        }
        #expect(texts == ["a", "b"])
    }

    @Test func tablesOfHDF5AreNamed() throws {
        let path = fixtures.appendingPathComponent("two.h5").path
        let error = #expect(throws: DatasetError.self) { try readFile(path) }
        #expect(error?.problems.first?.message == "the HDF5 file holds 2 tables: /test, /train")
        var settings = InputSettings.strict
        settings.recordsField = "train"
        #expect(try readFile(path, settings).map { $0.fields["text"]?.string } == ["a", "b"])
        settings.recordsField = "nowhere"
        #expect(throws: DatasetError.self) { try readFile(path, settings) }
    }

    /// libhdf5 crashes on some of these; a run must not.
    @Test(arguments: [("compound.h5", 600), ("columns.h5", 60), ("two.h5", 100)])
    func damagedTablesOfHDF5AreErrors(_ name: String, _ count: Int) throws {
        let whole = try [UInt8](Data(contentsOf: fixtures.appendingPathComponent(name)))
        var state: UInt64 = 0x1234_5678_9ABC_DEF1
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        var settings = InputSettings.strict
        settings.maximumBadRows = 1_000
        settings.recordsField = name == "two.h5" ? "train" : nil
        var refused = 0
        for number in 0..<count {
            var bytes = whole
            if number % 10 == 0 {
                bytes.removeLast(1 + next(bytes.count - 1))
            } else {
                for _ in 0...next(3) { bytes[next(min(bytes.count, 4_096))] = UInt8(next(256)) }
            }
            try withFile("a.h5", bytes) { path in
                do { _ = try readFile(path, settings) } catch let error as DatasetError {
                    refused += 1
                    #expect(error.problems.allSatisfy { $0.place.file == path })
                }
            }
        }
        #expect(refused >= count / 10)
    }

    @Test func whatIsNoTableIsRefused() throws {
        for name in ["a.h5", "a.parquet", "a.parquet.gz"] {
            try withFile(name, "{\"text\": \"a\"}\n") { path in
                _ = #expect(throws: DatasetError.self) { try readFile(path) }
            }
        }
    }

    @Test func parquetIsRead() throws {
        let file = fixtures.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ParquetTests/Fixtures/groups-gzip.parquet").path
        let rows = try readFile(file)
        #expect(rows.count == 20)
        #expect(rows.map(\.place.line) == Array(1...20))
        var settings = InputSettings.strict
        settings.maximumRowBytes = 40
        let error = #expect(throws: DatasetError.self) { try readFile(file, settings) }
        #expect(error?.problems.first?.kind == .rowTooLarge)
    }
}
