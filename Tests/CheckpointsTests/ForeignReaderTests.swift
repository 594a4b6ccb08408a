import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints read by h5py, where a Python has it.
@Suite struct ForeignReaders {
    @Test(.needsPython("h5py")) func h5pyReadsACheckpoint() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            let snapshot = makeSnapshot()
            try Checkpoint.write(snapshot, to: url)
            let program = """
                import h5py, sys
                with h5py.File(sys.argv[1], "r") as f:
                    a = f["adapter/model.layers.10.mlp.up_proj/lora_B"]
                    print(a.shape, a.fletcher32, f["progress"].attrs["step"], f["recipe"][()].decode().split("\\n")[0],
                          len(f["history/loss"]), len(f["adapter"]), repr(float(a[6, 1])), f.userblock_size)
                """
            let text = try ReferencePython.run(with: ["h5py"], ["-c", program, url.path]).output
            let last = Double(try #require(snapshot.parameters.last?.values.last))
            #expect(text == "(7, 2) True 12 name: Grüße 12 11 \(last) 512\n")
        }
    }
}
