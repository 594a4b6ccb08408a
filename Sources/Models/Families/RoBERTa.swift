// RoBERTa, XLM-RoBERTa and CamemBERT: BERT whose positions begin after the padding token's, which keeps its own.

import JSON

extension ModelFamily {
    static let roberta = RoBERTa.family(
        "roberta", "RobertaModel", vocabularySize: 50_265,
        scaledModules: ScaledModules(outputs: ["key", "value"], inputs: ["output.dense"]))
    static let xlmRoberta = RoBERTa.family("xlm-roberta", "XLMRobertaModel", vocabularySize: 30_522)
    static let camembert = RoBERTa.family("camembert", "CamembertModel", vocabularySize: 30_522)
}

private enum RoBERTa {
    static func family(
        _ name: String, _ className: String, vocabularySize: Int, scaledModules: ScaledModules? = nil
    ) -> ModelFamily {
        ModelFamily(
            name: name, className: className, ggufArchitecture: "bert",
            scaledModules: scaledModules,
            fields: FieldTable(
                fields: ConfigurationField.sharedOfBERT + ConfigurationField.read("pad_token_id", mayBeNull: false)),
            ggufFields: FieldTable(fields: PostNormEncoder.ggufFields),
            names: PostNormEncoder.names("roberta", heads: ["lm_head.", "classifier.", "qa_outputs."]),
            read: { fields in try read(fields, name, vocabularySize) },
            // Files of the architecture are read as BERT's: their positions begin with the first token's.
            readGGUF: { try PostNormEncoder($0).configuration(headsKey: "attention.head_count") },
            write: { PostNormEncoder.members($0) + padding($0) },
            writeGGUF: nil)
    }

    /// Of texts a network of its own on the first state: there is no pooler below it.
    private static let heads = TaskHeads.encoder(
        texts: [.init("classifier.dense", function: .tanh)], answers: "classifier.out_proj")

    private static func read(
        _ fields: HuggingFaceFields, _ name: String, _ vocabularySize: Int
    ) throws -> ModelConfiguration {
        let padding = try fields.optional("pad_token_id") ?? 1
        guard padding >= 0 else {
            throw ModelConfigurationError.invalid(
                key: "pad_token_id", value: "\(padding)", expected: "a token: positions begin after it")
        }
        return try PostNormEncoder(fields, family: name, vocabularySize: vocabularySize, taskHeads: heads) {
            LearnedPositions(count: $0, offset: padding + 1, padding: padding)
        }.configuration(headsKey: "num_attention_heads")
    }

    private static func padding(_ model: ModelConfiguration) -> [JSONObject.Member] {
        (model.embedding.positions?.padding).map { [("pad_token_id", .integer($0))] } ?? []
    }
}
