// Errors as exit codes, sizes as words, and files of a run written whole.

import Foundation
import JSON
import TestSupport
import Testing
import Vocabulary
import Workbench

@Suite struct FailureTests {
    private struct Unexpected: Error {}

    @Test func kindsHaveTheExitCodesOfSysexits() {
        let codes: [(Failure.Kind, Int32)] = [
            (.usage, 64), (.badInput, 65), (.missingInput, 66), (.internal, 70), (.inputOutput, 74),
            (.interrupted, 130),
        ]
        for (kind, code) in codes { #expect(kind.rawValue == code) }
    }

    @Test func descriptionHoldsTheHint() {
        #expect(Failure(.usage, "no").description == "no")
        #expect(Failure(.usage, "no", hint: "yes").description == "no\nhint: yes")
    }

    @Test func errorsKeepTheirKind() {
        #expect(Failure(describing: Failure(.missingInput, "gone")).kind == .missingInput)
        #expect(Failure(describing: Unexpected()).kind == .internal)
    }

    @Test func bytesInWords() {
        #expect(ByteCount.text(0) == "0 B")
        #expect(ByteCount.text(999) == "999 B")
        #expect(ByteCount.text(1_000) == "1.00 kB")
        #expect(ByteCount.text(98_000_000) == "98 MB")
        #expect(ByteCount.text(1_400_000_000) == "1.40 GB")
    }
}

@Suite struct RunDirectoryTests {
    @Test func filesAreReplacedWhole() throws {
        try withTemporaryDirectory { folder in
            let directory = try RunDirectory(folder.appendingPathComponent("a/b"))
            try directory.write(String(repeating: "long ", count: 1000), to: directory.recipe)
            try directory.write("short\n", to: directory.recipe)
            #expect(try String(contentsOf: directory.recipe, encoding: .utf8) == "short\n")
            try directory.write(["steps": 3], to: directory.report)
            let report = try JSONValue(parsing: String(contentsOf: directory.report, encoding: .utf8))
            #expect(report["steps"] == 3)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted() == [
                    "manifest.json", "recipe.yaml", "report.json",
                ])
        }
    }

    @Test func fileInTheWayIsAnInputOutputError() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("run")
            try Data("x".utf8).write(to: place)
            let failure = #expect(throws: SystemError.self) { try RunDirectory(place) }
            #expect(failure?.kind == .inputOutput)
            #expect(failure?.description.contains(place.path) == true)
        }
    }
}
