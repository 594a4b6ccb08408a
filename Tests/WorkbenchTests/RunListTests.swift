// What a list of runs says of folders that are not whole.

import Files
import Foundation
import JSON
import TestSupport
import Testing
import Workbench

@Suite struct RunListTests {
    private func states(_ folder: URL) throws -> [String] {
        try #require(RunList(folder.path).json["runs"]?.array).map {
            "\($0["name"]?.string ?? "") \($0["state"]?.string ?? "")"
        }
    }

    /// From its first moment on a run holds its folder, and only then writes into it.
    @Test func aRunThatHasWrittenNothingYetIsListed() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("begun")
            try Folder.make(place)
            #expect(try states(folder) == [] && RunList(folder.path).json["others"] == ["begun"])
            let lock = try FolderLock(place, .work)
            defer { lock.release() }
            // Some systems do not tell who holds a folder.
            guard FolderLock.process(holding: place) != nil else { return }
            #expect(try states(folder) == ["begun running"])
        }
    }

    @Test func aFileThatIsNoReportFinishesNoRun() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("chats")
            try Folder.make(place)
            func write(_ text: String, _ name: String) throws {
                try Data(text.utf8).write(to: place.appendingPathComponent(name))
            }
            try write(#"{"name": "chats"}"#, "run.json")
            try write("name: chats\n", "recipe.yaml")
            #expect(try states(folder) == ["chats begun"])
            for text in [#"{"a": 1}"#, "{", "[]"] {
                try write(text, "report.json")
                #expect(try states(folder) == ["chats damaged: report.json is no report of a run"])
            }
            try write(#"{"name": "chats", "adapter_sha256": "00"}"#, "report.json")
            #expect(try states(folder) == ["chats finished"])
        }
    }
}
