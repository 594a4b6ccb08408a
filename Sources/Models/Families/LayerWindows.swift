// Which layers have a window where all but each nth have one, in both kinds of files.

extension HuggingFaceFields {
    /// Whether each layer slides, by `layer_types`, else all but each `sliding_window_pattern`th.
    /// - Parameter usual: the pattern where the file says neither.
    func slidingLayers(_ layers: Int, usually usual: Int) throws -> [Bool] {
        if let sliding = try slidingLayers(layers) { return sliding }
        let pattern = try optional("sliding_window_pattern") ?? usual
        guard pattern > 0 else {
            throw ModelConfigurationError.invalid(
                key: "sliding_window_pattern", value: "\(pattern)", expected: "a number above 0")
        }
        return (1...layers).map { $0 % pattern != 0 }
    }
}

extension GGUFFields {
    /// Whether each layer slides: all but each `attention.sliding_window_pattern`th.
    /// - Parameter usual: the pattern where the file does not say.
    func slidingLayers(_ layers: Int, usually usual: Int) throws -> [Bool] {
        let pattern = max(1, try optional("attention.sliding_window_pattern") ?? usual)
        return (1...layers).map { $0 % pattern != 0 }
    }
}

extension GGUFDescription {
    /// Which layers have a window: all but each nth.
    /// - Parameter usual: the n that llama.cpp takes for the family where a file does not say.
    mutating func set(layersOf isSliding: [Bool], usually usual: Int) throws {
        func fits(_ pattern: Int) -> Bool { isSliding.enumerated().allSatisfy { $1 == (($0 + 1) % pattern != 0) } }
        guard !fits(usual) else { return }
        guard let pattern = (1...isSliding.count + 1).first(where: fits) else {
            throw Self.refusal("layer_types", "no pattern", "lets each nth layer see everything, and no other")
        }
        set("attention.sliding_window_pattern", pattern)
    }
}
