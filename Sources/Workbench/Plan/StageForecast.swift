// What one stage will hold at its peak, and what is said where that is more than it may.

/// What one stage will hold.
struct StageForecast {
    let name: String
    /// Memory of its own, which stays until the stage gives it back.
    let ownBytes: Int
    /// Pages of files, which leave memory as soon as a pass is through with them, or where the system wants them.
    let mappedBytes: Int

    var peakBytes: Int { ownBytes + mappedBytes }

    /// A stage that holds the same, and `mapped` bytes of files beside it.
    func also(_ name: String, mapped: Int) -> StageForecast {
        StageForecast(name: name, ownBytes: ownBytes, mappedBytes: mappedBytes + mapped)
    }

    /// The higher of two moments of one stage.
    static func higher(_ left: StageForecast, _ right: StageForecast) -> StageForecast {
        left.peakBytes >= right.peakBytes ? left : right
    }
}

extension [StageForecast] {
    /// The highest of them.
    var peakBytes: Int { map(\.peakBytes).max() ?? 0 }

    /// Throws, before anything is computed, where a stage cannot stay within the limit that a person set.
    /// - Parameter isRecipe: whether a stage could be left out.
    func requireWithin(_ limit: Int?, ofRecipe isRecipe: Bool) throws {
        guard let limit else { return }
        let beyond = filter { $0.peakBytes > limit }
        guard !beyond.isEmpty else { return }
        throw Failure(
            .badInput,
            "train.memory_limit: \(ByteCount.text(limit)) is too little for "
                + beyond.map { "\($0.name) (\(ByteCount.text($0.peakBytes)))" }.joined(separator: ", "),
            hint: "raise train.memory_limit" + (isRecipe ? ", or leave the stage out of the recipe" : ""))
    }
}
