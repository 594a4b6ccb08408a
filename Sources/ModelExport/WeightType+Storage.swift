// How the types of written models are stored.

internal import Tensors
public import Vocabulary

extension WeightType {
    /// What most matrices of such a model are made of; nil: the base says it.
    var dtype: DType? {
        switch self {
        case .auto: nil
        case .fp32: .f32
        case .fp16: .f16
        case .bf16: .bf16
        case .q8_0: .q8_0
        case .q4_0: .q4_0
        case .q4_1: .q4_1
        case .q5_0: .q5_0
        case .q5_1: .q5_1
        case .q2_K: .q2_K
        case .q3_K_S, .q3_K_M, .q3_K_L: .q3_K
        case .q4_K_S, .q4_K_M: .q4_K
        case .q5_K_S, .q5_K_M: .q5_K
        case .q6_K: .q6_K
        case .iq4_NL: .iq4_NL
        case .iq4_XS: .iq4_XS
        }
    }

    /// Whether weights take more bits than in `other`; false where the base says what one of them is.
    public func isFiner(than other: WeightType) -> Bool {
        guard let own = dtype, let other = other.dtype else { return false }
        return own.bitsPerWeight > other.bitsPerWeight
    }

    /// The type's name in `config.json`; nil where none of its can say it.
    var torchName: String? {
        switch self {
        case .fp32: "float32"
        case .bf16: "bfloat16"
        case .fp16: "float16"
        default: nil
        }
    }

    /// The float type of numbers stored as `dtype`; nil where that is none.
    init?(floats dtype: DType) {
        switch dtype {
        case .f32: self = .fp32
        case .bf16: self = .bf16
        case .f16: self = .fp16
        default: return nil
        }
    }
}
