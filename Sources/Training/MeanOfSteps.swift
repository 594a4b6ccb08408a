// A mean of what all steps led to.

/// The mean of the numbers after each step, a step's weight falling by `decay` with each that comes after it: what torch's
/// `AveragedModel` keeps with `get_ema_multi_avg_fn`.
struct MeanOfSteps {
    let decay: Double
    /// In the places of the slab; nil before the first step.
    var values: [Float]?

    init(decay: Double) { self.decay = decay }

    /// Takes in the numbers after a step. The first step's are the mean.
    mutating func add(_ numbers: UnsafeMutableBufferPointer<Float>) {
        guard var mean = values else { return values = Array(numbers) }
        values = nil
        let kept = Float(decay), added = Float(1 - decay)
        for index in mean.indices {
            // As torch's lerp from the mean.
            let difference = numbers[index] - mean[index]
            mean[index] = added < 0.5 ? mean[index] + added * difference : numbers[index] - difference * kept
        }
        values = mean
    }
}
