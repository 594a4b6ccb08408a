import Foundation
import JSON
import TestSupport
import Testing

/// RFC 8259 case by case.
@Suite struct JSONConformityTests {
    /// The public suite, too, where it is at hand.
    private static let suite: [URL] = {
        let folder = SharedData.url("vectors/json-nst/test_parsing")
        return (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    }()

    private static func suite(_ start: String) throws -> [[UInt8]] {
        try suite.filter { $0.lastPathComponent.hasPrefix(start) }.map { Array(try Data(contentsOf: $0)) }
    }

    @Test func bytesOfTheSuitesAreAcceptedAndRefused() throws {
        let good: [[UInt8]] = [Array("{\"é\": [\"\\u0000\", 1e-7]}".utf8), [0x22, 0xF0, 0x9F, 0x98, 0x80, 0x22]]
        let bad: [[UInt8]] = [Array("{\"a\": [1}".utf8), [0x22, 0xF0, 0x9F, 0x22], [0x5B, 0x00, 0x5D]]
        for bytes in good + (try Self.suite("y_")) {
            #expect((try? JSONValue(parsing: bytes)) != nil, "\(String(decoding: bytes.prefix(80), as: UTF8.self))")
        }
        for bytes in bad + (try Self.suite("n_")) {
            #expect((try? JSONValue(parsing: bytes)) == nil, "\(String(decoding: bytes.prefix(80), as: UTF8.self))")
        }
    }

    @Test(arguments: [
        "0", "-0", "12", "-3", "0.5", "-0.0", "1e5", "1E+5", "2.5e-3", "123456789012345678901234567890", "1e400",
        "5e-324",
        "true", "false", "null", "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0041\\u00e9\\u4f60\"",
        "\"\\ud834\\udd1e\"", "\"\u{7F}\"", "\"\u{2028}\"", "\"\u{10FFFF}\"", "\"\\u0000\"", "[]", "[ ]", "[1]",
        "[1,2]",
        "[[],[[]]]", "{}", "{ }", "{\"a\":1}", "{\"a\":1,\"a\":2}", "{\"\":{}}", "{\"a\":[{\"b\":null}]}",
        " \t\r\n1 \t\r\n", "[\n]", "\"\u{FEFF}\"",
    ])
    func accepted(text: String) throws {
        let value = try JSONValue(parsing: text)
        // What is written again says the same, numbers that are not finite aside.
        if text != "1e400" { #expect(try JSONValue(parsing: value.text()) == value) }
    }

    @Test(arguments: [
        "", " ", "01", "-", "-01", "+1", "1.", ".5", "1.e3", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity",
        "-Infinity",
        "1 2", "tru", "TRUE", "nul", "nulll", "'a'", "a", "\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\\"",
        "\"\t\"", "\"\n\"", "\"\u{1F}\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1:2]", "[1}", "{", "}",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1]",
        "[1]]", "{}}", "// a\n1", "/* a */ 1", "1 // a", "#1", "\u{FEFF}1", "\u{A0}1", "[\u{B}1]", "1\u{0}", "\\u0031",
    ])
    func refused(text: String) { #expect(throws: JSONError.self) { try JSONValue(parsing: text) } }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xE4, 0xBD, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22], [0xEF, 0xBB, 0xBF, 0x31],
            [0xFF, 0xFE, 0x31, 0x00],
            [0x22, 0x5C, 0xC3, 0xA9, 0x22], [0x7B, 0xC3, 0xA9, 0x7D],
        ] as [[UInt8]])
    func bytesThatAreNoUTF8AreRefused(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func depthIsBoundedInBothKinds() throws {
        let arrays = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        _ = try JSONValue(parsing: arrays)
        #expect(throws: JSONError.self) { try JSONValue(parsing: "[" + arrays + "]") }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "{\"\":", count: 100_000)) }
    }

    @Test func mutatedTextNeverCrashes() {
        let text = Array(#"{"a": [1, -2.5e3, "é\u4f60\ud834\udd1e\n", null, true], "b": {"c": ""}}"#.utf8)
        var state: UInt64 = 23
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = text
            for _ in 0...next(3) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if next(4) == 0 { bytes.removeLast(next(bytes.count)) }
            if (try? JSONValue(parsing: bytes)) != nil { accepted += 1 }
        }
        #expect(accepted > 100 && accepted < 15_000)
    }
}
