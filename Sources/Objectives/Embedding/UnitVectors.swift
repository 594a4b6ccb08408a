// Vectors brought to length 1, and the way back: u = x / max(‖x‖, ε), dx = (du − u·(u·du)) / ‖x‖.

/// Vectors `[n, d]` with a length of 1; one of zeros stays.
struct UnitVectors {
    let width: Int
    /// `[n, d]`.
    private(set) var values: [Float]
    private let lengths: [Double]

    /// What a length is taken for, at least.
    static let least = 1e-12

    init(_ vectors: [Float], width: Int) {
        self.width = width
        var values = vectors, lengths: [Double] = []
        for start in stride(from: 0, to: vectors.count, by: max(width, 1)) {
            var square = 0.0
            for place in start..<start + width { square += Double(vectors[place]) * Double(vectors[place]) }
            let length = max(square.squareRoot(), Self.least)
            lengths.append(length)
            for place in start..<start + width { values[place] = Float(Double(vectors[place]) / length) }
        }
        self.values = values
        self.lengths = lengths
    }

    /// The same as a matrix.
    var table: FloatTable { FloatTable(rows: lengths.count, columns: width, values) }

    /// The gradient at the vectors from that at those of length 1.
    func backward(_ gradient: [Float]) -> [Float] {
        precondition(gradient.count == values.count)
        var result = gradient
        for (number, length) in lengths.enumerated() {
            let range = number * width..<(number + 1) * width
            var along = 0.0
            for place in range { along += Double(values[place]) * Double(gradient[place]) }
            // Of a vector of zeros the length is fixed.
            if length <= Self.least { along = 0 }
            for place in range {
                result[place] = Float((Double(gradient[place]) - Double(values[place]) * along) / length)
            }
        }
        return result
    }
}
