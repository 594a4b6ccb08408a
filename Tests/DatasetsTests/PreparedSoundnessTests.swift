import Datasets
import Foundation
import HDF5Files
import TestSupport
import Testing

extension Lists {
    /// A row of two answers.
    static let pair: Lists = {
        var lists = Lists()
        lists.format = "preference"
        lists.keepTwoSequences(ofRows: [0, 0])
        return lists
    }()

    /// Leaves the first sequences, of rows with these numbers.
    mutating func keepTwoSequences(ofRows numbers: [Int64]) {
        (ids, mask, bounds, targets) = ([5, 6, 7, 8, 9], [0, 1, 1, 0, 1], [0, 3, 5], [2, 1])
        (row, part) = (numbers, numbers[0] == numbers[1] ? [0, 1] : [0, 0])
        (file, line) = ([0, 0], [1, 1])
        (sequences, tokens, targetTokens) = (2, 5, 3)
    }
}

/// The lists of one side, sound as they are: two rows, the second of which gives two sequences.
private struct Lists {
    var ids: [Int32] = [5, 6, 7, 8, 9, 1, 2]
    var mask: [UInt8] = [0, 1, 1, 0, 1, 0, 1]
    var bounds: [Int64] = [0, 3, 5, 7]
    var targets: [Int32] = [2, 1, 1]
    var row: [Int64] = [0, 1, 1]
    var part: [Int32] = [0, 0, 1]
    var file: [Int32] = [0, 0, 0]
    var line: [Int64] = [1, 2, 2]
    var format = "chat"
    var rows = 2
    var sequences = 3
    var tokens = 7
    var targetTokens = 4

    func write(_ url: URL) throws {
        let writer = try SealedHDF5Writer(url, seal: FileSeal("LATHE PREPARED", version: "1"))
        let hdf5 = writer.file
        try hdf5.makeGroup("/train")
        func list<Number: HDF5Number>(_ name: String, _ values: [Number]) throws {
            let list = try HDF5ListWriter<Number>("/train/" + name, in: hdf5)
            try list.append(values)
            try list.finish()
        }
        try list("ids", ids)
        try list("mask", mask)
        try list("bounds", bounds)
        try list("targets", targets)
        try list("row", row)
        try list("part", part)
        try list("file", file)
        try list("line", line)
        try hdf5.write("[]", to: "/train/labels")
        try hdf5.setAttribute("format", of: "/train", format)
        try hdf5.setAttribute("digest", of: "/train", "d")
        try hdf5.setAttribute("rows", of: "/train", rows)
        try hdf5.setAttribute("sequences", of: "/train", sequences)
        try hdf5.setAttribute("tokens", of: "/train", tokens)
        try hdf5.setAttribute("target_tokens", of: "/train", targetTokens)
        for name in ["/recipe", "/report"] { try hdf5.write("{}", to: name) }
        try hdf5.write(#"["a.jsonl"]"#, to: "/files")
        try hdf5.setAttribute("model", of: "/", "m")
        for name in ["data", "recipe", "tokenizer", "template", "judgement", "code"] {
            try hdf5.setAttribute("key_" + name, of: "/", "k")
        }
        try writer.commit()
    }
}

@Suite struct PreparedSoundnessTests {
    private func fault(_ change: (inout Lists) -> Void) throws -> PreparedFault? {
        try withTemporaryDirectory { folder in
            var lists = Lists()
            change(&lists)
            let url = folder.appendingPathComponent("examples.h5")
            try lists.write(url)
            do throws(PreparedFault) {
                let file = try PreparedFile(url)
                for index in 0..<file.train.count { _ = try? file.train.example(index) }
                return nil
            } catch { return error }
        }
    }

    @Test func soundListsAreTaken() throws { #expect(try fault { _ in } == nil) }

    /// The answers of a row stand side by side, or there is no pair.
    @Test func pairsAreWhole() throws {
        #expect(try fault { $0 = .pair } == nil)
        for change: (inout Lists) -> Void in [
            { $0.format = "preference" },
            {
                $0.format = "preference"
                $0.keepTwoSequences(ofRows: [0, 1])
            },
        ] {
            guard case .inconsistent = try fault(change) else {
                Issue.record("taken")
                continue
            }
        }
    }

    /// Traps and silent failures: a file whose seal is right and whose lists contradict each other.
    @Test func contradictionsAreErrors() throws {
        let changes: [(String, (inout Lists) -> Void)] = [
            ("bounds that go back", { $0.bounds = [0, 5, 3, 7] }),
            ("bounds beyond the ids", { $0.bounds = [0, 3, 9, 7] }),
            ("bounds below 0", { $0.bounds = [0, -3, 5, 7] }),
            ("bounds of no difference", { $0.bounds = [0, .max, .min, 7] }),
            ("bounds that end early", { $0.bounds = [0, 3, 5, 6] }),
            ("too few bounds", { $0.bounds = [0, 3, 7] }),
            ("an id below 0", { $0.ids[4] = -1 }),
            ("a mark of 2", { $0.mask[4] = 2 }),
            ("a first token with loss", { $0.mask = [1, 1, 0, 0, 1, 0, 1] }),
            ("fewer marks than said", { $0.mask[2] = 0 }),
            ("targets below 0", { $0.targets[0] = -2 }),
            ("more targets than tokens", { $0.targets[0] = 9 }),
            ("a row beyond the rows", { $0.row = [0, 1, 2] }),
            ("a row below 0", { $0.row = [-1, 1, 1] }),
            ("rows out of order", { $0.row = [1, 0, 0] }),
            ("a part twice", { $0.part = [0, 0, 0] }),
            ("a file that is not listed", { $0.file[1] = 3 }),
            ("a line below 0", { $0.line[1] = -1 }),
            ("another count of sequences", { $0.sequences = 4 }),
            ("another count of tokens", { $0.tokens = 8 }),
            ("another count of targets", { $0.targetTokens = 5 }),
            ("rows below 0", { $0.rows = -1 }),
        ]
        for (what, change) in changes {
            let fault = try fault(change)
            guard case .inconsistent = fault else {
                Issue.record("\(what): \(fault.map { "\($0)" } ?? "taken")")
                continue
            }
        }
    }

    @Test func theLargestTokenIsKnown() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("examples.h5")
            try Lists().write(url)
            #expect(try PreparedFile(url).train.largestToken() == 9)
        }
    }
}
