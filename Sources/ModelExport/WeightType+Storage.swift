// In which float type a model is written.

public import Tensors
internal import Vocabulary

/// The float type of an exported model.
public enum ExportType: String, Sendable, CaseIterable {
    case f32, bf16, f16

    public var dtype: DType {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        case .f16: .f16
        }
    }

    /// The type's name in `config.json`.
    public var torchName: String {
        switch self {
        case .f32: "float32"
        case .bf16: "bfloat16"
        case .f16: "float16"
        }
    }

    init?(_ dtype: DType) {
        switch dtype {
        case .f32: self = .f32
        case .bf16: self = .bf16
        case .f16: self = .f16
        default: return nil
        }
    }
}
