// Sequences and rows, wherever they lie: in memory or in a file that is never loaded whole.

public import JSON

/// Sequences by number, in the rows' order.
///
/// Counts are at hand; the tokens of a sequence are had when it is asked for.
public protocol ExampleSource: Sendable {
    var count: Int { get }
    /// Tokens of sequence `index`.
    func tokenCount(_ index: Int) -> Int
    /// Those of them that carry loss.
    func targetCount(_ index: Int) -> Int
    /// Where its row stands, for messages.
    func place(_ index: Int) -> RowPlace
    /// Sequence `index`.
    func example(_ index: Int) throws -> TokenizedExample
    /// For each sequence the number of its row.
    func rowIndices() throws -> [Int]
}

extension ExampleSource {
    /// The first sequences, `limit` at most.
    public func first(_ limit: Int) throws -> [TokenizedExample] { try (0..<min(limit, count)).map(example) }
}

extension [TokenizedExample] {
    /// The sequences with the numbers that their classes have among all, where they have those in which they were met.
    func numbered(_ classesAsMet: [String]) -> [TokenizedExample] {
        guard !classesAsMet.isEmpty else { return self }
        let places = ClassOrder.places(classesAsMet)
        return map { example in
            var example = example
            example.wanted = example.wanted.map { places[Int($0)] }
            return example
        }
    }
}

extension [TokenizedExample]: ExampleSource {
    public func tokenCount(_ index: Int) -> Int { self[index].ids.count }
    public func targetCount(_ index: Int) -> Int { self[index].targetCount }
    public func place(_ index: Int) -> RowPlace { self[index].place }
    public func example(_ index: Int) -> TokenizedExample { self[index] }
    public func rowIndices() -> [Int] { map(\.index) }
}

/// Rows by number, for what evaluation asks beside tokens: prompts, answers, labels.
public protocol RowList: Sendable {
    var count: Int { get }
    /// Row `index`.
    func row(_ index: Int) throws -> DataRow
    /// The fields of row `index` as its file has them.
    func fields(_ index: Int) throws -> JSONObject
    /// The number of row `index` among all rows that were read, by which sequences name it.
    func number(_ index: Int) throws -> Int
}

extension RowList {
    /// The labels that stand in the rows, sorted by their bytes.
    public func labels() throws -> [String] {
        var labels = Set<String>()
        for index in 0..<count {
            if let label = try row(index).label { labels.insert(label) }
        }
        return labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

extension [DataRow]: RowList {
    public func row(_ index: Int) -> DataRow { self[index] }
    /// None: rows that were made, not read, have no file.
    public func fields(_ index: Int) -> JSONObject { JSONObject() }
    public func number(_ index: Int) -> Int { self[index].index }
}
