import CKernels
public import Tensors

/// Products of few rows with stored weights, straight from their blocks: generation reads each weight once a step for all
/// sequences.
///
/// Every number of a result depends on its own row of the input and on its own row of the weight, not on what is computed beside
/// it: a sequence gets the same bits alone and in company.
public enum RowProducts {
    /// One product y[n, out] (+)= x[n, in] · w[out, in]ᵀ. Terms of one call run side by side.
    public struct Term {
        let weight: RowLayout
        let input: RowInput
        let output: Matrix
        let accumulate: Bool

        /// - Parameter weight: stored in any type; where it is made of integers and `input` has bytes, these are multiplied.
        public init(_ weight: FrozenTensor, _ input: RowInput, into output: Matrix, accumulate: Bool = false) {
            self.init(RowLayout(weight), input, output, accumulate)
        }

        /// - Parameter weight: `[out, in]`.
        public init(_ weight: Matrix, _ input: RowInput, into output: Matrix, accumulate: Bool = false) {
            self.init(RowLayout(weight), input, output, accumulate)
        }

        private init(_ weight: RowLayout, _ input: RowInput, _ output: Matrix, _ accumulate: Bool) {
            precondition(input.floats.columns == weight.columns && output.columns == weight.rows)
            precondition(input.floats.rows == output.rows && output.type == .f32)
            self.weight = weight
            self.input = input
            self.output = output
            self.accumulate = accumulate
        }
    }

    /// Whether weights of `dtype` are multiplied as integers where the input has bytes.
    public static func hasIntegers(_ dtype: DType) -> Bool {
        Widening.supports(dtype) && lathe_has_integers(dtype.format)
    }

    /// Rows of a tile: what the widest kernel takes at a time.
    private static let tile = 16
    /// The most weight rows of a task.
    private static let mostRows = 1024

    /// Computes `terms`, which do not read each other's outputs.
    public static func multiply(_ terms: [Term]) {
        let total = terms.reduce(0) { $0 + $1.weight.rows }
        let share = total / (8 * Processor.threads)
        let grain = min(max((share + tile - 1) / tile * tile, tile), mostRows)
        let counts = terms.map { ($0.weight.rows + grain - 1) / grain }
        parallel(counts.reduce(0, +)) { index, _ in
            var (term, part) = (0, index)
            while part >= counts[term] {
                part -= counts[term]
                term += 1
            }
            run(terms[term], part * grain..<min(terms[term].weight.rows, (part + 1) * grain))
        }
    }

    private static func run(_ term: Term, _ range: Range<Int>) {
        if term.weight.storedForm == .transposed { return multiplyColumns(term, range) }
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: range.count) { pointers in
            term.weight.fill(pointers, range)
            guard let first = pointers.baseAddress else { return }
            let to = term.output.floatPointer + range.lowerBound, stride = term.output.columns
            if var integers = term.input.integers, lathe_has_integers(term.weight.format) {
                lathe_integer_rows(
                    term.weight.format, first, range.count, &integers, to, stride, term.accumulate)
            } else {
                multiplyFloats(term, first, range.count, to)
            }
        }
    }

    /// Weights whose rows are stored as columns: each stored row adds its share to all results at once.
    private static func multiplyColumns(_ term: Term, _ range: Range<Int>) {
        let x = term.input.floats, weight = term.weight
        let to = term.output.floatPointer + range.lowerBound
        lathe_float_columns(
            weight.format, weight.bytes(column: 0, row: range.lowerBound), weight.columnStride, range.count, x.columns,
            x.floatPointer, x.rows, to, term.output.columns, term.accumulate)
    }

    /// Weights as they are where they are fp32 or bf16, else widened a few rows at a time.
    private static func multiplyFloats(
        _ term: Term, _ pointers: UnsafeMutablePointer<UnsafeRawPointer>, _ count: Int,
        _ to: UnsafeMutablePointer<Float>
    ) {
        let x = term.input.floats, columns = x.columns
        func multiply(_ rows: UnsafePointer<UnsafeRawPointer>, _ type: lathe_type, _ count: Int, at row: Int) {
            lathe_float_rows(
                rows, type, count, columns, x.floatPointer, x.rows, to + row, term.output.columns, term.accumulate)
        }
        switch term.weight.format {
        case LATHE_Q_F32: multiply(pointers, LATHE_F32, count, at: 0)
        case LATHE_Q_BF16: multiply(pointers, LATHE_BF16, count, at: 0)
        default:
            let few = 8, floats = lathe_scratch(1, few * columns * 4)
            withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: few) { widened in
                guard let base = widened.baseAddress else { return }
                for row in stride(from: 0, to: count, by: few) {
                    let now = min(few, count - row)
                    for index in 0..<now {
                        let place = floats + index * columns * 4
                        lathe_dequantise(term.weight.format, pointers[row + index], place, LATHE_F32, columns)
                        (base + index).initialize(to: UnsafeRawPointer(place))
                    }
                    multiply(base, LATHE_F32, now, at: row)
                }
            }
        }
    }
}
