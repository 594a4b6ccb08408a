// What each field of a model's configuration is to this engine. Nothing that a file says is passed over: a field is read,
// held to the values that are computed here, known to be without effect, or named as unknown.

/// One field of a configuration file and what becomes of it.
public struct ConfigurationField<Value: Sendable>: Sendable {
    /// What becomes of a field.
    public enum Use: Sendable {
        /// Decides what is computed.
        case read
        /// The reference does not compute with it, or computes the same whatever it says.
        case harmless
        /// Any value but these would change results in a way that is not computed here.
        case only([Value])
        /// Any value but these changes how the reference trains, not what it computes.
        case trainingOnly([Value])
    }

    /// The field's name in the file.
    public let key: String
    /// What becomes of it.
    public let use: Use
    /// Whether the reference takes null for a value.
    public var mayBeNull = true

    /// A field and what becomes of it.
    public init(key: String, use: Use, mayBeNull: Bool = true) {
        self.key = key
        self.use = use
        self.mayBeNull = mayBeNull
    }
}

/// The fields that a family of models knows in one kind of file.
public struct FieldTable<Value: Sendable>: Sendable {
    /// Later entries count where a key stands twice.
    public let fields: [ConfigurationField<Value>]

    /// A table of `fields`.
    public init(fields: [ConfigurationField<Value>]) { self.fields = fields }

    /// What becomes of the field `key`; nil for one that is unknown.
    public subscript(key: String) -> ConfigurationField<Value>? { fields.last { $0.key == key } }

    /// What the person should know about the fields of a file: those the family does not have, in one line with their count.
    ///
    /// - Throws: for the first field whose value is not computed here.
    func check(
        _ found: [(key: String, value: Value)], text: (Value) -> String, isNull: (Value) -> Bool,
        equals: (Value, Value) -> Bool
    ) throws(ModelConfigurationError) -> [String] {
        var unknown: [String] = []
        var notes: [String] = []
        for (key, value) in found {
            guard let field = self[key] else {
                unknown.append(key)
                continue
            }
            if isNull(value), !field.mayBeNull {
                throw ModelConfigurationError.invalid(key: key, value: "null", expected: "a value")
            }
            switch field.use {
            case .read, .harmless: break
            case .only(let values) where values.contains { equals($0, value) }: break
            case .trainingOnly(let values) where values.contains { equals($0, value) }: break
            case .only: throw ModelConfigurationError.unsupported(key: key, value: text(value))
            case .trainingOnly: notes.append("\(key) = \(text(value)) is not applied in training")
            }
        }
        return notes + (unknown.isEmpty ? [] : [Self.unknownLine(unknown)])
    }

    /// The fields with no entry: a count and the first names.
    private static func unknownLine(_ keys: [String]) -> String {
        let shown = keys.prefix(6).joined(separator: ", ") + (keys.count > 6 ? ", …" : "")
        return keys.count == 1
            ? "1 unknown field is not used: \(shown)" : "\(keys.count) unknown fields are not used: \(shown)"
    }
}
