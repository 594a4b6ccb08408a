// One row of logits that lies in tiles, and where the likely tokens are in it.

internal import Foundation
internal import Kernels
package import Tensors

/// Some rows of logits, in tiles of the vocabulary one after the other: `[rows, width]` a tile.
package struct LogitTiles {
    /// A multiple of a block: with a block of rows a tile stays in the second-level cache.
    static let width = 1536
    let memory: Matrix
    let rows: Int
    package let vocabulary: Int

    /// Room for `rows` rows.
    package init(rows: Int, vocabulary: Int, in workspace: Workspace) {
        memory = workspace.matrix(rows: rows, columns: vocabulary)
        (self.rows, self.vocabulary) = (rows, vocabulary)
    }

    package var tiles: [Range<Int>] {
        stride(from: 0, to: vocabulary, by: Self.width).map { $0..<min($0 + Self.width, vocabulary) }
    }

    /// The tile of the tokens `range`, `[rows, range.count]`.
    func tile(_ range: Range<Int>) -> Matrix {
        Matrix(
            pointer: memory.pointer + range.lowerBound * rows * 4, rows: rows, columns: range.count, type: .f32)
    }

    /// The logits of the tokens `range`, which lie in one tile, in row `row`.
    package func logits(_ range: Range<Int>, row: Int) -> UnsafeMutableBufferPointer<Float> {
        let start = range.lowerBound / Self.width * Self.width
        let whole = tile(start..<min(start + Self.width, vocabulary)).rows(row..<row + 1).floats
        return UnsafeMutableBufferPointer(rebasing: whole[range.lowerBound - start..<range.upperBound - start])
    }
}

