// The matrices that the patterns of `train.parameter_groups` mean.

internal import Adapters
internal import Optimisers
internal import Recipes
internal import Tensors

extension TrainSection {
    /// The matrices of `adapter` by what a step is for them.
    /// - Throws: `Failure` for a pattern that is none, for an entry that is of no matrix, and for a ratio of LoRA+ where it makes
    ///   nothing faster.
    func groups(of adapter: AdapterSet) throws -> [ParameterGroup] {
        var taken = Set<MatrixSlot>()
        let meant = try parameterGroups.enumerated().map { index, entry in
            let path = "train.parameter_groups[\(index)].pattern"
            let found: [MatrixSlot]
            do { found = try adapter.slots(entry.pattern) } catch { throw Failure(.badInput, "\(path): \(error)") }
            guard !found.isEmpty else {
                let examples = adapter.slab.trainedSlots.prefix(2).map(\.name).joined(separator: ", ")
                throw Failure(
                    .badInput, "\(path): \(entry.pattern) means no matrix that is trained",
                    hint: "the matrices are named as \(examples)")
            }
            guard !taken.isSuperset(of: found) else {
                throw Failure(
                    .badInput, "\(path): all that \(entry.pattern) means belongs to earlier entries, which count",
                    hint: "leave it out, or put it before them")
            }
            taken.formUnion(found)
            return found
        }
        let slots = adapter.slab.slots, vectors = adapter.vectors
        let canBeFaster = adapter.slab.trainedSlots.contains { isFaster($0, isVector: vectors.contains($0)) }
        guard loraPlusRatio == nil || canBeFaster else {
            throw Failure(
                .badInput, "train.loraplus_lr_ratio: nothing that is trained is a B, a magnitude or a bias",
                hint: "leave it out, or take an adapter.method that has one, as lora")
        }
        return groups(of: slots, vectors: vectors, meant: meant)
    }
}
