// How much better an answer is than others to the same prompt.

import Foundation
public import Recipes

/// Advantages of answers by their rewards, group after group.
public enum Advantages {
    /// Added to a spread before one divides by it.
    static let least = 1e-4

    /// The distance of each reward from its group's mean, scaled (Shao et al., "DeepSeekMath", 2024).
    /// - Precondition: whole groups of `size` rewards.
    public static func ofGroups(_ rewards: [Double], size: Int, scale: RewardScale) -> [Double] {
        let all = spread(rewards[...])
        return groups(rewards, size).flatMap { group in
            let mean = mean(group), own = scale == .batch ? all : spread(group)
            return group.map { ($0 - mean) / (scale == .none ? 1 : own + least) }
        }
    }

    /// The distance of each reward from the mean of the others of its group (Ahmadian et al., "Back to Basics", 2024).
    /// - Parameter isNormalised: whether those of the whole step are brought to mean 0 and spread 1.
    /// - Precondition: whole groups of `size` rewards, 2 at least.
    public static func leavingOneOut(_ rewards: [Double], size: Int, isNormalised: Bool = false) -> [Double] {
        let plain = groups(rewards, size).flatMap { group in
            let sum = group.reduce(0, +)
            return group.map { $0 - (sum - $0) / Double(size - 1) }
        }
        guard isNormalised else { return plain }
        let mean = mean(plain[...]), spread = spread(plain[...])
        return plain.map { ($0 - mean) / (spread + least) }
    }

    /// Of each reward, whether all of its group are alike, so that nothing is to be learnt of them.
    public static func areAlike(_ rewards: [Double], size: Int) -> [Bool] {
        groups(rewards, size).flatMap { group in
            let isAlike = spread(group) <= 1e-8
            return group.map { _ in isAlike }
        }
    }

    private static func groups(_ rewards: [Double], _ size: Int) -> [ArraySlice<Double>] {
        precondition(size > 1 && rewards.count % size == 0, "groups are whole")
        return stride(from: 0, to: rewards.count, by: size).map { rewards[$0..<($0 + size)] }
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    /// The standard deviation, of a sample.
    private static func spread(_ values: ArraySlice<Double>) -> Double {
        guard values.count > 1 else { return 0 }
        let mean = mean(values)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
}
