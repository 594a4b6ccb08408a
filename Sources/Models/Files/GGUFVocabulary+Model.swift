// What a GGUF file of a model says of its tokenizer, whatever form the model lies in.

internal import JSON
public import Tokenizers
internal import WeightFiles

extension GGUFVocabulary {
    /// The vocabulary of `model`, with its chat templates.
    ///
    /// - Parameter templates: those, where they are others.
    /// - Throws: where there is no tokenizer, or none that llama.cpp has.
    public init(of model: any ModelSource, templates: [String: String]? = nil) throws {
        let templates = try templates ?? model.chatTemplates()
        switch try model.tokenizerSource() {
        case .vocabulary(let vocabulary)?: self = vocabulary
        case .json(let json, let companions)?:
            let size = try model.embeddingRows()
            try self.init(
                huggingFace: json, companions: companions, size: size, rendersChats: templates["default"] != nil)
            try readIDs(model, templates, size: size)
        case nil:
            throw WeightError(
                file: model.location, "no tokenizer.json: a GGUF file holds the tokenizer",
                hint: "save the model's fast tokenizer there: tokenizer.save_pretrained(…) in transformers",
                kind: .missingInput)
        }
        chatTemplates = Dictionary(templates.map { (Self.plainName($0.key), $0.value) }) { first, _ in first }
    }

    /// A template's name as a part of a key: letters and digits.
    private static func plainName(_ name: String) -> String {
        String(
            name.unicodeScalars.map { $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0) ? $0 : "_" }
                .map(Character.init))
    }

    /// Ids that the tokenizer's files do not name, and `config.json` does, unless a template would write the token then that it does not
    /// in training; and the token that ends answers where it is another than the one that ends texts, and llama.cpp would not know it by
    /// its name.
    private mutating func readIDs(_ model: any ModelSource, _ templates: [String: String], size: Int) throws {
        let configuration = model.huggingFaceConfiguration
        func stated(_ name: String) -> Int32? {
            guard !templates.values.contains(where: { $0.contains("\(name)_token") }) else { return nil }
            return configuration?["\(name)_token_id"]?.integer.flatMap { 0..<size ~= $0 ? Int32($0) : nil }
        }
        let settings = try model.generationSettings() ?? configuration
        let ends = ModelConfiguration.tokens(settings?["eos_token_id"]).filter { 0..<size ~= $0 }.map { Int32($0) }
        bosID = bosID ?? stated("bos")
        eosID = eosID ?? stated("eos") ?? ends.first
        paddingID = paddingID ?? stated("pad")
        unknownID = unknownID ?? stated("unk")
        let known = try Tokenizer(gguf: self).endOfGenerationIDs
        eotID = ends.first { !known.contains($0) }
    }
}
