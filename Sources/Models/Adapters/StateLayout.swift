// What decides which matrices an adapter has on a layer, and their sizes.

public import Vocabulary

/// A layer, as far as a method needs to know it to say what it trains there.
public struct StateLayout: Sendable, Equatable {
    /// `model.layers.0.self_attn.q_proj`.
    public let path: String
    public let inputSize: Int
    public let outputSize: Int
    /// The rank that is asked for.
    public let rank: Int
    /// The largest sizes among all layers that carry the adapter: of what they share.
    public let largestInput: Int
    public let largestOutput: Int
    public let settings: AdapterMethodSettings

    /// - Parameter largest: nil for a layer by itself.
    public init(
        path: String = "", inputSize: Int, outputSize: Int, rank: Int, largest: (input: Int, output: Int)? = nil,
        settings: AdapterMethodSettings = AdapterMethodSettings()
    ) {
        self.path = path
        self.inputSize = inputSize
        self.outputSize = outputSize
        self.rank = rank
        largestInput = largest?.input ?? inputSize
        largestOutput = largest?.output ?? outputSize
        self.settings = settings
    }
}