/// A row of logits as a distribution: softmax(logit / temperature).
package struct LogitRow {
    private let tiles: LogitTiles
    private let row: Int
    private let factor: Float
    /// The largest logit of each block.
    private let blockLargest: UnsafeMutableBufferPointer<Float>
    /// Σ exp((logit − the largest) / temperature) of each block, the first choice not counted.
    private let masses: UnsafeMutableBufferPointer<Float>
    /// The likeliest token, the first of equals.
    package let first: Int
    private let largest: Float
    /// Σ of the masses: how likely all others are together, for each time that the first is.
    package let rest: Double

    /// - Parameters:
    ///   - blockLargest: room for a number a block.
    ///   - masses: the same.
    /// - Returns: nil where a logit is no number.
    package init?(
        _ tiles: LogitTiles, row: Int, temperature: Double, blockLargest: UnsafeMutableBufferPointer<Float>,
        masses: UnsafeMutableBufferPointer<Float>
    ) {
        let factor = Float(1 / temperature)
        (self.tiles, self.row, self.factor) = (tiles, row, factor)
        (self.blockLargest, self.masses) = (blockLargest, masses)
        // Each tile against its own largest, while it is in cache.
        let ranges = tiles.tiles
        let mosts = ranges.map { range in
            let logits = UnsafeBufferPointer(tiles.logits(range, row: row))
            let own = Self.blocks(of: range, in: blockLargest)
            BlockMasses.largest(logits, into: own)
            let most = own.max() ?? -.infinity
            // Against −∞ nothing is a number: what is there instead is passed over by the largest, and stays as it is.
            BlockMasses.masses(
                logits, largest: most == -.infinity ? 0 : most, factor: factor, into: Self.blocks(of: range, in: masses)
            )
            return most
        }
        guard let block = Elements.firstLargest(UnsafeBufferPointer(blockLargest)) else { return nil }
        largest = blockLargest[block]
        let most = largest
        let start = block * BlockMasses.blockSize
        let numbers = tiles.logits(start..<min(start + BlockMasses.blockSize, tiles.vocabulary), row: row)
        guard let place = numbers.firstIndex(of: most) else { return nil }
        first = start + place
        for (range, own) in zip(ranges, mosts) where own > -.infinity {
            let share = exp((own - most) * factor)
            for index in Self.blockRange(of: range) { masses[index] *= share }
        }
        // Not by a difference: beside the first choice the others may be less than a rounding.
        masses[block] = Self.withExponentials(numbers, most, factor) { exponentials in
            exponentials[place] = 0
            return exponentials.reduce(0, +)
        }
        var sum = 0.0
        for mass in masses { sum += Double(mass) }
        // The largest may be beyond all numbers once it is divided.
        guard sum.isFinite, (most * factor).isFinite else { return nil }
        rest = sum
    }

    private static func blocks(
        of range: Range<Int>, in numbers: UnsafeMutableBufferPointer<Float>
    ) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: numbers[blockRange(of: range)])
    }

    /// The blocks of a tile.
    private static func blockRange(of range: Range<Int>) -> Range<Int> {
        let start = range.lowerBound / BlockMasses.blockSize
        return start..<start + BlockMasses.blockCount(range.count)
    }

    /// log Σ exp(logit / temperature).
    package var logSumExp: Double { Double(largest) * Double(factor) + log1p(rest) }
    /// log p of the first choice.
    package var firstLogProbability: Double { -log1p(rest) }

    /// log p of a logit.
    private func logProbability(_ logit: Float) -> Double {
        (Double(logit) - Double(largest)) * Double(factor) - log1p(rest)
    }

    private func range(ofBlock block: Int) -> Range<Int> {
        let start = block * BlockMasses.blockSize
        return start..<min(start + BlockMasses.blockSize, tiles.vocabulary)
    }

    // MARK: Places

    /// The tokens, the first choice left out, at which shares of `rest` end when they are laid one after the other.
    /// - Parameter shares: ascending, each from 0 and below 1.
    package func tokens(atAscending shares: [Double]) -> [Int] {
        var found: [Int] = []
        found.reserveCapacity(shares.count)
        var block = 0
        var before = 0.0
        for share in shares {
            let target = share * rest
            // Rounding may leave the last share beyond the last block that has a mass.
            while block < masses.count - 1, before + Double(masses[block]) <= target {
                before += Double(masses[block])
                block += 1
            }
            found.append(token(in: block, mass: target - before))
        }
        return found
    }

    /// The token of `block` at which `mass` of its mass is reached.
    private func token(in block: Int, mass: Double) -> Int {
        let range = range(ofBlock: block)
        return Self.withExponentials(tiles.logits(range, row: row), largest, factor) { exponentials in
            if range.contains(first) { exponentials[first - range.lowerBound] = 0 }
            var left = mass
            var last = range.lowerBound
            for (place, here) in exponentials.enumerated() where here > 0 {
                last = range.lowerBound + place
                left -= Double(here)
                if left < 0 { break }
            }
            return last
        }
    }

    /// Runs `body` with exp((logit − largest) · factor) of a block's logits.
    private static func withExponentials<Result>(
        _ logits: UnsafeMutableBufferPointer<Float>, _ largest: Float, _ factor: Float,
        _ body: (UnsafeMutableBufferPointer<Float>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { numbers in
            Elements.exponentials(UnsafeBufferPointer(logits), largest: largest, factor: factor, into: numbers)
            return body(numbers)
        }
    }

    // MARK: The likeliest

    /// The `count` likeliest tokens with their log-probabilities, the likeliest first, the first of equals; and log p of all others
    /// together, which is finite.
    package func likeliest(_ count: Int) -> (tokens: [(id: Int, logProbability: Double)], rest: Double) {
        // As many blocks as tokens are asked for hold one each of at least this.
        let threshold =
            blockLargest.count > count ? blockLargest.sorted(by: >)[count - 1] : -Float.infinity
        var found: [(id: Int, logit: Float)] = []
        for block in 0..<blockLargest.count where blockLargest[block] >= threshold {
            let range = range(ofBlock: block)
            for (place, logit) in tiles.logits(range, row: row).enumerated() where logit >= threshold {
                found.append((range.lowerBound + place, logit))
            }
        }
        found.sort { $0.logit != $1.logit ? $0.logit > $1.logit : $0.id < $1.id }
        let tokens = found.prefix(count)
        return (tokens.map { ($0.id, logProbability($0.logit)) }, restLogProbability(without: tokens.map(\.id)))
    }

    /// log p of all tokens but `kept`, among which the first choice is. Not by a difference from one, which loses small rests; no
    /// less than the smallest number that has all its digits.
    private func restLogProbability(without kept: [Int]) -> Double {
        let ofBlock = Dictionary(grouping: kept) { $0 / BlockMasses.blockSize }
        var sum = 0.0
        for block in 0..<masses.count {
            guard let inside = ofBlock[block] else {
                sum += Double(masses[block])
                continue
            }
            let range = range(ofBlock: block)
            sum += Self.withExponentials(tiles.logits(range, row: row), largest, factor) { exponentials in
                for id in inside { exponentials[id - range.lowerBound] = 0 }
                return exponentials.reduce(0.0) { $0 + Double($1) }
            }
        }
        return log(max(sum, Double(Float.leastNormalMagnitude))) - log1p(rest)
    }

    /// log p of every token.
    package func logProbabilities() -> [Float] {
        (0..<blockLargest.count).flatMap { block in
            tiles.logits(range(ofBlock: block), row: row).map { Float(logProbability($0)) }
        }
    }
}
