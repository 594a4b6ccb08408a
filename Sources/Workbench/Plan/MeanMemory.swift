// What a mean of the steps takes in memory.

internal import Recipes

extension TrainSection {
    /// Bytes that a mean of `parameters` numbers takes between steps, while it is judged, and in a checkpoint; none where none is kept.
    func meanBytes(parameters: Int) -> (held: Int, evaluated: Int, kept: Int) {
        let copy = parameters * 4
        if emaDecay != nil { return (copy, 2 * copy, copy) }
        // The optimiser's own is made of what it keeps.
        return optimizer.needsNoSchedule ? (0, 2 * copy, copy) : (0, 0, 0)
    }
}
