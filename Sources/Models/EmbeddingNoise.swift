// Noise on what tokens begin as, in training (NEFTune, Jain et al. 2024): each number of a text of L tokens of width C gets one drawn
// evenly from ±α/√(L·C). Virtual tokens before a text get none, and are not of its L: as with PEFT, which noises what it
// looks up.

import Kernels
import Tensors

extension PassContext {
    /// Adds the step's noise to the rows of the tokens of `batch`; does nothing where nothing is drawn: evaluation, generation, passes
    /// of a reference. The same row of the same step gets the same noise, however the step is cut.
    func addNoise(to x: Matrix, of batch: TokenBatch) {
        guard let key = dropout, key.noiseAlpha > 0 else { return }
        let random = RandomStream(seed: key.seed, purpose: .noise), ahead = adapters.virtualTokens.count
        precondition(ahead == 0 || (batchRows == nil && batch.sharing == nil), "rows of texts are not counted so")
        compute {
            for (number, (start, end)) in zip(batch.bounds, batch.bounds.dropFirst()).enumerated() where end > start {
                let text = x.rows(start + ahead..<end)
                // Rows of a step are counted without what stands before its texts.
                let first = start - number * ahead
                let bound = Float(key.noiseAlpha / Double(text.count).squareRoot())
                RowBlock.forEach(of: text.rows) { block in
                    for row in block.rows {
                        let place = batchRows.map { Int($0[first + row]) } ?? first + row
                        UniformNoise.add(to: text.rows(row..<row + 1), bound: bound, random, row: key.firstRow + place)
                    }
                }
            }
        }
    }
}
