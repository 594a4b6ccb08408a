// The numbers of one matrix in each adapter, and how they become one, as PEFT's `merge_utils` has it.

import Tensors
import Vocabulary

/// One matrix, once for each adapter.
struct TaskVectors {
    /// Equally long.
    private var vectors: [[Float]]
    private let weights: [Float]

    init(_ vectors: [[Float]], weights: [Double]) {
        precondition(vectors.count == weights.count && Set(vectors.map(\.count)).count <= 1)
        self.vectors = vectors
        self.weights = weights.map { Float($0) }
    }

    /// What the method makes of them.
    /// - Parameter streams: of the random numbers, one for each vector.
    consuming func joined(_ settings: CombinationSettings, streams: [UInt32]) -> [Float] {
        prune(settings, streams)
        switch settings.method.choices.joining {
        case .sum: return sum()
        case .electedMean: return electedMean(settings.majoritySign)
        }
    }

    private mutating func prune(_ settings: CombinationSettings, _ streams: [UInt32]) {
        guard let density = settings.density else { return }
        let random = RandomStream(seed: settings.seed, purpose: .pruning)
        for index in vectors.indices {
            switch settings.method.choices.pruning {
            case .nothing: break
            case .smallest: Pruning.keepLargest(density, of: &vectors[index])
            case .random: Pruning.keepRandom(density, of: &vectors[index], random, stream: streams[index])
            }
        }
    }

    private func sum() -> [Float] {
        var result = [Float](repeating: 0, count: vectors.first?.count ?? 0)
        for (vector, weight) in zip(vectors, weights) {
            for index in result.indices { result[index] += vector[index] * weight }
        }
        return result
    }

    /// The mean over those whose sign is the elected one; signs are elected without weights.
    private func electedMean(_ election: MajoritySign) -> [Float] {
        (0..<(vectors.first?.count ?? 0)).map { index in
            var votes: Float = 0
            for vector in vectors { votes += election == .total ? vector[index] : Self.sign(vector[index]) }
            let elected: Float = votes >= 0 ? 1 : -1
            var sum: Float = 0, count: Float = 0
            for (vector, weight) in zip(vectors, weights) where Self.sign(vector[index]) == elected {
                sum += vector[index] * weight
                count += 1
            }
            return sum / max(count, 1)
        }
    }

    private static func sign(_ number: Float) -> Float { number > 0 ? 1 : number < 0 ? -1 : 0 }
}
