// What decides a prepared file. It is used again only where all of this agrees.

internal import Digests

/// The parts of a prepared file's key, each as SHA-256 in hexadecimal or a version.
public struct PreparedKey: Sendable, Equatable {
    /// Of the names and bytes of the data files, in order.
    public var data: String
    /// Of the text of the recipe's data section and seed, with what it takes from the environment.
    public var recipe: String
    /// Of everything that decides how text becomes tokens.
    public var tokenizer: String
    /// Of the chat template and its variables.
    public var template: String
    /// Of the model and all else by which rows were chosen; empty where no model was asked.
    public var judgement: String
    /// Of the code that makes tokens of rows.
    public var code: String

    /// Bumped whenever the same input would give other sequences, or the same sequences another file.
    public static let currentCode = "lathe prepared 2"

    public init(
        data: String, recipe: String, tokenizer: String, template: String, judgement: String = "",
        code: String = Self.currentCode
    ) {
        self.data = data
        self.recipe = recipe
        self.tokenizer = tokenizer
        self.template = template
        self.judgement = judgement
        self.code = code
    }

    /// The parts by name, in the order of the file's attributes.
    static let parts: [(name: String, part: any WritableKeyPath<PreparedKey, String> & Sendable)] = [
        ("data", \.data), ("recipe", \.recipe), ("tokenizer", \.tokenizer), ("template", \.template),
        ("judgement", \.judgement), ("code", \.code),
    ]

    /// SHA-256 over all parts.
    public var digest: String {
        SHA256.hex(of: Self.parts.map { "\($0.name) \(self[keyPath: $0.part])\n" }.joined())
    }

    /// The names of the parts in which `other` differs.
    public func differences(from other: PreparedKey) -> [String] {
        Self.parts.filter { self[keyPath: $0.part] != other[keyPath: $0.part] }.map(\.name)
    }
}
