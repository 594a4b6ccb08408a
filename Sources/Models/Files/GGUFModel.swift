// A GGUF file as a model.

internal import Tokenizers

extension GGUFWeights: ModelSource {
    public var chatTemplatePlace: ChatTemplatePlace { .texts(gguf.chatTemplates) }
    public var configurationText: String { gguf.headDigest }
    public func statedConfiguration() throws -> ModelConfiguration { try ModelConfiguration(gguf: gguf) }
    public func configurationNotes() throws -> [String] { try ModelConfiguration.notes(gguf: gguf) }
    public func sentenceSettings() throws -> SentenceSettings? { try SentenceSettings(gguf) }
    public func tokenizerSource() throws -> TokenizerSource? { .vocabulary(try GGUFVocabulary(gguf: gguf)) }
}
