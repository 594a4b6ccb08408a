// Importance matrices: what is written is read again, in both of llama.cpp's forms, and what is none is refused.

import Foundation
import TestSupport
import Testing
import WeightFiles

@Suite struct ImportanceMatrixTests {
    private static let matrix = ImportanceMatrix(
        [
            .init(name: "blk.1.ffn_down.weight", sums: [4, 0, 9.5], counts: [8]),
            .init(name: "blk.0.attn_q.weight", sums: [2, 1024], counts: [8]),
            .init(name: "blk.10.attn_q.weight", sums: [1, 3], counts: [8]),
        ], datasets: ["rows.jsonl", "more, with ümlauts.jsonl"], chunkCount: 2, chunkSize: 4)

    @Test(arguments: ["a.imatrix", "a.gguf", "a.DAT"])
    func whatIsWrittenIsRead(name: String) throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent(name)
            try Self.matrix.write(to: url)
            let read = try ImportanceMatrix(url)
            let names = ["blk.0.attn_q.weight", "blk.1.ffn_down.weight", "blk.10.attn_q.weight"]
            #expect(read.entries.map(\.name) == names)
            for entry in Self.matrix.entries {
                let columns = entry.sums.count
                #expect(
                    try read.meanSquares(entry.name, columns: columns, of: "a")
                        == Self.matrix.meanSquares(entry.name, columns: columns, of: "b"))
            }
            #expect(try read.meanSquares("blk.1.ffn_down.weight", columns: 3, of: "a") == [0.5, 0, 1.1875])
            #expect(try read.meanSquares("output.weight", columns: 3, of: "a") == nil)
            #expect(read.chunkCount == 2)
            #expect(read.datasets == (name == "a.DAT" ? [Self.matrix.datasets[1]] : Self.matrix.datasets))
            if name != "a.DAT" { #expect(read == Self.matrix) }
            // It is Lathe's, and may be written again.
            try Self.matrix.write(to: url)
        }
    }

    /// Two values of two calls, as llama.cpp's own older files are laid out.
    @Test func theOlderFormIsReadByTheByte() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.dat")
            func number(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
            func real(_ value: Float) -> [UInt8] { number(Int32(bitPattern: value.bitPattern)) }
            let head = number(1) + number(3) + Array("abc".utf8) + number(2) + number(2) + real(3) + real(5)
            for tail in [[], number(7), number(7) + number(2) + Array("x.".utf8)] {
                try Data(head + tail).write(to: url)
                let read = try ImportanceMatrix(url)
                #expect(try read.meanSquares("abc", columns: 2, of: "a") == [1.5, 2.5])
                #expect(read.chunkCount == (tail.isEmpty ? 0 : 7))
            }
            for cut in 1..<head.count {
                try Data(head.prefix(cut)).write(to: url)
                #expect(throws: WeightError.self, "\(cut)") { try ImportanceMatrix(url) }
            }
            let behind = [number(-2), number(0) + [1]].map { head + number(7) + $0 }
            for bad in [number(-1), number(Int32.max)] + behind {
                try Data(bad).write(to: url)
                #expect(throws: WeightError.self) { try ImportanceMatrix(url) }
            }
        }
    }

    @Test func anotherModelsMatrixIsNamed() throws {
        let error = #expect(throws: WeightError.self) {
            try Self.matrix.meanSquares("blk.0.attn_q.weight", columns: 64, of: "a.imatrix")
        }
        #expect(error?.description.contains("another model") == true && error?.file == "a.imatrix")
    }

    @Test func whatIsNoMatrixIsRefused() throws {
        try withTemporaryDirectory { folder in
            let model = #expect(throws: WeightError.self) { try ImportanceMatrix(TinyModel.gguf) }
            #expect(model?.description.contains("a model (llama)") == true)
            let url = folder.appendingPathComponent("a.gguf")
            for (sums, counts) in [([Float.nan], [Float(1)]), ([-1], [1]), ([1], [.infinity])] {
                let bad = ImportanceMatrix(
                    [.init(name: "x", sums: sums, counts: counts)], datasets: [], chunkCount: 1, chunkSize: 1)
                try bad.write(to: url)
                let error = #expect(throws: WeightError.self) { try ImportanceMatrix(url) }
                #expect(error?.tensor == "x")
            }
            try Data("what a person wrote".utf8).write(to: folder.appendingPathComponent("own.imatrix"))
            #expect(throws: (any Error).self) {
                try Self.matrix.write(to: folder.appendingPathComponent("own.imatrix"))
            }
        }
    }

    @Test(.needsPython("gguf")) func theGGUFPackageReadsIt() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.imatrix")
            try Self.matrix.write(to: url)
            let (status, output) = try ReferencePython.run(
                with: ["gguf"],
                [
                    "-c",
                    """
                    import gguf, sys
                    file = gguf.GGUFReader(sys.argv[1])
                    print([file.fields[k].contents() for k in ("general.type", "imatrix.datasets", "imatrix.chunk_count",
                                                               "imatrix.chunk_size")])
                    print([(t.name, t.shape.tolist(), t.data.flatten().tolist()) for t in file.tensors])
                    """, url.path,
                ])
            #expect(status == 0)
            #expect(
                output == """
                    ['imatrix', ['rows.jsonl', 'more, with ümlauts.jsonl'], 2, 4]
                    [('blk.0.attn_q.weight.in_sum2', [2, 1], [2.0, 1024.0]), \
                    ('blk.0.attn_q.weight.counts', [1, 1], [8.0]), \
                    ('blk.1.ffn_down.weight.in_sum2', [3, 1], [4.0, 0.0, 9.5]), \
                    ('blk.1.ffn_down.weight.counts', [1, 1], [8.0]), \
                    ('blk.10.attn_q.weight.in_sum2', [2, 1], [1.0, 3.0]), \
                    ('blk.10.attn_q.weight.counts', [1, 1], [8.0])]

                    """)
        }
    }
}
