// A capture read by another program, by what its layout says and nothing else.

import Distillation
import Foundation
import TestSupport
import Testing

@Suite struct CaptureLayoutTests {
    /// Prints of each target: the first choice, then each token with its share, in the file's order.
    private static let program = """
        import h5py, json, math, sys
        import numpy as np
        file = h5py.File(sys.argv[1], "r")
        n, k = file.attrs["target_tokens"], file["targets/kept"][:]
        first, p = file["targets/first"][:], np.exp(file["targets/first_log_probability"][:].astype("f8"))
        ids, counts = file["entries/ids"][:], file["entries/counts"][:]
        bounds, starts = file["sequences/targets"][:], np.concatenate([[0], np.cumsum(k)])
        assert file.attrs["format"].decode() == "lathe capture" and len(k) == n == bounds[-1]
        assert starts[-1] == len(ids) == file.attrs["entries"] == file["sequences/entries"][-1]
        assert [starts[t] for t in bounds] == list(file["sequences/entries"][:])
        rows = []
        for t in range(n):
            part = slice(starts[t], starts[t + 1])
            row = {int(first[t]): p[t] if k[t] else 1.0}
            for i, c in zip(ids[part], counts[part]):
                row[int(i)] = float((1 - p[t]) * c / counts[part].sum())
            rows.append(sorted(row.items()))
        print(json.dumps({"rows": rows, "digests": [str(d) for d in file["sequences/digest"][:]]}))
        """

    private struct Read: Decodable {
        let rows: [[[Double]]]
        let digests: [String]
    }

    @Test(.needsPython("h5py", "numpy")) func anotherProgramReadsACapture() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(9)
            let file = try fixture.capture(examples).file
            let outcome = try ReferencePython.run(
                with: ["h5py", "numpy"], ["-c", Self.program, fixture.url.path])
            #expect(outcome.status == 0)
            let read = try JSONDecoder().decode(Read.self, from: Data(outcome.output.utf8))
            guard case .sampled(let rows) = try fixture.targets(file, examples) else {
                Issue.record("another form")
                return
            }
            #expect(read.rows.count == rows.count)
            for (number, row) in read.rows.enumerated() {
                #expect(row.map { Int32($0[0]) } == Array(rows.columns(number)))
                #expect(maximumDifference(row.map { Float($0[1]) }, Array(rows.values(number))) < 1e-6)
            }
            #expect(
                read.digests
                    == examples.filter { $0.targetCount > 0 }
                    .map { "\(Int64(bitPattern: $0.captureDigest))" })
        }
    }
}
