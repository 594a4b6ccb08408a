// Noise on what tokens begin as, in training (NEFTune, Jain et al. 2024): each number of a text of L tokens of width C gets one drawn
// evenly from ±α/√(L·C).

import Kernels
import Tensors

extension PassContext {
    /// Adds the step's noise to the rows of the tokens of `batch`; does nothing where nothing is drawn: evaluation, generation, passes
    /// of a reference. The same row of the same step gets the same noise, however the step is cut.
    func addNoise(to x: Matrix, of batch: TokenBatch) {
        guard let key = dropout, key.noiseAlpha > 0 else { return }
        let random = RandomStream(seed: key.seed, purpose: .noise)
        compute {
            for (start, end) in zip(batch.bounds, batch.bounds.dropFirst()) where end > start {
                let bound = Float(key.noiseAlpha / Double((end - start) * x.columns).squareRoot())
                let text = x.rows(start..<end)
                RowBlock.forEach(of: text.rows) { block in
                    for row in block.rows {
                        let place = batchRows.map { Int($0[start + row]) } ?? start + row
                        UniformNoise.add(to: text.rows(row..<row + 1), bound: bound, random, row: key.firstRow + place)
                    }
                }
            }
        }
    }
}
