// The norms of a model: of the stream, and of queries and keys.

import Kernels
import Tensors

extension WeightCollector {
    /// - Parameter isTrainable: whether its gradients are known where it stands: in the stream of a decoder.
    mutating func norm(
        _ role: WeightRole, layer: Int? = nil, _ spec: NormSpec, _ count: Int, isTrainable: Bool = true
    ) -> Norm? {
        norm(
            at: names.path(role, layer: layer, inEncoder: isInEncoder), spec, count,
            isTrainable: isTrainable && !isInEncoder)
    }

    mutating func norm(at path: String, _ spec: NormSpec, _ count: Int, isTrainable: Bool = false) -> Norm? {
        let weight =
            spec.hasWeight
            ? vector(path + ".weight", count, offset: spec.offset)
            : ConstantVector(Array(repeating: 1, count: count))
        let bias = spec.hasBias ? vector(path + ".bias", count) : nil
        guard let weight, spec.hasBias == (bias != nil) else { return nil }
        // What has 1 added and taken away again may not be what it was.
        let stated = spec.hasWeight && spec.offset != 0 ? vector(path + ".weight", count) : weight
        guard let stated else { return nil }
        let norm = Norm(kind: spec.kind, weight: weight, bias: bias, epsilon: spec.epsilon, number: norms.count)
        norms.append(
            BaseNorm(
                path: path, isTrainable: isTrainable, offset: spec.offset, hasWeight: spec.hasWeight, stated: stated,
                norm: norm))
        return norm
    }

    /// A norm that not every family has: nil inside where it was asked for and not found.
    mutating func norm(
        _ role: WeightRole, layer: Int? = nil, ifThere spec: NormSpec?, _ count: Int, isTrainable: Bool = true
    ) -> Norm?? {
        guard let spec else { return .some(nil) }
        return norm(role, layer: layer, spec, count, isTrainable: isTrainable).map { .some($0) }
    }

    /// The norm of `count` heads: nil inside where the family has none.
    mutating func headNorm(
        _ role: WeightRole, _ layer: Int, _ spec: AttentionSpec, count: Int
    ) -> HeadNorm?? {
        guard var norm = spec.headNorm else { return .some(nil) }
        let (width, reach) = (spec.shape.headWidth, spec.headNormReach)
        guard reach == .eachHeadItsOwn else {
            let size = reach == .allHeads ? count * width : width
            return self.norm(role, layer: layer, norm, size, isTrainable: false).map {
                HeadNorm($0, reach: reach, count: count)
            }
        }
        let factors = headWeights(role, layer, count: count, width, offset: norm.offset)
        norm.hasWeight = false
        guard let factors, let plain = self.norm(role, layer: layer, norm, width, isTrainable: false)
        else { return nil }
        return HeadNorm(plain, reach: reach, count: count, factors: factors)
    }

    /// Each head's own weights, one after the other.
    private mutating func headWeights(
        _ role: WeightRole, _ layer: Int, count: Int, _ width: Int, offset: Float
    ) -> ConstantVector? {
        let path = names.path(role, layer: layer, expert: 0), second = names.path(role, layer: layer, expert: 1)
        guard path == second else {
            let heads = (0..<count).compactMap {
                vector(names.path(role, layer: layer, expert: $0) + ".weight", width, offset: offset)
            }
            return heads.count == count ? ConstantVector(heads.flatMap { Array($0.matrix.floats) }) : nil
        }
        return tensor(path + ".weight", [count, width]).map { tensor in
            ConstantVector(Widening.floats(tensor).map { $0 + offset })
        }
    }
}
