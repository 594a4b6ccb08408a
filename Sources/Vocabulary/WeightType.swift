// What numbers the weights of a written model have, as recipes and `--type` say it.

/// The type of a written model's weights: one of float numbers, or a mix of blocks as llama.cpp names it.
///
/// A mix says what most matrices are made of; which one each tensor gets follows from its role.
public enum WeightType: String, Sendable, CaseIterable {
    /// The base's own.
    case auto
    case fp32, fp16, bf16
    case q8_0 = "Q8_0"
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case q5_0 = "Q5_0"
    case q5_1 = "Q5_1"
    case q2_K = "Q2_K"
    case q3_K_S = "Q3_K_S"
    case q3_K_M = "Q3_K_M"
    case q3_K_L = "Q3_K_L"
    case q4_K_S = "Q4_K_S"
    case q4_K_M = "Q4_K_M"
    case q5_K_S = "Q5_K_S"
    case q5_K_M = "Q5_K_M"
    case q6_K = "Q6_K"
    case iq4_NL = "IQ4_NL"
    case iq4_XS = "IQ4_XS"

    /// The type called `rawValue`, in capitals or small letters; `F32` and `F16` are llama.cpp's names of `fp32` and `fp16`.
    public init?(rawValue: String) {
        let name = rawValue.lowercased()
        switch name {
        case "f32": self = .fp32
        case "f16": self = .fp16
        default:
            guard let type = Self.allCases.first(where: { $0.rawValue.lowercased() == name }) else { return nil }
            self = type
        }
    }

    /// Whether matrices become blocks of small whole numbers.
    public var isQuantised: Bool {
        switch self {
        case .auto, .fp32, .fp16, .bf16: false
        default: true
        }
    }
}

extension WeightType {
    /// The same float type.
    public init(_ format: FloatFormat) {
        switch format {
        case .auto: self = .auto
        case .fp32: self = .fp32
        case .fp16: self = .fp16
        case .bf16: self = .bf16
        }
    }
}

extension ExportFormat {
    /// Whether files of this form can hold weights of `type`.
    public func holds(_ type: WeightType) -> Bool {
        switch self {
        case .gguf: true
        case .peft, .mlx, .ggufLoRA, .safetensors, .hdf5: !type.isQuantised
        }
    }
}
