import Checkpoints
import Foundation
import Objectives
import Recipes
import TestSupport
import Tensors
import Testing
import Training
import Vocabulary

@Suite struct CheckpointFiles {
    @Test(arguments: [nil, EvaluationRecord(step: 10, loss: 1.25)], OptimiserKind.allCases)
    func aSnapshotComesBackBitForBit(best: EvaluationRecord?, optimiser: OptimiserKind) throws {
        try withTemporaryDirectory { folder in
            let snapshot = makeSnapshot(best: best, optimiser: optimiser)
            let url = folder.appendingPathComponent("a.h5")
            try Checkpoint.write(snapshot, to: url)
            #expect(try Checkpoint.read(url) == snapshot)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.h5"])
        }
    }

    /// What an objective tells beside the loss, of steps and of evaluations, the best one's too; without it nothing is written.
    @Test func measuresComeBack() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            func measures(_ number: Double) -> [MeasuredValue] {
                [MeasuredValue(name: "reward_margin", value: number), MeasuredValue(name: "share", value: 1 / number)]
            }
            var snapshot = makeSnapshot()
            for step in snapshot.history.indices { snapshot.history[step].measures = measures(Double(step) + 3) }
            for index in snapshot.evaluations.indices {
                snapshot.evaluations[index].measures = measures(Double(index) - 0.5)
            }
            snapshot.best = snapshot.evaluations.last
            try Checkpoint.write(snapshot, to: url)
            #expect(try Checkpoint.read(url) == snapshot)
            snapshot.history[1].measures[0].value = .nan
            try Checkpoint.write(snapshot, to: url)
            #expect(throws: CheckpointError.self) { try Checkpoint.read(url) }
        }
    }

    /// A matrix that no step changes has nothing of an optimiser's beside it.
    @Test func aMatrixWithoutStatesComesBack() throws {
        try withTemporaryDirectory { folder in
            var snapshot = makeSnapshot()
            for index in [1, 20] { snapshot.parameters[index].states = [] }
            let url = folder.appendingPathComponent("a.h5")
            try Checkpoint.write(snapshot, to: url)
            #expect(try Checkpoint.read(url) == snapshot)
        }
    }

    @Test func aRunWithoutStepsComesBack() throws {
        try withTemporaryDirectory { folder in
            var snapshot = makeSnapshot(step: 0, best: nil)
            snapshot.identity.recipe = ""
            let url = folder.appendingPathComponent("a.h5")
            try Checkpoint.write(snapshot, to: url)
            #expect(try Checkpoint.read(url) == snapshot)
        }
    }

    @Test func equalSnapshotsGiveEqualBytes() throws {
        try withTemporaryDirectory { folder in
            let urls = ["a.h5", "b.h5"].map(folder.appendingPathComponent)
            for url in urls { try Checkpoint.write(makeSnapshot(), to: url) }
            let contents = try urls.map { try Data(contentsOf: $0) }
            #expect(contents[0] == contents[1])
        }
    }

    /// Readers of HDF5 look for the signature at 0, 512, 1024, …
    @Test func theFileIsHDF5BehindItsUserBlock() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            try Checkpoint.write(makeSnapshot(), to: url)
            let bytes = try Data(contentsOf: url)
            #expect(bytes[512..<520].elementsEqual([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]))
        }
    }

    @Test func everyMutationIsRefused() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            var snapshot = makeSnapshot(step: 1, best: nil)
            snapshot.parameters.removeLast(snapshot.parameters.count - 2)
            try Checkpoint.write(snapshot, to: url)
            let bytes = [UInt8](try Data(contentsOf: url))
            let random = RandomStream(seed: 77, purpose: .probe)
            for round in 0..<10_000 {
                let place = random.integer(below: bytes.count, stream: 0, index: UInt64(round))
                var mutated = bytes
                switch round % 4 {
                case 0: mutated[place] ^= UInt8(1 << random.integer(below: 8, stream: 1, index: UInt64(round)))
                case 1: mutated.removeLast(bytes.count - place)
                case 2: mutated.insert(UInt8(truncatingIfNeeded: round), at: place)
                default:
                    // The seal and the superblock take more than their share.
                    mutated[place % 700] &+= 1
                }
                try Data(mutated).write(to: url)
                #expect(throws: CheckpointError.self, "round \(round)") { try Checkpoint.read(url) }
            }
        }
    }

    private func reasonForRefusal(of url: URL) -> CheckpointError.Reason? {
        do throws(CheckpointError) {
            _ = try Checkpoint.read(url)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func otherFilesAreToldApart() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("a.h5")
            let texts = [
                "", "\u{89}HDF\r\n", "LATHE CHECKPOINT 2\nsha256", "LATHE CHECKPOINT 1\n",
            ]
            let reasons = try texts.map { text in
                try Data(text.utf8).write(to: url)
                return reasonForRefusal(of: url)
            }
            #expect(reasons == [.noCheckpoint, .noCheckpoint, .otherFormat("LATHE CHECKPOINT 2"), .damaged])
            let missing = folder.appendingPathComponent("none.h5")
            let refusal = SystemError(ENOENT, reading: missing.path)
            #expect(throws: CheckpointError(file: missing.path, .refused(refusal))) {
                try Checkpoint.read(missing)
            }
        }
    }

    @Test func aFailedWriteHarmsNothing() throws {
        try withTemporaryDirectory { folder in
            let inTheWay = folder.appendingPathComponent("file")
            try Data().write(to: inTheWay)
            #expect(throws: CheckpointError.self) {
                try Checkpoint.write(makeSnapshot(), to: inTheWay.appendingPathComponent("a.h5"))
            }
            #expect(throws: CheckpointError.self) {
                try CheckpointFolder(inTheWay).save(makeSnapshot(), retention: .all)
            }
            // A directory that cannot be replaced by a file: the write fails at its last step.
            let directory = folder.appendingPathComponent("a.h5")
            try FileManager.default.createDirectory(
                at: directory.appendingPathComponent("inside"), withIntermediateDirectories: true)
            #expect(throws: CheckpointError.self) { try Checkpoint.write(makeSnapshot(), to: directory) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.h5", "file"])
        }
    }
}

