// Losses of pairs that are held against the other pairs of their step.

public import Datasets
public import Models

/// Learns from pairs by a loss that sees all of a step.
public struct PairsOfSteps: StepObjective, ReferencedObjective {
    public private(set) var pairs: PairPreference
    public let heldOutRows: Int

    /// - Parameter heldOutRows: pairs of which held-out losses are.
    public init(_ pairs: PairPreference, heldOutRows: Int = 64) {
        self.pairs = pairs
        self.heldOutRows = heldOutRows
    }

    public var reference: ReferencePolicy? { pairs.reference }
    public var weighting: AnswerWeighting { pairs.weighting }

    public func held(against reference: ReferencePolicy) -> PairsOfSteps {
        PairsOfSteps(pairs.held(against: reference), heldOutRows: heldOutRows)
    }

    public func looking(up kept: KeptScores) -> PairsOfSteps {
        PairsOfSteps(pairs.looking(up: kept), heldOutRows: heldOutRows)
    }

    public var unit: ExampleUnit { pairs.unit }
    public var looksAtAnswersOnly: Bool { pairs.looksAtAnswersOnly }
    public var measures: [Measure] { pairs.measures }
    public func weight(targets: Int) -> Int { pairs.weight(targets: targets) }

    public func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        pairs.batch(examples, sequences: sequences)
    }

    public func joined(_ batches: [TokenBatch]) -> [TokenBatch] { pairs.joined(batches) }

    /// A step that is one batch goes forward once.
    public func sums(_ pass: ObjectivePass) throws -> LossSums { try pairs.sums(pass) }

    /// What a batch of pairs says of them.
    public struct Reading {
        let pairs: PairReading
    }

    /// What the sequences of a batch are taken back by.
    public struct WayBack {
        let counted: CountedPairs
    }

    public func read(_ pass: ObjectivePass) throws -> Reading { Reading(pairs: try pairs.read(pass)) }

    public func losses(_ readings: [Reading], gradientScale: Float?) -> StepLosses<WayBack> {
        var whole = PairReading(pairs: [], likelihoods: [])
        for reading in readings {
            whole.pairs += reading.pairs.pairs
            whole.likelihoods += reading.pairs.likelihoods
            whole.distances += reading.pairs.distances
        }
        let counted = pairs.counted(whole)
        return StepLosses(sums: LossSums(units: counted.units), counts: readings.map(\.pairs.pairs.count)) {
            WayBack(counted: counted.part($0))
        }
    }

    public func goBack(_ pass: ObjectivePass, from wayBack: WayBack) throws {
        let answers = BatchAnswers(pass.batch, pairs.weighting)
        try pass.run { rows in try pairs.goBack(rows, answers, wayBack.counted, pass.gradientScale) }
    }

    /// A few numbers for each pair.
    public func stepBytes(rows: Int, texts: Int, width: Int) -> Int { rows * 512 }
}

extension PairPreference {
    /// The same objective, taking steps as wholes where its loss is of them.
    var ofSteps: any Objective { loss.seesWholeStep ? PairsOfSteps(self) : self }
}
