// How PEFT's `adapter_config.json` speaks of a method: each says its own in its file.

public import JSON
public import Vocabulary

/// What a method is called in `adapter_config.json`, and its members there.
public struct PEFTWords: Sendable {
    /// What `peft_type` says: `LORA`, or a name that PEFT does not know and therefore refuses.
    public let type: String
    /// The member that is true for the method's adapters, and for no others of the type; nil where there is none.
    public let toggle: String?
    /// What r, α and dropout are called; nil where the method has none.
    public let rank: String?
    public let alpha: String?
    public let dropout: String?
    /// Whether `rank_pattern` and `alpha_pattern` say what modules have of their own.
    public let hasPatterns: Bool
    /// Where it says which directions of each module the file holds; nil: the file holds all.
    public let heldDirections: PEFTDirections?
    /// Whether blocks are chosen by `layers_to_transform`.
    public let hasBlocks: Bool
    /// Whether the configuration has all members of that of LoRA, and more.
    public let extendsLoRA: Bool
    /// Whether PEFT has the method for layers that store their weight as `[in, out]`.
    public let takesTransposed: Bool
    /// What the method is told beside.
    public let members: [PEFTMember]
    /// What is written beside, the same for all.
    public let fixed: JSONObject
    /// What says nothing of a saved adapter.
    public let harmless: [String]
    /// What but for 0 changes how PEFT trains, and not what the adapter computes.
    public let trainingOnly: [String]

    init(
        type: String, toggle: String? = nil, rank: String? = nil, alpha: String? = nil, dropout: String? = nil,
        hasPatterns: Bool = false, heldDirections: PEFTDirections? = nil, hasBlocks: Bool = true,
        extendsLoRA: Bool = false,
        takesTransposed: Bool = true,
        members: [PEFTMember] = [], fixed: [(String, JSONValue)] = [], harmless: [String] = [],
        trainingOnly: [String] = []
    ) {
        self.type = type
        self.toggle = toggle
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.hasPatterns = hasPatterns
        self.heldDirections = heldDirections
        self.hasBlocks = hasBlocks
        self.extendsLoRA = extendsLoRA
        self.takesTransposed = takesTransposed
        self.members = members
        self.fixed = JSONObject(fixed)
        self.harmless = harmless
        self.trainingOnly = trainingOnly
    }

    /// Those of methods that are variants of LoRA.
    static func lora(type: String = loraType, toggle: String? = nil) -> PEFTWords {
        PEFTWords(
            type: type, toggle: toggle, rank: "r", alpha: "lora_alpha", dropout: "lora_dropout", hasPatterns: true,
            extendsLoRA: true)
    }

    /// PEFT's own name of low-rank adapters.
    public static let loraType = "LORA"
}

/// How `adapter_config.json` says which directions of each module the file holds.
public struct PEFTDirections: Sendable {
    /// The member, which says it by the paths of the directions' values.
    public let key: String
    /// The state that holds these: the end of the paths.
    public let state: String
}

/// A member of `adapter_config.json` that a method has for itself.
public struct PEFTMember: Sendable {
    public let key: String
    /// What is expected there, in words.
    public let expected: String
    /// The value of a setting; null where there is none.
    public let write: @Sendable (AdapterMethodSettings) -> JSONValue
    /// Takes a value over; false where it is none that the setting can have.
    public let read: @Sendable (JSONValue, inout AdapterMethodSettings) -> Bool

    /// A whole number.
    static func integer(
        _ key: String, _ path: any WritableKeyPath<AdapterMethodSettings, Int> & Sendable, _ range: ClosedRange<Int>
    ) -> PEFTMember {
        PEFTMember(key: key, expected: "a whole number") {
            .integer($0[keyPath: path])
        } read: { value, settings in
            guard let number = value.integer, range.contains(number) else { return false }
            settings[keyPath: path] = number
            return true
        }
    }

    /// A number that `accepts` takes.
    static func number(
        _ key: String, _ path: any WritableKeyPath<AdapterMethodSettings, Double> & Sendable, _ expected: String,
        _ accepts: @escaping @Sendable (Double) -> Bool
    ) -> PEFTMember {
        PEFTMember(key: key, expected: expected) {
            .double($0[keyPath: path])
        } read: { value, settings in
            guard let number = value.double, accepts(number) else { return false }
            settings[keyPath: path] = number
            return true
        }
    }

    /// True or false.
    static func flag(_ key: String, _ path: any WritableKeyPath<AdapterMethodSettings, Bool> & Sendable) -> PEFTMember {
        PEFTMember(key: key, expected: "true or false") {
            .bool($0[keyPath: path])
        } read: { value, settings in
            guard let flag = value.bool else { return false }
            settings[keyPath: path] = flag
            return true
        }
    }

    /// A list of names; null: none are said.
    static func names(
        _ key: String, _ path: any WritableKeyPath<AdapterMethodSettings, [String]?> & Sendable
    ) -> PEFTMember {
        PEFTMember(key: key, expected: "a list of names") {
            $0[keyPath: path].map { .array($0.map { .string($0) }) } ?? .null
        } read: { value, settings in
            guard let names = value.array?.map(\.string), !names.contains(nil) else { return value == .null }
            settings[keyPath: path] = names.compactMap { $0 }
            return true
        }
    }
}
