import Checkpoints
import Digests
import Foundation
import HDF5Files
import Optimisers
import Recipes
import TestSupport
import Testing
import Training

@Suite struct OptimiserStates {
    /// `Fixtures/without_rule.h5` was written by a Lathe that knew AdamW alone and did not name it; the numbers are as h5py reads them.
    @Test func aCheckpointThatNamesNoOptimiserIsOfAdamW() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/without_rule.h5")
        let snapshot = try Checkpoint.read(url)
        #expect(snapshot.optimiser == .adamw && snapshot.step == 4)
        #expect(snapshot.parameters.map(\.values.first) == [0.0913343, -0.019180138])
        #expect(snapshot.parameters.map(\.states[0].first) == [-0.002578047, 0.008198083])
        #expect(snapshot.parameters.map(\.states[1].first) == [3.785503e-07, 3.208079e-06])
        try withTemporaryDirectory { folder in
            let copy = folder.appendingPathComponent("a.h5")
            try Checkpoint.write(snapshot, to: copy)
            #expect(try Checkpoint.read(copy) == snapshot)
        }
    }

    /// Codes come back as what they were, and nothing else is one.
    @Test func codesComeBack() throws {
        var snapshot = makeSnapshot(step: 0, best: nil, optimiser: .adamW8bit)
        let states = OptimiserKind.adamW8bit.rule.states(rows: 64, columns: 64)
        #expect(states.map(\.kind) == [.codes, .neverNegative, .codes, .neverNegative])
        snapshot.parameters = [
            TrainingSnapshot.Parameter(
                name: "model.layers.0.mlp.up_proj.lora_A.weight", rows: 64, columns: 64,
                values: [Float](repeating: 1, count: 4096),
                states: states.map { state in (0..<state.count).map { Float(($0 * 7) % 256) } })
        ]
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            try Checkpoint.write(snapshot, to: url)
            #expect(try Checkpoint.read(url) == snapshot)
        }
        for broken in [Float(256), -1, 0.5, .nan] {
            snapshot.parameters[0].states[2][9] = broken
            #expect(snapshot.contradiction != nil, "\(broken)")
        }
    }

    @Test func anUnknownOptimiserIsNamed() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            var snapshot = makeSnapshot(step: 0, best: nil)
            snapshot.identity.recipe = ""
            try Checkpoint.write(snapshot, to: url)
            // The name in the file, and the seal anew.
            let bytes = try Data(contentsOf: url)
            var image = bytes.dropFirst(FileSeal.byteCount)
            let place = try #require(image.firstRange(of: Data("adamw".utf8)))
            image.replaceSubrange(place, with: Data("adamz".utf8))
            let digest = SHA256.hex(of: Array(image))
            let seal = FileSeal("LATHE CHECKPOINT", version: "1").bytes(digest: digest, byteCount: image.count)
            try (Data(seal) + image).write(to: url)
            let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(url) }
            #expect(error?.description.contains("the optimizer adamz") == true, "\(String(describing: error))")
        }
    }
}
