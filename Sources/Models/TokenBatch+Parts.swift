// The sequences of a model with an encoder: what is read, and what is written behind it.

/// A batch in the two parts that go through an encoder and a decoder.
struct BatchParts {
    /// What is read of each example.
    let source: TokenBatch
    /// What is written, from the start token on, with the targets.
    let written: TokenBatch
    /// The rows of the batch that `source` is, ascending.
    let sourceRows: [Int32]
    /// The rows of the batch that `written` is, ascending.
    let writtenRows: [Int32]
}

extension TokenBatch {
    /// The parts before and from the first `start` of each example.
    /// - Throws: `ModelError` for an example that has no `start`, or nothing before it.
    func parts(at start: Int32) throws -> BatchParts {
        precondition(sharing == nil, "nothing is shared where there is an encoder")
        var places: [Int] = []
        for (example, (first, end)) in zip(bounds, bounds.dropFirst()).enumerated() {
            guard let place = ids[first..<end].firstIndex(of: start) else {
                throw ModelError.nothingToWrite(example: example, startToken: Int(start))
            }
            guard place > first else { throw ModelError.nothingToRead(example: example) }
            places.append(place)
        }
        return parts(at: places)
    }

    /// The parts of a batch that only measures: the rows that carry loss are written, with one before them.
    func measuringParts() -> BatchParts {
        parts(at: [min(max(1, rowCount - targetCount - 1), rowCount - 1)])
    }

    /// - Parameter places: where the second part of each example begins.
    private func parts(at places: [Int]) -> BatchParts {
        let examples = zip(zip(bounds, bounds.dropFirst()), places)
        let source = examples.map { $0.0..<$1 }, written = examples.map { $1..<$0.1 }
        return BatchParts(
            source: part(source, reads: .all), written: part(written, reads: reads),
            sourceRows: source.flatMap { $0.map { Int32($0) } }, writtenRows: written.flatMap { $0.map { Int32($0) } })
    }

    /// The rows `ranges`, one range an example.
    private func part(_ ranges: [Range<Int>], reads: ReadRows) -> TokenBatch {
        TokenBatch(
            ids: ranges.flatMap { ids[$0] },
            bounds: ranges.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) },
            targets: ranges.flatMap { targets[$0] }, sequences: sequences,
            types: types.map { types in ranges.flatMap { types[$0] } },
            reads: reads)
    }
}
