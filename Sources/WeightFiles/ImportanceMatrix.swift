// How much each column of each linear layer weighs, in the terms of llama.cpp's importance matrix. What it is written in stands in
// the files `ImportanceMatrix+….swift`.

/// Sums of squares of what linear layers were given, by the names of their tensors in GGUF files: `blk.0.attn_q.weight`.
public struct ImportanceMatrix: Sendable, Equatable {
    /// One tensor.
    public struct Entry: Sendable, Equatable {
        public let name: String
        /// Σ x², a number a column; of a tensor of several experts one after the other.
        public let sums: [Float]
        /// Over how many rows, a number an expert; one for a plain matrix.
        public let counts: [Float]

        /// An entry from its parts.
        public init(name: String, sums: [Float], counts: [Float]) {
            self.name = name
            self.sums = sums
            self.counts = counts
        }
    }

    /// In the order of their names' bytes, as llama.cpp writes them.
    public let entries: [Entry]
    /// What the rows were read from.
    public let datasets: [String]
    /// How many chunks of how many tokens the sums are over.
    public let chunkCount: Int
    public let chunkSize: Int

    /// A matrix from its parts.
    public init(_ entries: [Entry], datasets: [String], chunkCount: Int, chunkSize: Int) {
        self.entries = entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.datasets = datasets
        self.chunkCount = chunkCount
        self.chunkSize = chunkSize
    }

    /// The mean of x² in each column of the matrix called `name`; nil where nothing is known of it.
    ///
    /// - Parameter part: which matrix of a stack is meant.
    /// - Throws: `WeightError` where the entry is of another shape: the file was made for another model.
    public func meanSquares(
        _ name: String, part: Int? = nil, columns: Int, of file: String
    ) throws(WeightError) -> [Float]? {
        guard let entry = entries.first(where: { $0.name == name }) else { return nil }
        let start = (part ?? 0) * columns, parts = entry.sums.count / max(columns, 1)
        let isFitting = part == nil ? parts == 1 : start + columns <= entry.sums.count
        // The older form has one count for all parts.
        guard isFitting, parts * columns == entry.sums.count, entry.counts.count == 1 || entry.counts.count == parts,
            let count = entry.counts.count == 1 ? entry.counts.first : entry.counts[part ?? 0]
        else {
            throw WeightError(
                file: file, "the importance matrix is of another model", tensor: name, expected: "\(columns) columns",
                found: "\(entry.sums.count)")
        }
        return count > 0 ? entry.sums[start..<start + columns].map { $0 / count } : nil
    }

    /// Throws for sums and counts that no rows give: negative, not finite.
    func validated(_ file: String) throws(WeightError) -> ImportanceMatrix {
        guard !entries.isEmpty else { throw WeightError(file: file, "an importance matrix without entries") }
        for entry in entries {
            guard let bad = (entry.sums + entry.counts).first(where: { !($0 >= 0) || !$0.isFinite }) else { continue }
            throw WeightError(
                file: file, "a sum of squares or a count that is none", tensor: entry.name, found: "\(bad)")
        }
        return self
    }
}
