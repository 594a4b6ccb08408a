import Checkpoints
import Foundation
import TestSupport
import Testing
import Training

@Suite struct SoundnessTests {
    /// Traps, and runs that go on with numbers that are none: a checkpoint that is sealed and contradicts itself.
    @Test func contradictionsAreErrors() throws {
        let changes: [(String, (inout TrainingSnapshot) -> Void)] = [
            ("NaN in a value", { $0.parameters[3].values[2] = .nan }),
            ("infinity in a moment", { $0.parameters[3].states[0][2] = .infinity }),
            ("NaN in the second moment", { $0.parameters[3].states[1][0] = .nan }),
            ("a second moment below 0", { $0.parameters[3].states[1][1] = -1 }),
            ("NaN in the best values", { $0.parameters[3].bestValues?[0] = .nan }),
            ("an epoch below 0", { $0.epoch = -1 }),
            ("a place below 0", { $0.positionInEpoch = -4 }),
            ("an evaluation beyond the steps", { $0.evaluations[0].step = 99 }),
            ("evaluations out of order", { $0.evaluations.reverse() }),
            ("a loss that is none", { $0.evaluations[0].loss = .nan }),
            ("a rate that is none", { $0.history[1].learningRate = .infinity }),
            ("more targets than tokens", { $0.history[1].targetTokens = 10_000 }),
            ("tokens below 0", { $0.history[1].targetTokens = -1 }),
            ("too many evaluations without improvement", { $0.evaluationsWithoutImprovement = 7 }),
            ("one of them below 0", { $0.evaluationsWithoutImprovement = -1 }),
        ]
        #expect(makeSnapshot().contradiction == nil)
        for (what, change) in changes {
            var snapshot = makeSnapshot()
            change(&snapshot)
            #expect(snapshot.contradiction != nil, "\(what)")
            try withTemporaryDirectory { folder in
                let url = folder.appendingPathComponent("step-000012.h5")
                try Checkpoint.write(snapshot, to: url)
                #expect(throws: CheckpointError.self, "\(what)") { try Checkpoint.read(url) }
            }
        }
        #expect(makeSnapshot().contradiction == nil)
    }

    @Test func aBadNumberIsNamedWithItsPlace() {
        var snapshot = makeSnapshot()
        snapshot.parameters[3].values[2] = .nan
        var text = snapshot.contradiction ?? ""
        #expect(text.contains(snapshot.parameters[3].name) && text.contains("value 2"), "\(text)")
        snapshot = makeSnapshot()
        snapshot.parameters[3].states[1][1] = -1
        text = snapshot.contradiction ?? ""
        #expect(text == "\(snapshot.parameters[3].name) has a negative second moment, at 1")
    }
}
