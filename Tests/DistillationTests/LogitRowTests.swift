// A row of logits as a distribution, against sums in double over the whole row.

import Distillation
import Foundation
import Tensors
import TestSupport
import Testing

/// Rows of logits in tiles, with memory of their own.
final class TestRows {
    private let workspace = Workspace()
    private let tiles: LogitTiles
    private let numbers: UnsafeMutableBufferPointer<Float>
    let logits: [[Float]]

    init(_ logits: [[Float]]) {
        self.logits = logits
        let vocabulary = logits[0].count, blocks = (vocabulary + 63) / 64
        tiles = LogitTiles(rows: logits.count, vocabulary: vocabulary, in: workspace)
        numbers = .allocate(capacity: 2 * blocks * logits.count)
        for range in tiles.tiles {
            for row in logits.indices {
                _ = tiles.logits(range, row: row).update(from: logits[row][range])
            }
        }
    }

    deinit { numbers.deallocate() }

    /// Runs `body` with a row, whose numbers live as long as this does; gives nil where it is no row.
    @discardableResult
    func with<Result>(
        _ row: Int = 0, temperature: Double = 1, _ body: (LogitRow) throws -> Result
    ) rethrows -> Result? {
        try withExtendedLifetime(self) { try self.row(row, temperature).map(body) }
    }

    private func row(_ row: Int, _ temperature: Double) -> LogitRow? {
        let blocks = (tiles.vocabulary + 63) / 64
        let own = UnsafeMutableBufferPointer(rebasing: numbers[2 * blocks * row..<2 * blocks * (row + 1)])
        return LogitRow(
            tiles, row: row, temperature: temperature, blockLargest: .init(rebasing: own[..<blocks]),
            masses: .init(rebasing: own[blocks...]))
    }

    /// log p of each token, in double.
    func logProbabilities(_ row: Int = 0, temperature: Double = 1) -> [Double] {
        let scaled = logits[row].map { Double($0) / temperature }
        let most = scaled.max() ?? 0
        let normaliser = most + log(scaled.reduce(0) { $0 + exp($1 - most) })
        return scaled.map { $0 - normaliser }
    }

    /// Logits between −`size` and `size`, the same for a seed.
    static func random(_ count: Int, size: Float = 6, seed: UInt64 = 1) -> [Float] {
        let stream = RandomStream(seed: seed, purpose: .probe)
        return (0..<count).map { size * Float(2 * stream.uniform(stream: 0, index: UInt64($0)) - 1) }
    }
}

@Suite struct LogitRowTests {
    @Test(arguments: [2, 63, 64, 65, 200, 1536, 1537, 4000], [0.5, 1, 2.5])
    func aRowIsItsDistribution(vocabulary: Int, temperature: Double) throws {
        let rows = TestRows((0..<3).map { TestRows.random(vocabulary, seed: UInt64($0 + 5)) })
        for number in 0..<3 {
            let expected = rows.logProbabilities(number, temperature: temperature)
            let isRow: Void? = rows.with(number, temperature: temperature) { row in
                #expect(row.first == expected.indices.max { expected[$0] < expected[$1] })
                #expect(abs(row.firstLogProbability - expected[row.first]) < 1e-5)
                #expect(maximumDifference(row.logProbabilities(), expected.map { Float($0) }) < 2e-5)
                let logit = Double(rows.logits[number][row.first]) / temperature
                #expect(abs(row.logSumExp - (logit - expected[row.first])) < 1e-5)
            }
            #expect(isRow != nil)
        }
    }

    /// What lies beside a first choice that is nearly sure keeps its digits.
    @Test func whatIsBesideASureChoiceIsNotRoundedAway() throws {
        var logits = TestRows.random(300)
        logits[131] = 40
        let rows = TestRows([logits])
        let expected = rows.logProbabilities()
        let (first, found) = try #require(rows.with { ($0.first, $0.rest) })
        let rest = expected.indices.filter { $0 != 131 }.reduce(0.0) { $0 + exp(expected[$1] - expected[131]) }
        #expect(first == 131 && rest < 1e-12)
        #expect(abs(found / rest - 1) < 1e-5)
    }

    @Test func equalsAreTakenInTheirOrder() {
        var logits = [Float](repeating: -1, count: 2000)
        for id in [1999, 70, 65, 1600] { logits[id] = 2 }
        let found = TestRows([logits]).with { row in
            [[row.first]] + [3, 6].map { row.likeliest($0).tokens.map(\.id) }
        }
        #expect(found == [[65], [65, 70, 1600], [65, 70, 1600, 1999, 0, 1]])
    }

    @Test func whatIsNoNumberIsNoRow() {
        for bad in [Float.nan, .infinity] {
            for place in [0, 63, 64, 1700, 1999] {
                var logits = TestRows.random(2000)
                logits[place] = bad
                #expect(TestRows([logits]).with { $0.first } == nil)
            }
        }
        #expect(TestRows([[Float](repeating: -.infinity, count: 70)]).with { $0.first } == nil)
        // A token that never comes is one.
        var logits = TestRows.random(2000)
        logits[3] = -.infinity
        #expect(TestRows([logits]).with { $0.first } != nil)
    }

    @Test(arguments: [1, 3, 31, 64, 100, 199]) func theLikeliestAndTheRestAreTheDistribution(k: Int) throws {
        for size: Float in [0.1, 6, 60] {
            let rows = TestRows([TestRows.random(200, size: size)])
            let expected = rows.logProbabilities()
            let found = try #require(rows.with { $0.likeliest(k) })
            let order = expected.indices.sorted { expected[$0] > expected[$1] }
            #expect(found.tokens.map(\.id) == Array(order.prefix(k)))
            for token in found.tokens { #expect(abs(token.logProbability - expected[token.id]) < 2e-5) }
            let rest = log(order.dropFirst(k).reduce(0.0) { $0 + exp(expected[$1]) })
            // Below the smallest number that has all its digits, it is about that one.
            #expect(
                rest < -86 ? (-90..<(-86)).contains(found.rest) : abs(found.rest - rest) < 1e-3,
                "\(size): \(found.rest), \(rest)")
        }
    }
}
