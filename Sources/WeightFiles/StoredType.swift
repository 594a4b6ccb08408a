// The element types that weight files name, also those that Lathe cannot compute with: a file may hold them, using one is an
// error that names it.

public import Tensors

/// An element type as a file names it.
public struct StoredType: Sendable, Hashable {
    /// The file format's own name: "BF16", "IQ4_NL".
    public let name: String
    /// Elements in one block.
    public let blockElements: Int
    /// Bits in one block.
    public let blockBits: Int
    /// The type to compute with; nil where there is none.
    public let dtype: DType?

    init(_ name: String, elements: Int = 1, bits: Int, _ dtype: DType? = nil) {
        self.name = name
        self.blockElements = elements
        self.blockBits = bits
        self.dtype = dtype
    }

    init(ggml dtype: DType, _ name: String) {
        self.init(name, elements: dtype.blockElements, bits: dtype.blockBytes * 8, dtype)
    }

    /// Bytes of `elements` numbers; nil if they do not fill whole blocks or bytes, or the size overflows.
    func byteCount(elements: Int) -> Int? {
        guard elements >= 0, elements % blockElements == 0 else { return nil }
        let (bits, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBits)
        return overflow || bits % 8 != 0 ? nil : bits / 8
    }

    // MARK: safetensors

    static let safetensors: [String: StoredType] = Dictionary(
        uniqueKeysWithValues: [
            StoredType("BOOL", bits: 8, .bool), StoredType("U8", bits: 8, .u8), StoredType("I8", bits: 8, .i8),
            StoredType("I16", bits: 16, .i16), StoredType("U16", bits: 16), StoredType("F16", bits: 16, .f16),
            StoredType("BF16", bits: 16, .bf16), StoredType("I32", bits: 32, .i32), StoredType("U32", bits: 32),
            StoredType("F32", bits: 32, .f32), StoredType("C64", bits: 64), StoredType("F64", bits: 64, .f64),
            StoredType("I64", bits: 64, .i64), StoredType("U64", bits: 64), StoredType("F4", bits: 4),
            StoredType("F6_E2M3", bits: 6), StoredType("F6_E3M2", bits: 6), StoredType("F8_E5M2", bits: 8),
            StoredType("F8_E4M3", bits: 8), StoredType("F8_E8M0", bits: 8), StoredType("F8_E5M2FNUZ", bits: 8),
            StoredType("F8_E4M3FNUZ", bits: 8),
        ].map { ($0.name, $0) })

    /// The name safetensors has for `dtype`; nil for quantised blocks.
    static func safetensorsName(_ dtype: DType) -> String? {
        dtype.isQuantised ? nil : dtype.rawValue.uppercased()
    }

    // MARK: GGUF

    /// By ggml's number. Numbers of types that ggml removed (4, 5, 31–33, 36–38) are absent.
    static let ggml: [UInt32: StoredType] = [
        0: StoredType(ggml: .f32, "F32"), 1: StoredType(ggml: .f16, "F16"), 2: StoredType(ggml: .q4_0, "Q4_0"),
        3: StoredType(ggml: .q4_1, "Q4_1"), 6: StoredType(ggml: .q5_0, "Q5_0"), 7: StoredType(ggml: .q5_1, "Q5_1"),
        8: StoredType(ggml: .q8_0, "Q8_0"), 9: block("Q8_1", 32, 36), 10: StoredType(ggml: .q2_K, "Q2_K"),
        11: StoredType(ggml: .q3_K, "Q3_K"), 12: StoredType(ggml: .q4_K, "Q4_K"), 13: StoredType(ggml: .q5_K, "Q5_K"),
        14: StoredType(ggml: .q6_K, "Q6_K"), 15: block("Q8_K", 256, 292), 16: block("IQ2_XXS", 256, 66),
        17: block("IQ2_XS", 256, 74), 18: block("IQ3_XXS", 256, 98), 19: block("IQ1_S", 256, 50),
        20: StoredType(ggml: .iq4_NL, "IQ4_NL"), 21: block("IQ3_S", 256, 110), 22: block("IQ2_S", 256, 82),
        23: StoredType(ggml: .iq4_XS, "IQ4_XS"), 24: StoredType(ggml: .i8, "I8"), 25: StoredType(ggml: .i16, "I16"),
        26: StoredType(ggml: .i32, "I32"), 27: StoredType(ggml: .i64, "I64"), 28: StoredType(ggml: .f64, "F64"),
        29: block("IQ1_M", 256, 56), 30: StoredType(ggml: .bf16, "BF16"), 34: block("TQ1_0", 256, 54),
        35: block("TQ2_0", 256, 66), 39: block("MXFP4", 32, 17), 40: block("NVFP4", 64, 36), 41: block("Q1_0", 128, 18),
    ]

    /// ggml's number of `dtype`; nil where it has none.
    static func ggmlNumber(_ dtype: DType) -> UInt32? { ggml.first { $0.value.dtype == dtype }?.key }

    private static func block(_ name: String, _ elements: Int, _ bytes: Int) -> StoredType {
        StoredType(name, elements: elements, bits: bytes * 8)
    }
}
