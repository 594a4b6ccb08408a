// Journals whose process was killed: what was whole is there again, whatever the last bytes are.

import Files
import Foundation
import TestSupport
import Testing

@Suite struct JournalTests {
    private let records: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 300), [9]]

    /// The records that a journal at `url` has, read by their places.
    private func read(_ url: URL) throws -> [[UInt8]] {
        var places: [(record: [UInt8], place: Range<Int>)] = []
        let journal = try Journal(url, about: "something else") { places.append(($0, $1)) }
        #expect(journal.subject == "apples\n")
        for (record, place) in places { #expect(try journal.read(place) == record) }
        return places.map(\.record)
    }

    @Test func wholeRecordsOutliveAProcess() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("x.journal")
            var ends: [Int] = []
            do {
                let journal = try Journal(url, about: "apples\n") { _, _ in Issue.record("a record of nobody") }
                ends.append(try WholeFile.bytes(url.path).count)
                for record in records {
                    let place = try journal.append(record)
                    #expect(try journal.read(place) == record)
                    ends.append(try WholeFile.bytes(url.path).count)
                }
            }
            #expect(try Journal.subject(of: url) == "apples\n")
            let bytes = try WholeFile.bytes(url.path)
            for size in ends[0]...bytes.count {
                try Data(bytes[..<size]).write(to: url)
                let whole = ends.dropFirst().count { $0 <= size }
                #expect(try read(url) == Array(records[..<whole]))
                // What was torn is gone: the next record follows the last whole one.
                #expect(try WholeFile.bytes(url.path).count == ends[whole])
            }
            // A changed byte ends what is believed.
            var changed = bytes
            changed[ends[2] + 20] ^= 1
            try Data(changed).write(to: url)
            #expect(try read(url) == Array(records[..<2]))
            // So does a length that no file has.
            for length in [UInt64.max, UInt64(Int.max), UInt64(bytes.count)] {
                changed = bytes
                changed.replaceSubrange(
                    ends[1]..<ends[1] + 8, with: (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
                try Data(changed).write(to: url)
                #expect(try read(url) == Array(records[..<1]))
            }
        }
    }

    /// Two that write at once would each cut off what the other has in hand.
    @Test func whoIsAtWorkIsAlone() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("x.journal")
            do {
                let journal = try Journal(url, about: "apples\n") { _, _ in }
                #expect { try Journal(url, about: "apples\n") { _, _ in } } throws: { error in
                    if case .busy? = (error as? PlaceError)?.reason { true } else { false }
                }
                _ = try journal.append(records[0])
            }
            #expect(try read(url) == [records[0]])
        }
    }

    @Test func whatIsNoJournalIsLeftAlone() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("x.journal")
            try Data("my notes".utf8).write(to: url)
            #expect(try !Journal.isJournal(url))
            #expect(throws: PlaceError.self) { try Journal(url, about: "apples") { _, _ in } }
            #expect(try WholeFile.bytes(url.path) == Array("my notes".utf8))
            try FileManager.default.removeItem(at: url)
            #expect(try !Journal.isJournal(url))
            try Data("LATHE JOURNAL 1\n".utf8).write(to: url)
            #expect(throws: PlaceError.self) { try Journal(url, about: "apples") { _, _ in } }
        }
    }
}
