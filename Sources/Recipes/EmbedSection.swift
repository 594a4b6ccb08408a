// Vectors of texts: what a recipe may say of how they are made and learnt.

import Vocabulary

/// How texts become vectors, and what is learnt of them, where `task` is `embed`.
public struct EmbedSection: Sendable, Equatable {
    public var objective = EmbedObjective.auto
    /// What cosines are multiplied by where texts are told from one another or put in order.
    public var scale = 20.0
    /// How much nearer the right text of a triplet is to be.
    public var margin = 5.0
    public var distance = EmbedDistance.euclidean
    /// How many of the first numbers of a vector the loss is computed of, once for each; empty: all.
    public var dimensions: [Int] = []
    public var pooling = EmbedPooling.auto
    public var normalize = EmbedNormalize.auto
    /// Whether what is the same as a row's own text is no negative of it.
    public var skipDuplicates = true

    public init() {}
}

/// What is learnt of vectors.
public enum EmbedObjective: String, Sendable, CaseIterable {
    /// `cosent` for scored pairs, else `in_batch_negatives`.
    case auto
    case inBatchNegatives = "in_batch_negatives"
    case triplet, cosine, cosent

    /// Keys of `embed` that it reads and others may not.
    fileprivate var keys: [String] {
        switch self {
        case .auto, .inBatchNegatives: ["scale", "skip_duplicates"]
        case .triplet: ["margin", "distance"]
        case .cosine: []
        case .cosent: ["scale"]
        }
    }

    fileprivate static let settings = ["scale", "margin", "distance", "skip_duplicates"]
}

/// How far vectors of a triplet are from one another.
public enum EmbedDistance: String, Sendable, CaseIterable { case euclidean, cosine }

/// Which states of a text become its vector.
public enum EmbedPooling: String, Sendable, CaseIterable {
    /// As the model's folder says; the mean where it says nothing.
    case auto
    case mean
    /// The first: that of `[CLS]`.
    case cls
    case last
}

/// Whether vectors get a length of 1.
public enum EmbedNormalize: String, Sendable, CaseIterable {
    /// As the model's folder says; true where it says nothing.
    case auto
    case yes = "true"
    case no = "false"
}

extension EmbedSection {
    /// Keys that change what the loss is.
    static var lossPaths: [String] { (EmbedObjective.settings + ["dimensions"]).map { "embed." + $0 } }
}

extension EmbedSection: RecipeKeyed {
    static var keys: [RecipeKey<EmbedSection>] {
        [
            .choice(
                "objective", \.objective,
                "what is learnt of vectors; auto: of scored pairs their order (cosent), else in_batch_negatives"),
            .number(
                "scale", \.scale, expected: "a number above 0, at most 1000",
                "what cosines are multiplied by before texts are told from one another or put in order",
                accepts: { $0 > 0 && $0 <= 1000 }),
            .number(
                "margin", \.margin, expected: "a number from 0 to 1000",
                "how much nearer the right text of a triplet is to be", accepts: { $0 >= 0 && $0 <= 1000 }),
            .choice("distance", \.distance, "how far the vectors of a triplet are from one another"),
            sizes,
            .choice(
                "pooling", \.pooling,
                "which states of a text become its vector; auto: as the model's folder says, else the mean"),
            .choice(
                "normalize", \.normalize,
                "whether vectors get a length of 1; auto: as the model's folder says, else true"),
            .boolean(
                "skip_duplicates", \.skipDuplicates,
                "a text of the step that is the row's own, or belongs to the same anchor, is no negative of it"),
        ]
    }

    private static var sizes: RecipeKey<EmbedSection> {
        let expected = "a list of whole numbers from 1 to 65536"
        return RecipeKey(
            name: "dimensions",
            meaning:
                "sizes at which vectors are to be of use (Matryoshka): the loss is that of each; empty: all numbers",
            expected: expected, shape: .oneOrMore(.integer(1...65_536)),
            decode: { node, section, decoding, path in
                var sizes: [Int] = []
                for element in node.elements {
                    guard let size = element.integer else {
                        decoding.wrongType(element, path, expected: expected)
                        continue
                    }
                    guard (1...65_536).contains(size) else {
                        decoding.outOfRange(element, path, expected: expected)
                        continue
                    }
                    sizes.append(size)
                }
                decoding.requireOnce(node, path)
                section.dimensions = sizes
            },
            text: { YAMLText.list($0.dimensions.map { String($0) }) })
    }
}

extension IdleKey {
    /// Keys of vectors that say nothing to a recipe.
    static var ofVectors: [IdleKey] {
        EmbedSection.keys.map(\.name).map { name in
            IdleKey(path: "embed." + name) { recipe in
                recipe.task == .embed ? nil : "task \(recipe.task.rawValue) makes no vectors"
            }
        }
            + EmbedObjective.settings.map { name in
                IdleKey(path: "embed." + name) { recipe in
                    recipe.embed.objective.keys.contains(name)
                        ? nil
                        : "embed.objective \(recipe.embed.objective.rawValue) does not read it, "
                            + EmbedObjective.allCases.filter { $0.keys.contains(name) }.map(\.rawValue)
                            .joined(separator: " and ") + " would"
                }
            }
    }
}

extension Recipe {
    /// Whether a key of `embed`, as "embed.scale", decides something of what is learnt.
    func concernsVectors(_ path: String) -> Bool {
        guard path.hasPrefix("embed.") else { return true }
        let name = String(path.dropFirst("embed.".count))
        return task == .embed && (!EmbedObjective.settings.contains(name) || embed.objective.keys.contains(name))
    }
}