@Suite struct CheckpointFolders {
    @Test func theNewestGoodOneIsTaken() throws {
        try withTemporaryDirectory { folder in
            let checkpoints = CheckpointFolder(folder)
            var skipped: [CheckpointError] = []
            #expect(try checkpoints.newest(skipped: &skipped) == nil && skipped.isEmpty)
            for step in [10, 11, 12] { try checkpoints.save(makeSnapshot(step: step), retention: .all) }
            #expect(checkpoints.file(step: 12).lastPathComponent == "step-000012.h5")
            try Data("LATHE CHECKPOINT 1\n".utf8).write(to: checkpoints.file(step: 12))
            let newest = try checkpoints.newest(skipped: &skipped)
            #expect(newest?.snapshot == makeSnapshot(step: 11))
            #expect(newest?.skipped == [CheckpointError(file: checkpoints.file(step: 12).path, .damaged)])
        }
    }

    @Test func retentionKeepsTheLastAndTheBest() throws {
        try withTemporaryDirectory { folder in
            let checkpoints = CheckpointFolder(folder)
            let leftover = folder.appendingPathComponent(".step-000009.h5.lathe-999999999-1.partial")
            try Data().write(to: leftover)
            try Data().write(to: folder.appendingPathComponent("notes.h5"))
            for step in 9...14 { try checkpoints.save(makeSnapshot(step: step), retention: .lastAndBest(2)) }
            #expect(try checkpoints.steps == [10, 13, 14])
            try checkpoints.save(makeSnapshot(step: 15), retention: .last(2))
            #expect(try checkpoints.steps == [14, 15])
            #expect(!FileManager.default.fileExists(atPath: leftover.path))
            try checkpoints.removeAll()
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["notes.h5"])
        }
    }

    /// A run that keeps no best numbers still knows its best loss, for early stopping.
    @Test func bestLossWithoutItsValuesComesBack() throws {
        try withTemporaryDirectory { folder in
            var snapshot = makeSnapshot()
            for index in snapshot.parameters.indices { snapshot.parameters[index].bestValues = nil }
            let file = folder.appendingPathComponent("step.h5")
            try Checkpoint.write(snapshot, to: file)
            #expect(try Checkpoint.read(file) == snapshot)
            snapshot.parameters[3].bestValues = snapshot.parameters[3].values
            #expect(snapshot.contradiction != nil)
        }
    }
}
