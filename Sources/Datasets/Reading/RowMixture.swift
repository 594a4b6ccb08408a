// Several parts mixed by weights, drawn from a seed.

public import Vocabulary

/// The rows of several parts, each row from a part drawn by weight.
public final class RowMixture: RowSource {
    private let readers: [RowReader]
    private let weights: [Double]
    private let exhausted: ExhaustedRule
    private let settings: InputSettings
    private let draws: CounterStream
    /// Parts that may be drawn.
    private var isOpen: [Bool]
    /// Parts read whole at least once.
    private var isComplete: [Bool]
    private var drawCount = 0
    private var rowCount = 0
    private var rejected = InputReport()
    private var problems = ProblemList()

    public init(
        _ parts: [InputPart], exhausted: ExhaustedRule, seed: Int, settings: InputSettings
    ) throws(DatasetError) {
        var readers: [RowReader] = []
        for part in parts {
            guard part.weight > 0, part.weight.isFinite else {
                throw DatasetError(
                    .unsupported, RowPlace(file: part.paths.first ?? "data.mix", line: 0),
                    "a weight must be a number above 0")
            }
            var settings = settings
            // The limit is that of the mixture: each part may use it up, and the sum is looked at here.
            if settings.badRows == .countAll { settings.maximumBadRows = Int.max }
            readers.append(try RowReader([part], settings: settings))
        }
        self.readers = readers
        self.exhausted = exhausted
        self.settings = settings
        weights = parts.map(\.weight)
        draws = CounterStream(seed: seed, stream: 0x6D69_78)
        isOpen = Array(repeating: true, count: parts.count)
        isComplete = Array(repeating: false, count: parts.count)
    }

    public func next() throws(DatasetError) -> SourceRow? {
        while let part = draw() {
            if var row = try readers[part].next() {
                try checkLimit()
                row.index = rowCount
                rowCount += 1
                return row
            }
            isComplete[part] = true
            switch exhausted {
            case .drop: isOpen[part] = false
            case .stop: isOpen = Array(repeating: false, count: isOpen.count)
            case .repeat:
                if isComplete.allSatisfy({ $0 }) {
                    isOpen = Array(repeating: false, count: isOpen.count)
                } else if readers[part].report.rows == 0 {
                    isOpen[part] = false
                } else {
                    readers[part].rewind()
                }
            }
        }
        try checkLimit(isAtEnd: true)
        return nil
    }

    public func reject(_ error: DatasetError) throws(DatasetError) {
        rejected.count(error)
        problems.add(error)
        try checkLimit()
    }

    public var report: InputReport {
        var total = InputReport()
        for report in readers.map(\.report) + [rejected] {
            total.files += report.files
            total.add(report)
        }
        return total
    }

    /// The part of the next row; `nil` where none is open.
    private func draw() -> Int? {
        let open = weights.indices.filter { isOpen[$0] }
        guard let last = open.last else { return nil }
        let total = open.reduce(0) { $0 + weights[$1] }
        // 53 bits: as many as a double holds.
        var point = Double(draws[drawCount] >> 11) / Double(1 << 53) * total
        drawCount += 1
        for part in open {
            point -= weights[part]
            if point < 0 { return part }
        }
        return last
    }

    private func checkLimit(isAtEnd: Bool = false) throws(DatasetError) {
        guard settings.badRows == .stopAtOnce || isAtEnd else { return }
        let count = readers.reduce(rejected.badRows) { $0 + $1.report.badRows }
        guard count > settings.maximumBadRows else { return }
        throw DatasetError(report.samples, count: count)
    }
}
