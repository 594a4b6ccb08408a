// What methods of adapting are told beside rank, scale and targets. The names are those of PEFT's configurations.

/// The settings of all methods; each reads its own. A default stands here and nowhere else.
public struct AdapterMethodSettings: Sendable, Equatable {
    public init() {}
}
