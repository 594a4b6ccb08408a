import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints read by h5py, where `LATHE_PYTHON` names a Python that has it.
@Suite struct ForeignReaders {
    private static let python = ProcessInfo.processInfo.environment["LATHE_PYTHON"]

    @Test(.enabled(if: python != nil, "needs LATHE_PYTHON, a Python with h5py")) func h5pyReadsACheckpoint() throws {
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
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: Self.python ?? "")
            process.arguments = ["-c", program, url.path]
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let last = Double(try #require(snapshot.parameters.last?.values.last))
            #expect(text == "(7, 2) True 12 name: Grüße 12 11 \(last) 512\n")
        }
    }
}
