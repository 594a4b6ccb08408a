// In-batch negatives (Henderson et al., "Efficient Natural Language Response Suggestion for Smart Reply", 2017): of all texts of the step,
// which one belongs to a row's first text. With cosines and a scale it is what is called InfoNCE:
//
//     L_i = −log (exp(s · cos(a_i, c_i)) / Σ_j exp(s · cos(a_i, c_j)))      c: the second texts of all rows, then all other ones

public import Datasets
import Foundation

/// Learns which texts belong together by telling them from all others of the step.
public struct InBatchNegatives: VectorLoss {
    public let need = TextNeed.pairs
    /// The share of rows whose own text is the nearest of the step's.
    public let measures = [
        Measure("in_batch_accuracy", isToldInSteps: true) {
            $0.names.contains("in_batch_accuracy") ? $0.mean("in_batch_accuracy") : nil
        }
    ]
    /// What cosines are multiplied by.
    public let scale: Double
    /// Whether a text that is the row's own, or belongs to the same first text, is no negative of it.
    public let skipsDuplicates: Bool

    public init(scale: Double = 20, skipsDuplicates: Bool = true) {
        self.scale = scale
        self.skipsDuplicates = skipsDuplicates
    }

    public func losses(_ vectors: TextVectors, scale weight: Double, gradients: inout [Float]?) -> [NamedSums] {
        let firsts = vectors.firstTexts
        let candidates =
            firsts.map { $0 + 1 }
            + zip(firsts, vectors.textCounts).flatMap { Array($0 + 2..<max($0 + $1, $0 + 2)) }
        let anchors = UnitVectors(vectors.gathered(firsts), width: vectors.width)
        let others = UnitVectors(vectors.gathered(candidates), width: vectors.width)
        var slopes = anchors.table.timesTransposed(others.table)
        let units = losses(&slopes, isLeftOut: leftOut(vectors, firsts, candidates), weight: weight)
        guard gradients != nil else { return units }
        let ofAnchors = anchors.backward(slopes.times(others.table).values)
        let ofOthers = others.backward(slopes.transposed.times(anchors.table).values)
        add(ofAnchors, of: firsts, width: vectors.width, to: &gradients)
        add(ofOthers, of: candidates, width: vectors.width, to: &gradients)
        return units
    }

    /// The losses of cosines `[R, M]`, in whose place their slopes are left.
    private func losses(
        _ cosines: inout FloatTable, isLeftOut: (Int, Int) -> Bool, weight: Double
    ) -> [NamedSums] {
        (0..<cosines.rows).map { row in
            let kept = (0..<cosines.columns).map { $0 == row || !isLeftOut(row, $0) }
            let logits = (0..<cosines.columns).map { kept[$0] ? scale * Double(cosines[row, $0]) : -.infinity }
            let largest = logits.max() ?? 0
            let exponentials = logits.map { exp($0 - largest) }
            let sum = exponentials.reduce(0, +)
            let isFirst = logits.firstIndex(of: largest) == row
            for column in 0..<cosines.columns {
                let slope = exponentials[column] / sum - (column == row ? 1 : 0)
                cosines[row, column] = Float(weight * scale * slope)
            }
            return NamedSums(
                loss: log(sum) + largest - logits[row], weight: 1, ["in_batch_accuracy": isFirst ? 1 : 0])
        }
    }

    /// Which candidates are no negatives of a row: texts that are the same as one which belongs to the same first text.
    private func leftOut(_ vectors: TextVectors, _ firsts: [Int], _ candidates: [Int]) -> (Int, Int) -> Bool {
        guard skipsDuplicates else { return { _, _ in false } }
        let identities = vectors.identities
        let anchors = firsts.map { identities[$0] }, others = candidates.map { identities[$0] }
        var right: [Int: Set<Int>] = [:]
        for (row, anchor) in anchors.enumerated() { right[anchor, default: []].insert(others[row]) }
        return { row, column in right[anchors[row]]?.contains(others[column]) ?? false }
    }

    private func add(_ part: [Float], of texts: [Int], width: Int, to gradients: inout [Float]?) {
        for (number, text) in texts.enumerated() {
            for place in 0..<width { gradients?[text * width + place] += part[number * width + place] }
        }
    }
}
