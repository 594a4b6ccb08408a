/// Which biases of the base are trained beside an adapter: the names that recipes and PEFT use.
public enum TrainedBiases: String, Sendable, CaseIterable {
    case none
    /// Those of layers that carry an adapter.
    case loraOnly = "lora_only"
    case all
}
