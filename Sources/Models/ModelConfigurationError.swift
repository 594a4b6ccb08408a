// Why a configuration cannot be used.

public import Vocabulary

/// Why a configuration cannot be used.
public enum ModelConfigurationError: ClassifiedError, Equatable {
    /// A family this engine does not have; `supported` are those it has.
    case unsupportedArchitecture(found: String, supported: [String])
    /// A known key with a value this engine does not compute.
    case unsupported(key: String, value: String)
    /// A field of other models than those of the family: its weights were made for what that says.
    case foreign(key: String, value: String, family: String)
    /// A value that is computed here, and not by what reads GGUF files.
    case notInGGUF(key: String, value: String, reason: String)
    /// A family whose GGUF files are read and not written.
    case notWrittenAsGGUF(family: String)
    case missing(key: String)
    /// A value of the wrong type or out of range.
    case invalid(key: String, value: String, expected: String)
}

extension ModelConfigurationError {
    public var kind: FailureKind { .badInput }

    public var description: String {
        switch self {
        case .unsupportedArchitecture(let found, let supported):
            "architecture \"\(found)\" is not supported (supported: \(supported.joined(separator: ", ")))"
        case .unsupported(let key, let value): "\(key) = \(value) is not supported"
        case .foreign(let key, let value, let family):
            "\(key) = \(value) is not supported: models of model_type \(family) do not have it, so this is another model"
        case .notInGGUF(let key, let value, let reason):
            "\(key) = \(value) cannot stand in a GGUF file: llama.cpp \(reason)"
        case .notWrittenAsGGUF(let family): "models of the family \(family) are not written as GGUF files"
        case .missing(let key): "\(key) is missing"
        case .invalid(let key, let value, let expected): "\(key) is \(value), expected \(expected)"
        }
    }
}
