// Where transformers keeps the weight of a layer that is no module of its own there, but a part of a parameter of some module: experts
// lie in one stack, gate above up. PEFT adapts such a parameter as a whole.

/// A layer's place in a parameter of transformers.
public struct ParameterPlace: Sendable, Equatable {
    /// The module that has the parameter: `model.layers.0.mlp.experts`.
    public let module: String
    /// `gate_up_proj`, `down_proj`, `weight`.
    public let name: String
    /// Which part of the stack the layer is in, an expert's number, and of how many.
    public let part: Int
    public let parts: Int
    /// The rows of the part that are the layer's, and how many the part has.
    public let rows: Range<Int>
    public let rowCount: Int

    /// A place from its numbers.
    public init(module: String, name: String, part: Int, parts: Int, rows: Range<Int>, rowCount: Int) {
        self.module = module
        self.name = name
        self.part = part
        self.parts = parts
        self.rows = rows
        self.rowCount = rowCount
    }

    /// The parameter: `model.layers.0.mlp.experts.gate_up_proj`.
    public var path: String { module + "." + name }
    /// The name by which PEFT's configurations call it in every layer: `gate_up_proj`, `gate.weight`.
    public var shortName: String {
        name == "weight" ? module.split(separator: ".").suffix(1).joined() + "." + name : name
    }
    /// Whether another layer has the other rows of the part.
    public var isShared: Bool { rows.count < rowCount }
}

/// Where adapters stand on a layer.
public enum AdapterPlace: Sendable, Equatable {
    /// On a module of the layer's own.
    case module
    /// On a parameter in which the layer has a part.
    case parameter(ParameterPlace)
    /// Nowhere: PEFT has no way to name it.
    case nowhere
}
