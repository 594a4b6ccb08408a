import Foundation

/// One step of AdamW without a schedule on the numbers of a matrix, as `schedulefree.AdamWScheduleFree` takes it (Defazio et al. 2024).
///
/// Gradients are taken at y, steps at z, and x, the mean of all z, is what is learnt; y stands between them, x = y + (1 − 1/β₁)·(z − y).
public enum ScheduleFreeUpdate {
    /// - Parameters:
    ///   - values: y.
    ///   - steps: z, which the first step begins at y.
    ///   - squares: the running mean of the gradient's squares.
    ///   - weights: two numbers, the highest rate and the sum of the weights of the mean so far.
    public static func apply(
        values y: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
        steps z: UnsafeMutableBufferPointer<Float>, squares: UnsafeMutableBufferPointer<Float>,
        weights: UnsafeMutableBufferPointer<Float>, _ settings: AdamStep
    ) {
        precondition(gradients.count == y.count && z.count == y.count && squares.count == y.count)
        precondition(weights.count == 2 && settings.step >= 1)
        if settings.step == 1 { _ = z.update(from: y) }
        // The weight of this step in the mean: the square of the highest rate until now.
        let highest = max(settings.learningRate, Double(weights[0]))
        let weight = highest * highest, sum = Double(weights[1]) + weight
        (weights[0], weights[1]) = (Float(highest), Float(sum))
        let share = sum > 0 ? weight / sum : 0
        let correction = Float(1 - pow(settings.beta2, Double(settings.step)))
        let kept = Float(settings.beta2), added = Float(1 - settings.beta2), epsilon = Float(settings.epsilon)
        let decay = Float(settings.weightDecay), rate = Float(settings.learningRate)
        let back = Float(settings.learningRate * (settings.beta1 * (1 - share) - 1))
        let towards = Float(share), away = Float(1 - share)
        for index in y.indices {
            let gradient = gradients[index] * settings.gradientScale
            let square = squares[index] * kept + gradient * gradient * added
            squares[index] = square
            let direction = gradient / ((square / correction).squareRoot() + epsilon) + decay * y[index]
            // As torch's lerp from y to z.
            let difference = z[index] - y[index]
            let between = share < 0.5 ? y[index] + towards * difference : z[index] - difference * away
            y[index] = between + back * direction
            z[index] -= rate * direction
        }
    }

    /// Puts x into `mean`.
    public static func mean(
        values y: UnsafeMutableBufferPointer<Float>, steps z: UnsafeMutableBufferPointer<Float>, beta1: Double,
        into mean: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(z.count == y.count && mean.count == y.count && beta1 > 0)
        let share = Float(1 - 1 / beta1)
        for index in y.indices { mean[index] = y[index] + share * (z[index] - y[index]) }
    }
}
