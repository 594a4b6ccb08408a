/// Numbers as codes of 8 bits with a scale for each block of 256, as bitsandbytes keeps moments: a code's place in a table whose steps
/// grow with the numbers (Dettmers et al. 2022).
public struct DynamicCodes: Sendable {
    /// Numbers that share a scale.
    public static let blockSize = 256

    /// From −1 to 1.
    public static let signed = DynamicCodes(isSigned: true)
    /// From 0 to 1.
    public static let unsigned = DynamicCodes(isSigned: false)

    /// The number of each code, in rising order.
    public let table: [Float]
    /// Half-way from each number to the next.
    private let bounds: [Float]

    private init(isSigned: Bool) {
        let exponents = 7
        var numbers: [Float] = [0, 1]
        for exponent in 0..<exponents {
            let intervals = isSigned ? 1 << exponent : 1 << (exponent + 1)
            let power = Float(Self.powerOfTen(exponents - 1 - exponent))
            let ends = Self.spread(intervals + 1)
            for (low, high) in zip(ends, ends.dropFirst()) {
                let number = power * ((low + high) / 2)
                numbers += isSigned ? [number, -number] : [number]
            }
        }
        table = numbers.sorted()
        bounds = zip(table, table.dropFirst()).map { ($0 + $1) / 2 }
        precondition(table.count == 256)
    }

    /// 10 to the minus `exponent`.
    private static func powerOfTen(_ exponent: Int) -> Double {
        1 / (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// `count` numbers from 0.1 to 1, as `torch.linspace` lays them.
    private static func spread(_ count: Int) -> [Float] {
        let first: Float = 0.1, last: Float = 1, step = (last - first) / Float(count - 1)
        return (0..<count).map {
            $0 < count / 2 ? first + step * Float($0) : last - step * Float(count - 1 - $0)
        }
    }

    /// The code whose number is nearest to `number`.
    func code(_ number: Float) -> UInt8 {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < number { low = middle + 1 } else { high = middle }
        }
        return UInt8(low)
    }

    /// Keeps `numbers`, one block, as codes; their scale.
    func encode(_ numbers: UnsafeMutableBufferPointer<Float>, into codes: UnsafeMutableRawBufferPointer) -> Float {
        let largest = numbers.reduce(0) { max($0, abs($1)) }
        for (index, number) in numbers.enumerated() { codes[index] = code(largest > 0 ? number / largest : 0) }
        return largest
    }
}
