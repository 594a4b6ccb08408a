// Numbers between bounds, and multiples of a number, digit by digit: exact, whatever a binary fraction would make of them.

/// What a number must be.
struct DecimalRule {
    struct Bound {
        var digits: DecimalDigits
        /// Whether the bound itself is out.
        var isStrict: Bool
    }

    var isWhole = false
    var lower: Bound?
    var upper: Bound?
    var multipleOf: DecimalDigits?

    /// Digits of a number that no bound limits: whole numbers fit 64 bits, and fractions are told apart by double precision.
    static let wholeDigits = 18, fractionalDigits = 15
    /// Multiples of larger numbers need too many states.
    static let maximumDivisor = 1000

    /// The numbers, as JSON writes them, without exponents.
    ///
    /// - Throws: where `multipleOf` has more digits than can be followed.
    func automaton() throws(GrammarError) -> ByteAutomaton {
        let walk = try DecimalWalk(self)
        let told = Set((48...57).map { ByteSet($0) } + [ByteSet(UInt8(ascii: "-")), ByteSet(UInt8(ascii: "."))])
        return try ByteAutomaton(
            from: DecimalWalk.State(), classes: ByteClasses(separating: told), accepts: walk.accepts, step: walk.step)
    }
}

/// How far a number is written, against the rule.
private struct DecimalWalk {
    enum Phase: Hashable { case start, sign, zero, whole, point, fraction }

    struct State: Hashable {
        var phase = Phase.start
        var isNegative = false
        /// Digits of the whole part, and of the fraction.
        var digits = 0, places = 0
        /// Where the digits so far are below, at or above those of the bounds of the magnitude: −1, 0, 1.
        var low = 0, high = 0
        var remainder = 0
    }

    /// Bounds of a magnitude; `isPossible` false: there are no such numbers.
    private struct Magnitudes {
        var isPossible = true
        var low: DecimalRule.Bound?
        var high: DecimalRule.Bound?
    }

    private let rule: DecimalRule
    private let positive: Magnitudes, negative: Magnitudes
    /// The divisor as a whole number, and how many digits after the point it has.
    private let divisor: Int?, scale: Int
    private let mostDigits: Int

    init(_ rule: DecimalRule) throws(GrammarError) {
        self.rule = rule
        var positive = Magnitudes(), negative = Magnitudes()
        if let lower = rule.lower {
            if lower.digits.isNegative {
                negative.high = .init(digits: lower.digits.negated, isStrict: lower.isStrict)
            } else {
                positive.low = lower
                negative.isPossible = false
            }
        }
        if let upper = rule.upper {
            if upper.digits.isNegative {
                negative.low = .init(digits: upper.digits.negated, isStrict: upper.isStrict)
                positive.isPossible = false
            } else {
                positive.high = upper
            }
        }
        (self.positive, self.negative) = (positive, negative)
        let digits = (rule.multipleOf?.whole ?? []) + (rule.multipleOf?.fraction ?? [])
        let value = digits.reduce(0) { min($0 * 10 + Int($1), 1 << 30) }
        guard value <= DecimalRule.maximumDivisor else {
            throw GrammarError(
                "\"multipleOf\": multiples can be held of numbers with digits up to \(DecimalRule.maximumDivisor), such as 0.25 or 500"
            )
        }
        divisor = rule.multipleOf == nil ? nil : value
        scale = rule.multipleOf?.fraction.count ?? 0
        mostDigits = max(
            rule.isWhole ? DecimalRule.wholeDigits : DecimalRule.fractionalDigits,
            (positive.low?.digits.whole.count ?? 0) + 1, (negative.low?.digits.whole.count ?? 0) + 1)
    }

    private func bounds(_ state: State) -> Magnitudes { state.isNegative ? negative : positive }

