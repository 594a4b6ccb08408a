import CKernels
public import Tensors

/// Which experts rows go to, and what each counts.
///
/// Legend: N rows, E experts, K experts of a row.
public enum ExpertRouting {
    /// Turns logits into probabilities, in place, and gives each row its K most likely experts, the most likely first, of equals
    /// the lower.
    ///
    /// - Parameters:
    ///   - logits: `[N, E]`, fp32.
    ///   - normalises: whether a row's shares are divided by their sum.
    ///   - shares: `[N, K]`, fp32: what each chosen expert counts.
    /// - Returns: the experts, `[N, K]` row by row.
    public static func choose(_ logits: Matrix, normalises: Bool, into shares: Matrix) -> [Int32] {
        let (count, used) = (logits.rows, shares.columns)
        precondition(shares.rows == count && used <= logits.columns)
        return [Int32](unsafeUninitializedCapacity: count * used) { chosen, initialised in
            defer { initialised = count * used }
            guard let to = chosen.baseAddress else { return }
            parallelRanges(count, grain: logits.rowGrain) { rows in
                for row in rows {
                    lathe_route(
                        logits.floatPointer + row * logits.columns, logits.columns, used, normalises, to + row * used,
                        shares.floatPointer + row * used)
                }
            }
        }
    }

    /// Turns probabilities into the gradient of the logits, in place.
    ///
    /// - Parameters:
    ///   - probabilities: `[n, E]`, some rows of what `choose` left.
    ///   - chosen: what it gave for these rows, `[n, K]`.
    ///   - shares: of these rows, with `gradients` of each, both `[n, K]`, fp32.
    ///   - slopes: what the gradients of a row's probabilities are beside that, `[E]`; nil for nothing.
    public static func backward(
        _ probabilities: Matrix, chosen: ArraySlice<Int32>, normalises: Bool, shares: Matrix, gradients: Matrix,
        slopes: [Float]? = nil
    ) {
        let (experts, used) = (probabilities.columns, shares.columns)
        precondition(shares.rows == probabilities.rows && gradients.count == shares.count)
        precondition(chosen.count == shares.count && (slopes.map { $0.count == experts } ?? true))
        chosen.withUnsafeBufferPointer { chosen in
            guard let chosen = chosen.baseAddress else { return }
            for row in 0..<probabilities.rows {
                func run(_ slopes: UnsafePointer<Float>?) {
                    lathe_route_backward(
                        probabilities.floatPointer + row * experts, experts, used, normalises, chosen + row * used,
                        shares.floatPointer + row * used, gradients.floatPointer + row * used, slopes)
                }
                if let slopes { slopes.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
            }
        }
    }
}

/// The rows that each expert is given, one expert after the other, a row's number ascending: no gaps, and none left out.
public struct ExpertRows {
    /// The rows of all experts, `[N·K]`.
    public let rows: [Int32]
    /// Of each of them, where its share stands: row · K + which of the row's experts it is.
    private let places: [Int]
    /// Where each expert's rows begin, then N·K.
    private let bounds: [Int]

    /// - Parameters:
    ///   - chosen: `[N, K]`, as `ExpertRouting.choose` gives them.
    ///   - used: K.
    public init(_ chosen: [Int32], used: Int, experts: Int) {
        var counts = [Int](repeating: 0, count: experts + 1)
        for expert in chosen { counts[Int(expert) + 1] += 1 }
        for expert in 0..<experts { counts[expert + 1] += counts[expert] }
        bounds = counts
        var next = counts
        var rows = [Int32](repeating: 0, count: chosen.count), places = [Int](repeating: 0, count: chosen.count)
        for (place, expert) in chosen.enumerated() {
            rows[next[Int(expert)]] = Int32(place / used)
            places[next[Int(expert)]] = place
            next[Int(expert)] += 1
        }
        self.rows = rows
        self.places = places
    }

    /// The part of `rows` that is of expert `expert`.
    public func range(of expert: Int) -> Range<Int> { bounds[expert]..<bounds[expert + 1] }

    // MARK: Rows of a part

    /// Rows of `from` `[N, C]` into `to` `[part.count, C]`.
    public func gather(_ part: Range<Int>, of from: Matrix, into to: Matrix) {
        rows.withUnsafeBufferPointer {
            Elements.gatherRows(from, UnsafeBufferPointer(rebasing: $0[part]), into: to)
        }
    }

    /// Adds rows of `from` `[part.count, C]` to those of `to` `[N, C]`. A part's rows are of one expert, so each is met once.
    public func scatterAdd(_ part: Range<Int>, _ from: Matrix, into to: Matrix) {
        rows.withUnsafeBufferPointer {
            Elements.scatterAddRows(from, UnsafeBufferPointer(rebasing: $0[part]), into: to)
        }
    }

    /// Multiplies each row of `matrix` `[part.count, C]` by what it counts.
    /// - Parameter shares: `[N, K]`.
    public func weigh(_ part: Range<Int>, _ matrix: Matrix, by shares: Matrix) {
        let shares = shares.floats
        Elements.scaleRows(matrix, by: places[part].map { shares[$0] })
    }

    /// The gradient of what rows count, into `gradients` `[N, K]`: Σ x · y of each row.
    /// - Parameters:
    ///   - x: `[part.count, F]`, fp32.
    ///   - y: the same size.
    public func dots(_ part: Range<Int>, _ x: Matrix, _ y: Matrix, into gradients: Matrix) {
        precondition(x.rows == part.count && y.rows == x.rows && y.columns == x.columns)
        let to = gradients.floats
        for (row, place) in places[part].enumerated() {
            to[place] = lathe_dot_with(x.floatPointer + row * x.columns, y.row(row), y.type.c, x.columns)
        }
    }
}
