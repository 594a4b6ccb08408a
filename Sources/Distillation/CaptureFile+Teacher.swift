// A capture as a teacher: what it once said of the sequences of a batch.

internal import Foundation
public import Models
public import Objectives
internal import Tensors

extension CaptureFile: TeacherSource {
    public var form: TeacherForm { identity.method.form }

    /// - Throws: `CaptureError` where a sequence of the batch was not captured, or the file is damaged.
    public func withTargets<Result>(
        _ pass: ObjectivePass, _ body: (TeacherTargets) throws -> Result
    ) throws -> Result {
        var rows = SparseRows()
        var rests: [Float] = []
        if !pass.measures {
            for (number, example) in pass.batch.capturedExamples.enumerated() where example.targets > 0 {
                guard let sequence = try sequence(example.digest) else {
                    throw CaptureError.notCaptured(file: url.path, place: "sequence \(number + 1) of a step")
                }
                guard sequence.targets == example.targets else {
                    throw damage("of a sequence of \(example.targets) targets \(sequence.targets) are kept")
                }
                switch identity.method {
                case .sampled: try add(sampled: sequence, to: &rows)
                case .topK(let k): try add(likeliest: sequence, min(k, identity.vocabularySize), to: &rows, &rests)
                }
            }
        }
        return try body(
            form == .sampled ? .sampled(rows) : .topK(rows, restLogProbabilities: rests))
    }

    private func add(sampled sequence: CapturedSequence, to rows: inout SparseRows) throws {
        guard case .whole(let first) = sequence.values[1], case .real(let logProbabilities) = sequence.values[2],
            case .whole(let kept) = sequence.values[3], case .whole(let ids) = sequence.values[4],
            case .whole(let counts) = sequence.values[5], kept.allSatisfy({ $0 >= 0 }),
            kept.reduce(0, { $0 + Int($1) }) == ids.count
        else { throw damage("the tokens of a sequence are not as many as it says") }
        rows.reserve(rows: rows.count + first.count, entries: rows.columns.count + first.count + ids.count)
        var start = 0
        for target in first.indices {
            let range = start..<start + Int(kept[target])
            start = range.upperBound
            try require([first[target]] + ids[range])
            guard counts[range].allSatisfy({ $0 > 0 }) else { throw damage("a token was drawn less than once") }
            let drawn = counts[range].reduce(0) { $0 + Double($1) }
            // Exactly one in all, whatever was drawn.
            let firstShare = range.isEmpty ? 1 : exp(Double(logProbabilities[target]))
            let rest = range.isEmpty ? 0 : -expm1(Double(logProbabilities[target]))
            rows.append(
                [(column: first[target], value: Float(firstShare))]
                    + range.map { (column: ids[$0], value: Float(rest * Double(counts[$0]) / drawn)) })
        }
    }

    /// - Parameter k: tokens that are kept of each target.
    private func add(
        likeliest sequence: CapturedSequence, _ k: Int, to rows: inout SparseRows, _ rests: inout [Float]
    ) throws {
        guard case .real(let logProbabilities) = sequence.values[sequence.values.count - 1],
            sequence.entries.isMultiple(of: sequence.targets), sequence.entries / sequence.targets == k
        else { throw damage("the tokens of a sequence are not as many as it says") }
        rows.reserve(rows: rows.count + sequence.targets, entries: rows.columns.count + sequence.entries)
        guard sequence.values.count == 4, case .real(let rest) = sequence.values[1],
            case .whole(let ids) = sequence.values[2]
        else {
            for target in 0..<sequence.targets {
                rows.append((0..<k).map { (column: Int32($0), value: logProbabilities[target * k + $0]) })
            }
            rests += [Float](repeating: -.infinity, count: sequence.targets)
            return
        }
        for target in 0..<sequence.targets {
            try require(ids[target * k..<(target + 1) * k])
            rows.append((target * k..<(target + 1) * k).map { (column: ids[$0], value: logProbabilities[$0]) })
        }
        rests += rest
    }

    /// Throws unless these are tokens, each once.
    private func require(_ tokens: some Collection<Int32>) throws {
        let isToken = tokens.allSatisfy { $0 >= 0 && Int($0) < identity.vocabularySize }
        guard isToken, Set(tokens).count == tokens.count else { throw damage("what is kept of a target are no tokens") }
    }

    private func damage(_ place: String) -> CaptureError { .damaged(file: url.path, place: place) }
}

extension TokenBatch {
    /// Of each example, by what it is found in a capture, and how many of its tokens carry loss.
    fileprivate var capturedExamples: [(digest: UInt64, targets: Int)] {
        zip(bounds, bounds.dropFirst()).map { start, end in
            let isTarget = [false] + targets[start..<end - 1].map { $0 >= 0 }
            return (SequenceDigest.of(ids[start..<end], isTarget), isTarget.count(where: \.self))
        }
    }
}
