// Ranges of numbers that keys of several sections take.

extension Double {
    /// Above 0, and no infinity.
    var isPositive: Bool { self > 0 && isFinite }
    /// From 0 on, and no infinity.
    var isFromZero: Bool { self >= 0 && isFinite }
    /// From 0 and below 1.
    var isBelowOne: Bool { self >= 0 && self < 1 }
}

extension TrainSection {
    /// More steps than anybody can wait for, and few enough that sums and products of them overflow nowhere.
    static let mostSteps = 1 << 40
}
