import Foundation
import TestSupport
import Testing
import Training

@Suite struct TensorBoardLogs {
    private func write(_ folder: URL, steps: ClosedRange<Int>, continuingAfter step: Int) throws {
        let log = try TensorBoardLog(in: folder, continuingAfterStep: step, wallSeconds: 1)
        for step in steps {
            try log.append(step: step, scalars: [("train/loss", 1 / Double(step))], wallSeconds: Double(step))
        }
    }

    private func bytes(_ folder: URL) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent(TensorBoardLog.fileName))
    }

    private func isEqual(_ left: URL, _ right: URL) throws -> Bool { try bytes(left) == bytes(right) }

    /// The bytes that TensorFlow's writer gives for the version record at time 1: length, checksum, message, checksum.
    @Test func theFirstRecordIsTensorFlows() throws {
        try withTemporaryDirectory { folder in
            _ = try TensorBoardLog(in: folder, wallSeconds: 1)
            let expected: [UInt8] =
                [24, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22, 9, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x1A, 13]
                + Array("brain.Event:2".utf8)
            #expect(try bytes(folder).prefix(expected.count).elementsEqual(expected))
        }
    }

    /// Cut after the step of the snapshot, also where the last record is half-written.
    @Test func aResumedLogIsTheStraightOne() throws {
        try withTemporaryDirectory { folder in
            let straight = folder.appendingPathComponent("straight")
            let resumed = folder.appendingPathComponent("resumed")
            try write(straight, steps: 1...300, continuingAfter: 0)
            try write(resumed, steps: 1...207, continuingAfter: 0)
            let file = resumed.appendingPathComponent(TensorBoardLog.fileName)
            try Data(try bytes(resumed).dropLast(5)).write(to: file)
            try write(resumed, steps: 201...300, continuingAfter: 200)
            #expect(try isEqual(resumed, straight))
            // From the start again: nothing of the old run is left.
            try write(resumed, steps: 1...300, continuingAfter: 0)
            #expect(try isEqual(resumed, straight))
        }
    }

    @Test(.needsPython("tensorboard")) func tensorBoardReadsALog() throws {
        try withTemporaryDirectory { folder in
            try write(folder, steps: 1...300, continuingAfter: 0)
            let program = """
                import sys
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                log = EventAccumulator(sys.argv[1]).Reload()
                curve = log.Scalars("train/loss")
                print(len(curve), curve[299].step, curve[1].value, curve[299].wall_time)
                """
            let text = try ReferencePython.run(with: ["tensorboard"], ["-c", program, folder.path]).output
            #expect(text == "300 300 0.5 300.0\n")
        }
    }
}
