import Foundation
import JSON
import Parquet
import TestSupport
import Testing

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

private func rows(_ path: String) throws -> [JSONValue] {
    let reader = try ParquetReader(path: path, maximumRowBytes: 64 << 20)
    var rows: [JSONValue] = []
    while let row = try reader.next() { rows.append(.object(row)) }
    return rows
}

private func expectedRows(_ url: URL) throws -> [JSONValue] {
    try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
}

/// JSON has no word for numbers that are not finite, and none for how a number is stored.
private func comparable(_ value: JSONValue) -> JSONValue {
    switch value {
    case .double(let double): double.isFinite ? .double(double) : .null
    case .integer(let integer): .integer(integer)
    case .array(let elements): .array(elements.map(comparable))
    case .object(let object): .object(JSONObject(object.members.map { ($0.key, comparable($0.value)) }))
    default: value
    }
}

private func check(_ folder: URL, _ name: String) throws {
    let found = try rows(folder.appendingPathComponent(name + ".parquet").path).map(comparable)
    let expected = try expectedRows(folder.appendingPathComponent(name + ".jsonl"))
    #expect(found.count == expected.count, "\(name)")
    for (index, (found, expected)) in zip(found, expected).enumerated() where found != expected {
        for (left, right) in zip(found.object?.members ?? [], expected.object?.members ?? [])
        where left.key != right.key || left.value != right.value {
            Issue.record("\(name), row \(index), \(left.key): \(left.value.text()) where \(right.value.text()) stands")
        }
        return
    }
}

@Suite struct ParquetTests {
    @Test(arguments: ["chat", "scalars-v2-zstd", "groups-gzip", "delta", "pandas"])
    func filesOfPyarrowReadEqual(name: String) throws { try check(fixtures, name) }

    /// The script writes files of some eighty shapes: codecs, encodings, page versions, nesting, nulls, pandas' defaults.
    @Test(.needsPython("pyarrow", "pandas"))
    func everyShapeThatPyarrowWritesReadsEqual() throws {
        try withTemporaryDirectory { folder in
            let script = packageRoot.appendingPathComponent("scripts/goldens/parquet_files.py").path
            let (status, _) = try ReferencePython.run(with: ["pyarrow", "pandas"], [script, folder.path])
            try #require(status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
                .filter { $0.hasSuffix(".parquet") }.map { String($0.dropLast(8)) }
            #expect(names.count > 70)
            for name in names { try check(folder, name) }
        }
    }

    @Test func brokenFilesAreRefused() throws {
        let whole = Array(try Data(contentsOf: fixtures.appendingPathComponent("chat.parquet")))
        try withTemporaryDirectory { folder in
            let path = folder.appendingPathComponent("a.parquet").path
            func error(_ bytes: [UInt8]) -> ParquetError? {
                do {
                    try Data(bytes).write(to: URL(fileURLWithPath: path))
                    _ = try rows(path)
                    return nil
                } catch { return error as? ParquetError }
            }
            for length in stride(from: 0, to: whole.count, by: 37) {
                #expect(error(Array(whole[..<length])) != nil, "cut to \(length)")
            }
            #expect(error([]) != nil)
            #expect(error(Array("PAR1PAR1".utf8)) != nil)
            #expect(error(Array("PAR1".utf8) + [0xFF, 0xFF, 0xFF, 0x7F] + Array("PAR1".utf8))?.fault == .broken)
            #expect(error(Array(whole.dropLast(4)) + Array("PARE".utf8))?.fault == .unsupported)
            // The end of one file behind the beginning of another.
            #expect(error(Array(whole[..<100]) + Array(whole[600...])) != nil)
        }
        #expect(throws: ParquetError.self) { try rows("/nowhere/a.parquet") }
    }

    @Test func aChecksumThatDoesNotAgreeIsAnError() throws {
        // "groups-gzip" has page checksums: the bytes of its first page's body are near the beginning.
        var bytes = Array(try Data(contentsOf: fixtures.appendingPathComponent("groups-gzip.parquet")))
        bytes[60] ^= 1
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.parquet")
            try Data(bytes).write(to: url)
            let error = #expect(throws: ParquetError.self) { try rows(url.path) }
            #expect(error?.reason.contains("checksum") == true)
            #expect(error?.column == "id")
            #expect(error?.byteOffset != nil)
        }
    }

    /// Some thousand files with one to four bytes changed: read or refused, never a crash, and never without end.
    @Test(arguments: ["chat", "scalars-v2-zstd", "groups-gzip", "delta", "pandas"])
    func mutatedFilesNeverCrash(name: String) throws {
        let whole = Array(try Data(contentsOf: fixtures.appendingPathComponent(name + ".parquet")))
        var state: UInt64 = 17
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.parquet")
            try Data(whole).write(to: url)
            // Written in place: a file system may flush a file that is cut and written anew.
            let file = try FileHandle(forUpdating: url)
            defer { try? file.close() }
            var refused = 0
            for _ in 0..<2000 {
                var bytes = whole
                for _ in 0...next(4) {
                    bytes[next(bytes.count)] = next(3) == 0 ? [0, 1, 0x7F, 0x80, 0xFF][next(5)] : UInt8(next(256))
                }
                try file.seek(toOffset: 0)
                try file.write(contentsOf: Data(bytes))
                do {
                    let reader = try ParquetReader(path: url.path, maximumRowBytes: 1 << 20)
                    var count = 0
                    while count < 100_000, try reader.next() != nil { count += 1 }
                } catch { refused += 1 }
            }
            #expect(refused > 200)
        }
    }
}