    func step(_ from: State, _ byte: UInt8) -> State? {
        var state = from
        switch (byte, from.phase) {
        case (UInt8(ascii: "-"), .start):
            state.phase = .sign
            state.isNegative = true
            return state
        case (UInt8(ascii: "."), .zero), (UInt8(ascii: "."), .whole):
            guard !rule.isWhole else { return nil }
            let bounds = bounds(from)
            state.low = Self.comparison(from.low, from.digits, bounds.low)
            state.high = Self.comparison(from.high, from.digits, bounds.high)
            guard bounds.low == nil || state.low >= 0, bounds.high == nil || state.high <= 0 else { return nil }
            state.phase = .point
            return state
        case (48...57, .start), (48...57, .sign), (48...57, .whole): return wholeDigit(state, byte - 48)
        case (48...57, .point), (48...57, .fraction): return fractionDigit(state, byte - 48)
        default: return nil
        }
    }

    private func wholeDigit(_ from: State, _ digit: UInt8) -> State? {
        var state = from
        if digit == 0, from.phase != .whole {
            state.phase = .zero
            return state
        }
        guard from.digits < mostDigits else { return nil }
        let bounds = bounds(from)
        state.phase = .whole
        state.low = Self.extended(from.low, from.digits, digit, bounds.low?.digits.whole)
        state.high = Self.extended(from.high, from.digits, digit, bounds.high?.digits.whole)
        state.digits += 1
        // A number with more digits than the bound is above it, whatever follows.
        if let high = bounds.high, state.digits > high.digits.whole.count { return nil }
        if let divisor { state.remainder = (from.remainder * 10 + Int(digit)) % divisor }
        return state
    }

    private func fractionDigit(_ from: State, _ digit: UInt8) -> State? {
        let bounds = bounds(from)
        let limit =
            divisor == nil
            ? max(
                bounds.low?.digits.fraction.count ?? 0, bounds.high?.digits.fraction.count ?? 0,
                DecimalRule.fractionalDigits - from.digits) : scale
        guard from.places < limit else { return nil }
        var state = from
        state.phase = .fraction
        if let low = bounds.low {
            state.low = Self.extended(from.low, from.places, digit, low.digits.fraction + [0])
            if state.low < 0 { return nil }
        }
        if let high = bounds.high {
            state.high = Self.extended(from.high, from.places, digit, high.digits.fraction + [0])
            if state.high > 0 { return nil }
        }
        state.places += 1
        if let divisor { state.remainder = (from.remainder * 10 + Int(digit)) % divisor }
        return state
    }

    /// The comparison with one digit more; `others` has zeros behind its last where that is one.
    private static func extended(_ comparison: Int, _ place: Int, _ digit: UInt8, _ others: [UInt8]?) -> Int {
        guard comparison == 0, let others else { return comparison }
        let other = place < others.count ? others[place] : 0
        return digit == other ? 0 : digit < other ? -1 : 1
    }

    /// The comparison of whole parts: by their lengths first.
    private static func comparison(_ comparison: Int, _ digits: Int, _ bound: DecimalRule.Bound?) -> Int {
        guard let bound else { return 0 }
        let others = bound.digits.whole.count
        return digits == others ? comparison : digits < others ? -1 : 1
    }

    func accepts(_ state: State) -> Bool {
        let bounds = bounds(state)
        guard bounds.isPossible, state.phase == .zero || state.phase == .whole || state.phase == .fraction else {
            return false
        }
        // Minus nothing is left out: it is 0, which is written otherwise.
        if state.isNegative, state.phase == .zero { return false }
        if let divisor {
            let rest = (state.places..<max(scale, state.places)).reduce(state.remainder) { rest, _ in
                rest * 10 % divisor
            }
            guard rest == 0 else { return false }
        }
        return isWithin(state, bounds)
    }

    private func isWithin(_ state: State, _ bounds: Magnitudes) -> Bool {
        let hasFraction = state.phase == .fraction
        if let low = bounds.low {
            var comparison = hasFraction ? state.low : Self.comparison(state.low, state.digits, low)
            if comparison == 0, state.places < low.digits.fraction.count { comparison = -1 }
            if comparison < 0 || comparison == 0 && low.isStrict { return false }
        }
        if let high = bounds.high {
            var comparison = hasFraction ? state.high : Self.comparison(state.high, state.digits, high)
            if comparison == 0, state.places < high.digits.fraction.count { comparison = -1 }
            if comparison > 0 || comparison == 0 && high.isStrict { return false }
        }
        return true
    }
}
