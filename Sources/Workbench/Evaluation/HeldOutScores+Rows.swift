// Scores of sequences as scores of the rows that they come from.

internal import Datasets
internal import Evaluation
internal import Objectives

extension HeldOutScores {
    /// Scores of units, added up over the rows they come from, in the rows' order.
    ///
    /// - Parameter list: where the rows stand, by which their places are known; nil: they are counted alone.
    init(_ scores: HeldOutScores, perRowOf units: ExampleUnits, in list: (any RowList)? = nil) throws {
        let rowOf = try units.examples.rowIndices()
        var rows: [NamedSums] = [], numbers: [Int] = []
        for (unit, score) in scores.rows.enumerated() {
            let row = rowOf[units.sequences(unit).lowerBound]
            if row == numbers.last { rows[rows.count - 1] += score } else { rows.append(score); numbers.append(row) }
        }
        self.init(rows: rows, numbers: try list?.places(of: numbers))
    }
}

extension RowList {
    /// Where the rows with these numbers stand in the list.
    fileprivate func places(of numbers: [Int]) throws -> [Int] {
        // A row that was not understood has a number, and no place.
        let places = Dictionary(uniqueKeysWithValues: try (0..<count).map { (try number($0), $0) })
        return try numbers.map { number in
            guard let place = places[number] else { throw Failure(.internal, "row \(number) has no place") }
            return place
        }
    }
}
