// What a column of a Parquet file is, for writing, and a value in it.

/// A column that is to be written. Its values may be null.
public struct WrittenColumn: Sendable, Equatable {
    /// What one number or text of a column is.
    public enum Leaf: Sendable, Equatable {
        case truth, whole, number, float, text

        var type: PhysicalType {
            switch self {
            case .truth: .boolean
            case .whole: .int64
            case .number: .double
            case .float: .float
            case .text: .byteArray
            }
        }
    }

    /// How a row's value is made of leaves.
    public enum Shape: Sendable, Equatable {
        case single(Leaf)
        /// A structure of numbers with these names.
        case numbers([String])
        /// A list of floats.
        case floats
    }

    public let name: String
    public let shape: Shape

    public init(_ name: String, _ shape: Shape) {
        self.name = name
        self.shape = shape
    }
}

/// A value as it is written; it fits the shape of its column.
public enum WrittenValue: Sendable, Equatable {
    case null
    case truth(Bool)
    case whole(Int)
    case number(Double)
    case text(String)
    /// As many as a column of `numbers` has names.
    case numbers([Double])
    case floats([Float])
}

/// A leaf of the schema: its values of the rows of a group, as pages hold them.
struct LeafBuffer {
    let path: [String]
    let type: PhysicalType
    /// The levels of a value that is there.
    let maximumDefinition: UInt8
    let isRepeated: Bool
    private(set) var definitions = LevelRuns()
    private(set) var repetitions = LevelRuns()
    private(set) var values: [UInt8] = []
    /// Truth values that do not fill a byte yet.
    private var bits: (byte: UInt8, count: Int) = (0, 0)

    init(_ path: [String], _ type: PhysicalType, maximumDefinition: UInt8 = 1, isRepeated: Bool = false) {
        self.path = path
        self.type = type
        self.maximumDefinition = maximumDefinition
        self.isRepeated = isRepeated
    }

    var byteCount: Int { values.count + definitions.byteCount + repetitions.byteCount }

    /// A place without a value.
    mutating func appendNull(_ definition: UInt8 = 0) {
        definitions.append(definition)
        repetitions.append(0)
    }

    mutating func append(_ value: Bool) {
        level()
        if value { bits.byte |= 1 << UInt8(bits.count) }
        bits.count += 1
        guard bits.count == 8 else { return }
        values.append(bits.byte)
        bits = (0, 0)
    }

    mutating func append(_ value: Int) {
        level()
        withUnsafeBytes(of: Int64(value).littleEndian) { values += $0 }
    }

    mutating func append(_ value: Double) {
        level()
        withUnsafeBytes(of: value.bitPattern.littleEndian) { values += $0 }
    }

    mutating func append(_ value: Float, isFirst: Bool) {
        level(repetition: isFirst ? 0 : 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { values += $0 }
    }

    mutating func append(_ text: String) {
        level()
        withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { values += $0 }
        values += text.utf8
    }

    private mutating func level(repetition: UInt8 = 0) {
        definitions.append(maximumDefinition)
        repetitions.append(repetition)
    }

    /// What a page of all values holds, and begins anew.
    mutating func takePage() -> (bytes: [UInt8], count: Int) {
        if bits.count > 0 { values.append(bits.byte) }
        let page = (isRepeated ? repetitions.bytes : []) + definitions.bytes + values
        let count = definitions.count
        self = LeafBuffer(path, type, maximumDefinition: maximumDefinition, isRepeated: isRepeated)
        return (page, count)
    }
}

/// Levels, one for each value: mostly long runs of the same.
struct LevelRuns {
    private(set) var count = 0
    private var runs: [(level: UInt8, count: Int)] = []

    mutating func append(_ level: UInt8) {
        count += 1
        if let last = runs.last, last.level == level {
            runs[runs.count - 1].count += 1
        } else {
            runs.append((level, 1))
        }
    }

    var byteCount: Int { 4 + 3 * runs.count }

    /// Their length, then the runs; a level takes one byte, as all widths up to eight bits do.
    var bytes: [UInt8] {
        var body: [UInt8] = []
        for run in runs {
            Varint.append(UInt64(run.count) << 1, to: &body)
            body.append(run.level)
        }
        return withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) } + body
    }
}
