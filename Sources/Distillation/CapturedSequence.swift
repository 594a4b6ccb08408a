// What is captured of one sequence, as numbers by column.

/// The numbers of one column.
enum ColumnValues: Sendable, Equatable {
    case whole([Int32])
    case real([Float])

    var count: Int {
        switch self {
        case .whole(let numbers): numbers.count
        case .real(let numbers): numbers.count
        }
    }
}

/// The distributions of one sequence's targets.
package struct CapturedSequence: Sendable, Equatable {
    /// Of the sequence, as the student has it.
    let digest: UInt64
    let targets: Int
    /// Tokens that are kept of all its distributions together.
    let entries: Int
    /// A list for each column of the method, in its order.
    let values: [ColumnValues]

    init(digest: UInt64, targets: Int, entries: Int, values: [ColumnValues]) {
        (self.digest, self.targets, self.entries, self.values) = (digest, targets, entries, values)
    }

    init(digest: UInt64, _ rows: [SampledDistribution]) {
        self.init(
            digest: digest, targets: rows.count, entries: rows.reduce(0) { $0 + $1.ids.count },
            values: [
                .real(rows.map(\.logSumExp)), .whole(rows.map(\.first)), .real(rows.map(\.firstLogProbability)),
                .whole(rows.map { Int32($0.ids.count) }), .whole(rows.flatMap(\.ids)), .whole(rows.flatMap(\.counts)),
            ])
    }

    init(digest: UInt64, _ rows: [LikeliestTokens]) {
        let ids = rows.flatMap(\.ids), logProbabilities = rows.flatMap(\.logProbabilities)
        let isWhole = ids.isEmpty
        self.init(
            digest: digest, targets: rows.count, entries: logProbabilities.count,
            values: [.real(rows.map(\.logSumExp))] + (isWhole ? [] : [.real(rows.map(\.rest)), .whole(ids)])
                + [.real(logProbabilities)])
    }
}
