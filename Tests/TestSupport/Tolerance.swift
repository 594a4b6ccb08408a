// Comparisons that NaN fails: every test of the form `difference < bound` is true only for a finite, small difference.

/// The largest absolute difference of two equally long sequences; infinite if any element of either is not finite or the
/// lengths differ.
public func maximumDifference<T: BinaryFloatingPoint>(_ left: some Collection<T>, _ right: some Collection<T>) -> Double
{
    guard left.count == right.count else { return .infinity }
    var largest = 0.0
    for (a, b) in zip(left, right) {
        let difference = abs(Double(a) - Double(b))
        guard difference.isFinite else { return .infinity }
        largest = max(largest, difference)
    }
    return largest
}

/// ‖left − right‖ / ‖right‖, infinite where the lengths differ or anything is not finite.
public func relativeError<T: BinaryFloatingPoint>(_ left: some Collection<T>, _ right: some Collection<T>) -> Double {
    guard left.count == right.count else { return .infinity }
    var error = 0.0
    var norm = 0.0
    for (a, b) in zip(left, right) {
        error += (Double(a) - Double(b)) * (Double(a) - Double(b))
        norm += Double(b) * Double(b)
    }
    guard error.isFinite, norm.isFinite else { return .infinity }
    return norm > 0 ? (error / norm).squareRoot() : error.squareRoot()
}
