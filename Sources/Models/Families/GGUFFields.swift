// A configuration from the metadata of a GGUF file. Keys are llama.cpp's; what they mean to a family is in the family's file.

public import WeightFiles

extension ModelConfiguration {
    /// Reads the metadata and, where GGUF says a thing only by which tensors there are, the directory.
    public init(gguf: GGUFFile) throws {
        guard let architecture = gguf.architecture else {
            throw ModelConfigurationError.missing(key: "general.architecture")
        }
        // Mistral's GGUF files say "llama"; the two compute alike.
        guard let family = ModelFamily.of(gguf) else {
            throw ModelConfigurationError.unsupportedArchitecture(
                found: architecture, supported: WeightNames.architectures)
        }
        _ = try Self.notes(gguf: gguf)
        self = try family.readGGUF(GGUFFields(gguf)).validated()
    }

    /// What the person should know about the metadata of a GGUF file: keys of its architecture that are not used.
    public static func notes(gguf: GGUFFile) throws -> [String] {
        let family = ModelFamily.of(gguf)
        return try (family?.ggufFields ?? .gguf).check(
            gguf.architectureFields, text: \.shownValue, isNull: { _ in false }, equals: { $0.means($1) })
    }
}

/// The architecture's metadata, with errors that name the key.
struct GGUFFields {
    let gguf: GGUFFile
    let architecture: String

    init(_ gguf: GGUFFile) {
        self.gguf = gguf
        architecture = gguf.architecture ?? ""
    }

    func optional(_ key: String) throws -> Int? {
        guard let value = gguf.architectureValue(key) else { return nil }
        // Some files list one number a layer.
        let list = value.array?.integers
        if let first = list?.first, list?.allSatisfy({ $0 == first }) == true { return first }
        guard let integer = value.integer else {
            throw ModelConfigurationError.invalid(
                key: "\(architecture).\(key)", value: value.typeName, expected: "an integer, the same for all layers")
        }
        return integer
    }

    func required(_ key: String) throws -> Int {
        guard let value = try optional(key) else {
            throw ModelConfigurationError.missing(key: "\(architecture).\(key)")
        }
        return value
    }

    func number(_ key: String) throws -> Double? {
        guard let value = gguf.architectureValue(key) else { return nil }
        guard let number = value.double else {
            throw ModelConfigurationError.invalid(
                key: "\(architecture).\(key)", value: value.typeName, expected: "a number")
        }
        return number
    }

    func requiredNumber(_ key: String) throws -> Double {
        guard let value = try number(key), value > 0, value.isFinite else {
            throw ModelConfigurationError.missing(key: "\(architecture).\(key)")
        }
        return value
    }

    // MARK: What families read alike

    /// `block_count`.
    func layers() throws -> Int {
        try ModelConfiguration.layers(required("block_count"), key: "block_count")
    }

    /// `attention.head_count`.
    func heads() throws -> Int {
        let heads = try required("attention.head_count")
        guard heads > 0 else {
            throw ModelConfigurationError.invalid(
                key: "attention.head_count", value: "\(heads)", expected: "a positive number")
        }
        return heads
    }

    /// `attention.key_length`; the width shared out among the heads where there is none.
    /// - Parameter turnsWhole: whether the family's rotation takes in all numbers of a head.
    func headWidth(width: Int, heads: Int, turnsWhole: Bool = true) throws -> Int {
        let headWidth = try optional("attention.key_length") ?? width / heads
        for key in ["attention.value_length"] + (turnsWhole ? ["rope.dimension_count"] : []) {
            if let other = try optional(key), other != headWidth {
                throw ModelConfigurationError.unsupported(key: key, value: "\(other)")
            }
        }
        return headWidth
    }

    /// `rope.dimension_count`, the leading numbers of a head that turn; all of them where the file is silent.
    func rotaryWidth(headWidth: Int) throws -> Int { try optional("rope.dimension_count") ?? headWidth }

    /// Rows of the embedding.
    func vocabularySize() throws -> Int {
        guard let size = gguf.entry("token_embd.weight")?.shape.sizes.first else {
            throw ModelConfigurationError.missing(key: "token_embd.weight")
        }
        return size
    }

    /// `attention.layer_norm_rms_epsilon`, or `attention.layer_norm_epsilon`.
    func norm(_ kind: NormSpec.Kind = .rms, offset: Float = 0, hasBias: Bool = false) throws -> NormSpec {
        NormSpec(kind, epsilon: Float(try requiredNumber(kind.epsilonKey)), offset: offset, hasBias: hasBias)
    }

    func has(_ tensor: String) -> Bool { gguf.entry(tensor) != nil }

    var beginToken: Int? { gguf.value("tokenizer.ggml.bos_token_id")?.integer }
    var endTokens: [Int] { gguf.value("tokenizer.ggml.eos_token_id")?.integer.map { [$0] } ?? [] }
}
