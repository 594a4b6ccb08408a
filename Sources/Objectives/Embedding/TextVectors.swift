// The vectors of the texts of several rows, whatever batches they were read in.

/// Vectors `[T, d]` of texts, row after row.
public struct TextVectors: Sendable {
    /// d.
    public let width: Int
    /// Row-major.
    public private(set) var values: [Float]
    /// How many texts each row has.
    public private(set) var textCounts: [Int]
    /// What is wanted of each row; nothing where its texts belong together.
    public private(set) var wanted: [[Float]]
    /// The tokens of each text, by which equal ones are known.
    public private(set) var texts: [[Int32]]

    /// - Precondition: a vector for each text.
    public init(width: Int, values: [Float], textCounts: [Int], wanted: [[Float]], texts: [[Int32]]) {
        precondition(values.count == width * texts.count && textCounts.reduce(0, +) == texts.count)
        precondition(wanted.count == textCounts.count)
        self.width = width
        self.values = values
        self.textCounts = textCounts
        self.wanted = wanted
        self.texts = texts
    }

    /// Adds the rows of `other` behind these.
    /// - Precondition: of the same width.
    public mutating func append(_ other: TextVectors) {
        precondition(width == other.width, "vectors of two widths")
        values += other.values
        textCounts += other.textCounts
        wanted += other.wanted
        texts += other.texts
    }

    public var rowCount: Int { textCounts.count }
    public var textCount: Int { texts.count }

    /// The number of the first text of each row.
    public var firstTexts: [Int] {
        var firsts: [Int] = [], next = 0
        for count in textCounts {
            firsts.append(next)
            next += count
        }
        return firsts
    }

    /// Of each row how near its texts are to be; nil where rows have no such number.
    public var scores: [Double]? {
        wanted.contains { !$0.isEmpty } ? wanted.map { $0.first.map(Double.init) ?? .nan } : nil
    }

    /// For each text the number of the first text that is the same.
    public var identities: [Int] {
        var known: [[Int32]: Int] = [:]
        return texts.enumerated().map { number, text in
            if let first = known[text] { return first }
            known[text] = number
            return number
        }
    }

    /// The cosine of the first two texts of each row.
    public var cosines: [Double] { PairCosines(self).values }

    /// The vectors of the texts `numbers`, one after the other.
    func gathered(_ numbers: [Int]) -> [Float] {
        numbers.flatMap { values[$0 * width..<($0 + 1) * width] }
    }

    /// The same rows with other vectors.
    func with(_ values: [Float], width: Int) -> TextVectors {
        TextVectors(width: width, values: values, textCounts: textCounts, wanted: wanted, texts: texts)
    }
}
