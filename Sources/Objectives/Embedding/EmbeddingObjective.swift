// Vectors of texts: read, pooled, brought to length 1, held against one another by a loss, at one size or at several (Kusupati et al.,
// "Matryoshka Representation Learning", 2022).

public import Datasets
public import Models
import Tensors

/// Learns vectors of texts by how near they are to be.
public struct EmbeddingObjective: StepObjective {
    public let unit = ExampleUnit.sequence
    public let loss: any VectorLoss
    public let pooling: Pooling
    /// Whether the loss gets vectors of length 1.
    public let isNormalized: Bool
    /// How many of the first numbers the loss is computed of, once for each; empty: all numbers.
    public let sizes: [Int]
    public let heldOutRows: Int

    /// - Parameters:
    ///   - sizes: each no more than the model's width.
    ///   - heldOutRows: as many as a step has.
    public init(
        _ loss: any VectorLoss, pooling: Pooling, isNormalized: Bool, sizes: [Int] = [], heldOutRows: Int
    ) {
        self.loss = loss
        self.pooling = pooling
        self.isNormalized = isNormalized
        // From the largest on: what is told beside the loss is told of it.
        self.sizes = sizes.sorted(by: >)
        self.heldOutRows = heldOutRows
    }

    public var measures: [Measure] { loss.measures }

    public func weight(targets: Int) -> Int { 1 }

    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        TokenBatch(rows: examples.map { ($0.texts, $0.wanted) }, reads: pooling.reads)
    }

    // MARK: Passes

    /// A step that is one batch goes forward once.
    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            try withPooled(rows, goesBack: pass.gradientScale != nil) { pooled, gradient in
                guard !rows.measures else { return LossSums() }
                let vectors = try finished(pooled, rows, pass.batch)
                let losses = losses([vectors], gradientScale: pass.gradientScale)
                if let found = losses.waysBack.first, let gradient { leave(found, pooled, in: gradient) }
                return losses.sums
            }
        }
    }

    public func read(_ pass: ObjectivePass) throws -> TextVectors {
        try pass.run { rows in
            try withPooled(rows, goesBack: false) { pooled, _ in try finished(pooled, rows, pass.batch) }
        }
    }

    public func goBack(_ pass: ObjectivePass, from gradients: [Float]) throws {
        try pass.run { rows in
            try withPooled(rows, goesBack: true) { pooled, gradient in
                if let gradient { leave(gradients, pooled, in: gradient) }
            }
        }
    }

    /// Runs `body` with what stands for each text `[T, C]`, then takes the gradient that it leaves there back to the rows.
    private func withPooled<Result>(
        _ rows: HeadRows, goesBack: Bool, _ body: (Matrix, Matrix?) throws -> Result
    ) throws -> Result {
        try rows.withWorkspace { workspace in
            // Where only memory is counted, there may be as many texts as rows.
            let texts = rows.measures ? rows.rows.count : rows.batch.exampleCount
            let pooled = workspace.matrix(rows: texts, columns: rows.hidden.columns)
            let gradient = goesBack ? workspace.matrix(rows: texts, columns: rows.hidden.columns) : nil
            rows.pool(pooling, into: pooled)
            let result = try body(pooled, gradient)
            if let gradient { rows.poolBackward(pooling, gradient) }
            return result
        }
    }

    private func finished(_ pooled: Matrix, _ rows: HeadRows, _ batch: TokenBatch) throws -> TextVectors {
        let width = pooled.columns, values = Array(pooled.floats)
        let vectors = TextVectors(
            width: width, values: isNormalized ? UnitVectors(values, width: width).values : values,
            textCounts: batch.textCounts, wanted: batch.wanted,
            texts: zip(batch.bounds, batch.bounds.dropFirst()).map { Array(batch.ids[$0..<$1]) })
        // The sum of a row's numbers is finite where all of them are.
        try rows.checkFinite(
            zip(vectors.firstTexts, vectors.textCounts).map { first, count in
                values[first * width..<(first + count) * width].reduce(0) { $0 + Double($1) }
            })
        return vectors
    }

    /// Leaves at what was pooled the gradient that follows from that at the vectors.
    private func leave(_ gradients: [Float], _ pooled: Matrix, in gradient: Matrix) {
        let own =
            isNormalized ? UnitVectors(Array(pooled.floats), width: pooled.columns).backward(gradients) : gradients
        _ = gradient.floats.update(from: own)
    }

    // MARK: Losses

    /// Each batch goes back from the gradients at its vectors, `[T, d]`; where nothing does, a row's vectors are its answer.
    public func losses(_ readings: [TextVectors], gradientScale: Float?) -> StepLosses<[Float]> {
        guard var vectors = readings.first else { return StepLosses(sums: LossSums(), waysBack: []) }
        for reading in readings.dropFirst() { vectors.append(reading) }
        var gradients: [Float]? = gradientScale == nil ? nil : Array(repeating: 0, count: vectors.values.count)
        let units = units(vectors, scale: Double(gradientScale ?? 0), &gradients)
        guard let gradients else {
            return StepLosses(
                sums: LossSums(units: zip(units, vectors.ofRows).map { $0.answering($1.map(Double.init)) }),
                waysBack: [])
        }
        return StepLosses(sums: LossSums(units: units), counts: readings.map(\.values.count)) { Array(gradients[$0]) }
    }

    private func units(_ vectors: TextVectors, scale: Double, _ gradients: inout [Float]?) -> [NamedSums] {
        guard !sizes.isEmpty else { return loss.losses(vectors, scale: scale, gradients: &gradients) }
        var units: [NamedSums] = []
        for size in sizes {
            let short = UnitVectors(vectors.firstNumbers(size), width: size)
            var part: [Float]? = gradients == nil ? nil : Array(repeating: 0, count: short.values.count)
            let found = loss.losses(vectors.with(short.values, width: size), scale: scale, gradients: &part)
            units = units.isEmpty ? found : zip(units, found).map { $0.adding(loss: $1.lossSum) }
            guard let part else { continue }
            for (place, value) in short.backward(part).enumerated() {
                gradients?[place / size * vectors.width + place % size] += value
            }
        }
        return units
    }

    public func stepBytes(rows: Int, texts: Int, width: Int) -> Int {
        // Vectors, their lengths and gradients at each stage, and the table of all cosines with its slopes both ways.
        (texts * width * 10 + rows * texts * 6) * 4
    }
}

extension TextVectors {
    /// The vectors of each row, one after the other.
    fileprivate var ofRows: [ArraySlice<Float>] {
        zip(firstTexts, textCounts).map { values[$0 * width..<($0 + $1) * width] }
    }

    /// The first `size` numbers of each vector.
    fileprivate func firstNumbers(_ size: Int) -> [Float] {
        (0..<textCount).flatMap { values[$0 * width..<$0 * width + size] }
    }
}
