// Training rows on which trials are compared and which none of them is trained on.

internal import Datasets
internal import Digests
internal import Recipes
internal import Selection
internal import Spelling
internal import Tensors

extension PreparedSplit {
    /// The training rows parted in two: what trials are trained on, and, in the place of the held-out rows, what they are compared on. Rows
    /// that ask the same stand on one side, where most of them do not.
    ///
    /// - Parameters:
    ///   - size: below 1 a share of the rows, else their number.
    ///   - key: the recipe's that says so.
    ///   - warn: hears where rows that ask the same may stand on both sides.
    /// - Throws: `Failure` where there are too few rows.
    func validating(
        on size: Double, seed: Int, key: String = "search.val_size", warn: (String) -> Void
    ) throws -> PreparedSplit {
        let rows = try train.examples.groupedByRow()
        let wanted = size < 1 ? max(1, Int((size * Double(rows.count)).rounded())) : Int(size)
        guard wanted < rows.count else {
            throw Failure(
                .badInput, "\(key): \(wanted) of \(rows.count) training rows, which leaves none to train on",
                hint: "lower \(key), or give more rows")
        }
        let (chosen, isWhole) = try Self.chosen(rows, of: train.examples, wanted: wanted, seed: seed)
        if !isWhole {
            warn(
                "\(key): too many training rows ask the same for \(Count.text(wanted, "row")) to be held back in whole groups, so "
                    + "single rows are, and others that ask the same are trained on")
        }
        func part(_ isValidation: Bool) -> PreparedDataset {
            let numbers = rows.indices.filter { chosen.contains($0) == isValidation }.flatMap { rows[$0] }
            return PreparedDataset(
                rows: [DataRow](), examples: ExampleSubset(train.examples, numbers), report: train.report,
                digest: SHA256.hex(of: "\(train.digest) \(numbers.map { String($0) }.joined(separator: " "))"))
        }
        return PreparedSplit(train: part(false), heldOut: part(true), report: report, labels: labels)
    }

    /// Numbers of the rows that are held back: whole groups of rows in the order of their draws, as many as fit; or single rows where those
    /// are too few.
    private static func chosen(
        _ rows: [Range<Int>], of examples: any ExampleSource, wanted: Int, seed: Int
    ) throws -> (rows: Set<Int>, isWhole: Bool) {
        let random = RandomStream(seed: UInt64(bitPattern: Int64(seed)), purpose: .split)
        var groups: [UInt64: [Int]] = [:]
        for (number, sequences) in rows.enumerated() {
            groups[try key(of: examples.example(sequences.lowerBound)), default: []].append(number)
        }
        let drawn = groups.map { key, rows -> (draw: UInt64, rows: [Int]) in
            let words = random.words(stream: 0x5EE9, index: key)
            return (UInt64(words.0) << 32 | UInt64(words.1), rows)
        }.sorted { ($0.draw, $0.rows[0]) < ($1.draw, $1.rows[0]) }
        var chosen = Set<Int>()
        for group in drawn where chosen.count + group.rows.count <= wanted { chosen.formUnion(group.rows) }
        // Where most rows ask the same, what they ask tells none apart.
        let isWhole = chosen.count * 2 >= wanted
        if !isWhole { chosen = Set(random.permutation(of: rows.count, stream: 0x5EEA).prefix(wanted)) }
        return (chosen, isWhole)
    }

    /// A number for what the row asks: the tokens before the first that carries loss; where that is the row's first, all of them.
    private static func key(of example: TokenizedExample) -> UInt64 {
        let first = example.isTarget.firstIndex(of: true) ?? 0
        let asked = first > 1 ? example.ids[..<first] : example.ids[...]
        // FNV-1a, token by token.
        return asked.reduce(0xcbf2_9ce4_8422_2325) { hash, id in
            (hash ^ UInt64(UInt32(bitPattern: id))) &* 0x100_0000_01b3
        }
    }
}
