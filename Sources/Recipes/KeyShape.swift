// What keys take, as far as their form can say it: what an editor checks and offers while a recipe is written.

/// The form of a value.
public indirect enum KeyShape: Sendable, Equatable {
    case null
    case boolean
    case integer(ClosedRange<Int>)
    case number
    case text
    /// One of these words.
    case word([String])
    case list(KeyShape)
    /// A mapping of free names, or of `names` alone.
    case map(KeyShape, names: [String]?)
    /// A mapping with keys of its own.
    case keys([KeyDescription])
    /// A mapping of just one of these keys to its value.
    case oneKey([KeyDescription])
    case any([KeyShape])

    /// One value, or a list of them.
    static func oneOrMore(_ shape: KeyShape) -> KeyShape { .any([shape, .list(shape)]) }
    /// A value, or the word or null that stands for its absence.
    static func orAbsent(_ shape: KeyShape, _ absent: String) -> KeyShape {
        .any([shape, absent == "null" ? .null : .word([absent])])
    }
}

/// A key by its name, what it means, and what it takes.
public struct KeyDescription: Sendable, Equatable {
    public let name: String
    public let meaning: String
    /// "a whole number from 1 to 4096".
    public let expected: String
    public let shape: KeyShape
    /// Its default as YAML on one line; `nil` for a section.
    public let defaultText: String?

    /// A key whose value is a mapping with the keys of `type`, or nothing.
    static func section<Section: RecipeKeyed>(_ name: String, _ type: Section.Type, _ meaning: String) -> Self {
        KeyDescription(
            name: name, meaning: meaning, expected: "a mapping of keys", shape: .any([.keys(type.shapes), .null]),
            defaultText: nil)
    }
}

extension RecipeKeyed {
    /// Every key of the section, in its order.
    static var shapes: [KeyDescription] {
        let defaults = Self()
        return keys.map { key in
            KeyDescription(
                name: key.name, meaning: key.meaning, expected: key.expected, shape: key.shape,
                defaultText: key.text(defaults))
        }
    }
}

extension Recipe {
    /// The whole recipe: keys of the top level and sections, in the order in which they are written.
    public static var shape: [KeyDescription] {
        shapes + [
            .section("model", ModelSection.self, "the base model"),
            .section("data", DataSection.self, "the rows: where they are, what form they have, how they become tokens"),
            .section("adapter", AdapterSection.self, "what is trained"),
            .section("head", HeadSection.self, "the layer that answers where task is not generate"),
            .section("embed", EmbedSection.self, "how texts become vectors, and what is learnt of them"),
            .section("train", TrainSection.self, "how it is trained"),
            .section("search", SearchSection.self, "how lathe sweep chooses among the values of sweep"),
            .section("evaluate", EvaluateSection.self, "what is measured on held-out rows"),
            .section("distill", DistillSection.self, "the teacher to learn from"),
            .section("merge", MergeSection.self, "the adapter merged into the base"),
            KeyDescription(
                name: "export", meaning: "what is written for other tools", expected: "a list of mappings",
                shape: .list(.keys(ExportEntry.shapes)), defaultText: nil),
        ]
    }
}
