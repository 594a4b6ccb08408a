// One face for every form in which a model lies on disk.

internal import Files
public import Foundation
public import JSON
public import Tokenizers
public import WeightFiles

/// A model on disk, in whatever form: its weights, and all else that makes them a model.
///
/// A new file format is one type that conforms, and a line in `openWeights`. What it does not have it says so: everybody else asks
/// this face, and never what type stands behind it.
public protocol ModelSource: WeightSource {
    /// The file of the model's folder that says what the model is, for messages; nil where the model is one file.
    var configurationName: String? { get }

    /// What the model is, by that file's own word.
    ///
    /// - Throws: where a key is missing, or means something that is not computed here.
    func statedConfiguration() throws -> ModelConfiguration

    /// What the person should know of that file, in whole sentences.
    func configurationNotes() throws -> [String]

    /// `config.json` as it stands beside the weights; nil in forms without one.
    var huggingFaceConfiguration: JSONValue? { get }

    /// All that is said of the model beside its numbers, or what stands for that: another text wherever something else is said.
    var configurationText: String { get }

    /// What the tokenizer is made from; nil where there is nothing.
    func tokenizerSource() throws -> TokenizerSource?

    /// Where the chat templates stand.
    var chatTemplatePlace: ChatTemplatePlace { get }

    /// `generation_config.json`: among others the tokens that end answers; nil where there is none.
    func generationSettings() throws -> JSONValue?

    /// How the model makes a vector of a text; nil where nothing says it.
    ///
    /// - Throws: for a step that is not computed here.
    func sentenceSettings() throws -> SentenceSettings?

    /// Files that go with the model as they are, named as they stand in its folder.
    func companions() throws -> [(name: String, url: URL)]

    /// The same with what stands in them.
    func companionContents() throws -> [(name: String, bytes: [UInt8])]
}

extension ModelSource {
    public var configurationName: String? { nil }
    public var huggingFaceConfiguration: JSONValue? { nil }
    public var configurationText: String { huggingFaceConfiguration?.text() ?? "" }
    public func generationSettings() throws -> JSONValue? { nil }
    public func sentenceSettings() throws -> SentenceSettings? { nil }
    public func companions() throws -> [(name: String, url: URL)] { [] }

    /// V as the embedding has it; 0 where there is none.
    ///
    /// - Throws: where it is not known what the model is.
    public func embeddingRows() throws -> Int {
        guard let names = try ModelConfiguration(of: self).weightNames else { return 0 }
        return shape(at: names.embedding + ".weight")?.sizes.first ?? 0
    }

    public func companionContents() throws -> [(name: String, bytes: [UInt8])] {
        try companions().map { ($0.name, try WholeFile.bytes($0.url.path)) }
    }
}

/// What a tokenizer is made from.
public enum TokenizerSource {
    /// `tokenizer.json` and the files beside it.
    case json(JSONValue, TokenizerCompanions)
    /// A list of tokens with what says how to use them.
    case vocabulary(GGUFVocabulary)

    /// - Throws: `TokenizerError` for a kind that is not known and for parts that do not fit together.
    public func tokenizer() throws -> Tokenizer {
        switch self {
        case .json(let json, let companions): try Tokenizer(huggingFace: json, companions: companions)
        case .vocabulary(let vocabulary): try Tokenizer(gguf: vocabulary)
        }
    }
}

/// Where a model's chat templates stand.
public enum ChatTemplatePlace {
    /// In a model's folder, as transformers looks for them.
    case folder(String)
    /// Texts by name, `default` among them; empty where there are none.
    case texts([String: String])
}
