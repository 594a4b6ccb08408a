// Blocks as a person lists them: 0-15,20.

internal import Spelling

/// Numbers of blocks in a list of numbers and ranges, counted from 0.
struct BlockList {
    private let text: String
    private let ranges: [ClosedRange<Int>]

    /// - Throws: `Failure` where the list is none, or does not go up.
    init(_ text: String) throws {
        self.text = text
        ranges = try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Self.number($0) }
            switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
            case (1...2, let first?, let last?) where first <= last: return first...last
            default:
                throw Self.failure(
                    text, "'\(ShownText.name(String(part)))' is no block and no range of blocks", Self.example)
            }
        }
        for (earlier, later) in zip(ranges, ranges.dropFirst()) where later.lowerBound <= earlier.upperBound {
            throw Self.failure(
                text, "\(later.lowerBound) stands after \(earlier.upperBound)",
                "blocks stay in their order, each once: write them upwards")
        }
    }

    /// The numbers, of a model of `count` blocks.
    ///
    /// - Throws: `Failure` for a block that the model does not have.
    func numbers(of count: Int) throws -> [Int] {
        if let last = ranges.last?.upperBound, last >= count {
            throw Self.failure(text, "the model has no block \(last)", "it has \(count), from 0 to \(count - 1)")
        }
        return ranges.flatMap { Array($0) }
    }

    private static let example = "0-15,20, say: blocks are counted from 0"

    /// Digits and nothing else.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
    }

    private static func failure(_ text: String, _ problem: String, _ hint: String) -> Failure {
        Failure(.usage, "--layers \(ShownText.name(text)): \(problem)", hint: hint)
    }
}

extension [Int] {
    /// Ascending numbers as such a list.
    var asBlockList: String {
        var runs: [ClosedRange<Int>] = []
        for number in self {
            if let last = runs.last, last.upperBound == number - 1 {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
