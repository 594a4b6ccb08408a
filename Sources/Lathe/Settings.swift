// What can be set beside files and places: the keys of a recipe, so that there is one vocabulary.

internal import JSON

/// Keys of a recipe with their values; what is not named has its default.
///
///     let settings: Settings = ["adapter.r": 8, "train.learning_rate": 2e-4, "adapter.target_modules": ["q_proj", "v_proj"]]
///
/// `lathe recipe schema` and `man lathe-recipe` list the keys. A key that is mistyped, out of range, or without effect where it is
/// given is an error.
public struct Settings: Sendable, ExpressibleByDictionaryLiteral {
    /// The value of a key: true, 8, 2e-4, "cosine", or a list.
    public struct Value: Sendable, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
        ExpressibleByStringLiteral, ExpressibleByArrayLiteral
    {
        fileprivate let json: JSONValue

        /// A yes or no.
        public init(_ value: Bool) { json = .bool(value) }
        /// A whole number.
        public init(_ value: Int) { json = .integer(value) }
        /// A number.
        public init(_ value: Double) { json = .double(value) }
        /// A text or a word.
        public init(_ value: String) { json = .string(value) }
        /// A list.
        public init(_ values: [Value]) { json = .array(values.map(\.json)) }

        /// `true` or `false`.
        public init(booleanLiteral value: Bool) { self.init(value) }
        /// `8`.
        public init(integerLiteral value: Int) { self.init(value) }
        /// `2e-4`.
        public init(floatLiteral value: Double) { self.init(value) }
        /// `"cosine"`.
        public init(stringLiteral value: String) { self.init(value) }
        /// `["q_proj", "v_proj"]`.
        public init(arrayLiteral elements: Value...) { self.init(elements) }
    }

    private var members: [(key: String, value: Value)]

    /// Nothing set.
    public init() { members = [] }

    /// Of a key that stands there twice, the later value counts.
    public init(dictionaryLiteral elements: (String, Value)...) { members = elements.map { ($0.0, $0.1) } }

    /// The value that is set for a key; `nil`: its default counts.
    public subscript(key: String) -> Value? {
        get { members.last { $0.key == key }?.value }
        set {
            members.removeAll { $0.key == key }
            if let newValue { members.append((key, newValue)) }
        }
    }

    /// As `--set` takes them. JSON is YAML too.
    var overrides: [String] { members.map { "\($0.key)=\($0.value.json.text())" } }
}
