// Element types of stored weights. Quantised types come in blocks, named and laid out as in ggml.

/// How the numbers of a tensor are stored.
public enum DType: String, Sendable, CaseIterable {
    case f32, f16, bf16, f64
    case i8, i16, i32, i64, u8, bool
    case q4_0, q4_1, q5_0, q5_1, q8_0
    case q2_K, q3_K, q4_K, q5_K, q6_K
    case iq4_NL, iq4_XS

    /// Elements in one block: 1 for plain types.
    public var blockElements: Int {
        switch self {
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_NL: 32
        case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_XS: 256
        default: 1
        }
    }

    /// Bytes of one block.
    public var blockBytes: Int {
        switch self {
        case .f64, .i64: 8
        case .f32, .i32: 4
        case .f16, .bf16, .i16: 2
        case .i8, .u8, .bool: 1
        case .q4_0, .iq4_NL: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q2_K: 84
        case .q3_K: 110
        case .q4_K: 144
        case .q5_K: 176
        case .iq4_XS: 136
        case .q6_K: 210
        }
    }

    public var isQuantised: Bool { blockElements > 1 }

    /// Bytes of `elements` numbers; nil if they do not fill whole blocks or the size overflows.
    public func byteCount(elements: Int) -> Int? {
        guard elements >= 0, elements % blockElements == 0 else { return nil }
        let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }
}
