// Where an adapter comes from: `lathe.json` beside PEFT's files. PEFT does not read it.

public import JSON

/// On what an adapter was trained; every digest is SHA-256 in lower-case hexadecimal.
public struct AdapterProvenance: Sendable, Equatable {
    /// The base's file or directory name.
    public var baseName: String?
    /// Of the base's bytes: an adapter belongs to the numbers it was trained on.
    public var baseDigest: String?
    /// How those bytes store numbers: `q4_1`, `bf16`.
    public var baseQuantisation: String?
    /// Of the chat template's text.
    public var templateDigest: String?
    /// Of the resolved recipe.
    public var recipeDigest: String?
    /// Of the training rows.
    public var dataDigest: String?
    /// The form of the training rows: `classification`.
    public var rowFormat: String?
    /// How they became text: `chat`, through the template, or `plain`.
    public var promptStyle: String?
    /// The system message of rows that had none of their own.
    public var system: String?
    /// Optimiser steps taken.
    public var steps: Int?
    /// The head of a task that was trained with it; nil where it writes text.
    public var head: SavedHead?
    /// How texts become vectors, where it was trained for that.
    public var vectors: VectorNotes?

    public init(
        baseName: String? = nil, baseDigest: String? = nil, baseQuantisation: String? = nil,
        templateDigest: String? = nil, recipeDigest: String? = nil, dataDigest: String? = nil, rowFormat: String? = nil,
        promptStyle: String? = nil, system: String? = nil, steps: Int? = nil, head: SavedHead? = nil
    ) {
        self.baseName = baseName
        self.baseDigest = baseDigest
        self.baseQuantisation = baseQuantisation
        self.templateDigest = templateDigest
        self.recipeDigest = recipeDigest
        self.dataDigest = dataDigest
        self.rowFormat = rowFormat
        self.promptStyle = promptStyle
        self.system = system
        self.steps = steps
        self.head = head
    }

    /// The file's name.
    static let fileName = "lathe.json"
    private static let format = "lathe adapter 1"

    /// Reads what `json` writes; unknown fields stay nil.
    ///
    /// - Throws: where what stands in the place of a head describes none: its answers would have to be guessed.
    public init(json: JSONValue) throws(AdapterError) {
        let vectors = json["embed"].flatMap { VectorNotes($0) }
        guard vectors != nil || json["embed"] == nil else {
            throw AdapterError("does not say how texts become vectors", subject: "embed", found: json["embed"]?.text())
        }
        let head = json["head"].flatMap { SavedHead($0) }
        guard head != nil || json["head"] == nil else {
            throw AdapterError("describes no head of a task", subject: "head", found: json["head"]?.text())
        }
        self.init(
            baseName: json["base_name"]?.string, baseDigest: json["base_sha256"]?.string,
            baseQuantisation: json["base_quantisation"]?.string, templateDigest: json["template_sha256"]?.string,
            recipeDigest: json["recipe_sha256"]?.string, dataDigest: json["data_sha256"]?.string,
            rowFormat: json["row_format"]?.string, promptStyle: json["prompt_style"]?.string,
            system: json["system"]?.string,
            steps: json["steps"]?.integer, head: head)
        self.vectors = vectors
    }

    /// The file's content.
    public var json: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        var object = JSONObject([
            ("format", .string(Self.format)), ("base_name", text(baseName)), ("base_sha256", text(baseDigest)),
            ("base_quantisation", text(baseQuantisation)), ("template_sha256", text(templateDigest)),
            ("recipe_sha256", text(recipeDigest)), ("data_sha256", text(dataDigest)),
            ("row_format", text(rowFormat)), ("prompt_style", text(promptStyle)), ("system", text(system)),
            ("steps", steps.map { .integer($0) } ?? .null),
        ])
        if let head { object["head"] = .object(head.json) }
        if let vectors { object["embed"] = vectors.json }
        return object
    }
}
