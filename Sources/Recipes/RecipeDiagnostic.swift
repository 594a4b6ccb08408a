// What is wrong in a recipe, each with its place. A recipe is refused with all of them at once.

public import Vocabulary

/// Where something stands in a recipe.
public struct RecipePlace: Sendable, Equatable {
    /// The file as it was named, or the override as it was written ("--set train.max_steps=50").
    public var file: String
    /// Counted from 1.
    public var line: Int
    /// In characters (Unicode scalars), counted from 1.
    public var column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// One thing that is wrong, or worth a line, in a recipe.
public struct RecipeDiagnostic: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case syntax, unknownKey, duplicateKey, wrongType, outOfRange, missingKey, conflict, foreignKey,
            undefinedVariable, noEffect
        case override
    }

    public var kind: Kind
    public var place: RecipePlace
    /// The key's path, as "train.learning_rate"; empty where the whole file is meant.
    public var keyPath: String
    public var message: String
    public var hint: String?

    public init(kind: Kind, place: RecipePlace, keyPath: String, message: String, hint: String? = nil) {
        self.kind = kind
        self.place = place
        self.keyPath = keyPath
        self.message = message
        self.hint = hint
    }

    /// "recipe.yaml:3:5: train.max_stepz: unknown key; did you mean train.max_steps?"
    public var description: String { "\(subject): \(sentence)" }

    /// "recipe.yaml:3:5: train.max_stepz"
    fileprivate var subject: String {
        "\(place.file):\(place.line):\(place.column)" + (keyPath.isEmpty ? "" : ": " + keyPath)
    }

    fileprivate var sentence: String { message + (hint.map { "; " + $0 } ?? "") }
}

/// All that is wrong with a recipe, in order of place.
public struct RecipeError: ClassifiedError, Equatable {
    public let diagnostics: [RecipeDiagnostic]

    public init(_ diagnostics: [RecipeDiagnostic]) { self.diagnostics = diagnostics }

    public var kind: FailureKind { .badInput }

    public var description: String {
        var groups = MessageGroups(of: "places")
        for diagnostic in diagnostics {
            groups.add(diagnostic.sentence, of: diagnostic.subject)
        }
        return groups.lines.joined(separator: "\n")
    }
}
