// The rows that importance is gathered over: all, or as many tokens as are asked for, taken from all of them alike.

internal import Datasets
internal import Models
internal import Spelling

/// Token rows for weighing a model's columns.
struct CalibrationRows {
    let batches: [TokenBatch]
    /// Rows that are taken, and of how many.
    let rows: (taken: Int, all: Int)
    let tokens: Int
    /// What they were read from, for the file and for people.
    let datasets: [String]

    /// - Parameters:
    ///   - tokenLimit: the most tokens; what is taken is spread evenly, since files are often sorted.
    ///   - batchRows: token rows of one batch, at most; a longer row stands alone.
    init(_ examples: any ExampleSource, from datasets: [String], tokenLimit: Int, batchRows: Int) throws {
        let taken = Self.spread(examples, tokenLimit)
        var batches: [TokenBatch] = []
        var batch: [TokenizedExample] = []
        func flush() {
            guard !batch.isEmpty else { return }
            batches.append(TokenBatch(examples: batch.map { ($0.ids, $0.isTarget) }))
            batch = []
        }
        var rowCount = 0
        for index in taken {
            let count = examples.tokenCount(index)
            if rowCount + count > batchRows {
                flush()
                rowCount = 0
            }
            batch.append(try examples.example(index))
            rowCount += count
        }
        flush()
        self.batches = batches
        self.datasets = datasets
        rows = (taken.count, examples.count)
        tokens = batches.reduce(0) { $0 + $1.rowCount }
    }

    /// Numbers of the rows that are taken: where the tokens so far would fill their share of the limit.
    private static func spread(_ examples: any ExampleSource, _ limit: Int) -> [Int] {
        let all = (0..<examples.count).filter { examples.tokenCount($0) > 0 }
        let total = all.reduce(0) { $0 + examples.tokenCount($1) }
        guard total > limit else { return all }
        let share = Double(limit) / Double(total)
        var owed = 0.0
        let taken = all.filter { index in
            let count = Double(examples.tokenCount(index))
            owed += count * share
            guard owed >= count else { return false }
            owed -= count
            return true
        }
        return taken.isEmpty ? Array(all.prefix(1)) : taken
    }

    /// What people are told of them.
    var text: String {
        let rows =
            rows.taken == rows.all
            ? Count.text(rows.all, "row") : "\(rows.taken) of \(Count.text(rows.all, "row")), spread evenly"
        return "\(Count.text(tokens, "token")) of \(rows)"
    }
}
