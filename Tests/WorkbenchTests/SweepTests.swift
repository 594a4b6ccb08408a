import Foundation
import TestSupport
import Testing
import Workbench

/// Who races in a sweep, by what trials came to; and what stays of its folder when it is begun anew.
struct SweepTests {
    /// Trains what comes next until the sweep is over: each trial comes to its losses of `losses`, and where there are no more of them its
    /// numbers run away. The sweep is begun anew after each trial, as one that is stopped is.
    private func raced(_ losses: [[Double]], counts: [Int]) -> (winner: Int?, order: [String]) {
        var outcomes = [[TrialOutcome]](repeating: [], count: losses.count)
        var order: [String] = []
        while true {
            let standing = SweepStanding(outcomes, counts: counts)
            guard let next = standing.next, order.count < 100 else { return (standing.winner, order) }
            order.append("\(next.trial)@\(next.round)")
            let own = losses[next.trial - 1]
            outcomes[next.trial - 1].append(
                next.round < own.count ? .scored(step: next.round + 1, loss: own[next.round]) : .failed("broken"))
        }
    }

    @Test func theBetterOnesGoOn() {
        let sweep = raced([[3, 2, 1], [2, 3, 3], [4, 4, 4], [2, 1, 2]], counts: [4, 2, 1])
        #expect(sweep.winner == 4)
        #expect(sweep.order == ["1@0", "2@0", "3@0", "4@0", "2@1", "4@1", "4@2"])
        #expect(raced([[3], [1], [1]], counts: [3]).winner == 2)
    }

    /// The last trial of a round is not the last of the sweep.
    @Test func aFinalistWhoseNumbersRunAwayIsReplaced() {
        // Trial 4 breaks in the last round, so trial 2 of the round before goes on.
        let second = raced([[3, 2, 1], [2, 3, 3], [4, 4, 4], [2, 1]], counts: [4, 2, 1])
        #expect(second.winner == 2)
        #expect(second.order.suffix(2) == ["4@2", "2@2"])
        // Both of the second round break there: trial 1 of the first one goes on to the end.
        let first = raced([[3, 3, 3], [2], [4, 4, 4], [2]], counts: [4, 2, 1])
        #expect(first.winner == 1)
        #expect(first.order.suffix(4) == ["2@1", "4@1", "1@1", "1@2"])
        // One by one, until one holds.
        let last = raced([[3, 3], [2, 2], [4, 4, 4], [1]], counts: [4, 2, 1])
        #expect(last.winner == 3)
        #expect(last.order.suffix(5) == ["2@2", "1@1", "1@2", "3@1", "3@2"])
    }

    @Test func whereNoTrialHoldsNobodyWins() {
        let sweep = raced([[1], [2, 2], []], counts: [3, 1, 1])
        #expect(sweep.winner == nil && sweep.order.count < 100)
        #expect(Set(sweep.order).count == sweep.order.count, "nothing is trained twice")
    }

    @Test func whatSomebodyElsePutIntoATrialStays() throws {
        try withTemporaryDirectory { folder in
            let sweep = SweepDirectory(folder.appendingPathComponent("tiny-sweep"))
            try sweep.make()
            for round in 1...2 {
                try sweep.write("{}", to: sweep.record)
                for number in 1...2 {
                    let trial = try RunDirectory(sweep.trial(number))
                    try trial.write("{}", to: trial.run)
                }
                let notes = sweep.trial(1).appendingPathComponent("notes.txt")
                if round == 1 { try Data("mine".utf8).write(to: notes) }
                // Begun anew as often as one likes.
                try sweep.requireOwn()
                try sweep.clear()
                let names = try FileManager.default.contentsOfDirectory(atPath: sweep.trial(1).path)
                #expect(names.contains("notes.txt") && !names.contains("run.json"))
                #expect(!FileManager.default.fileExists(atPath: sweep.trial(2).path))
                #expect(!FileManager.default.fileExists(atPath: sweep.record.path))
            }
        }
    }
}
