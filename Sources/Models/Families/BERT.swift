// BERT: encoders with positions from 0 and types of tokens.

import JSON

extension ModelFamily {
    static let bert = ModelFamily(
        name: "bert", className: "BertModel", ggufArchitecture: "bert",
        scaledModules: ScaledModules(outputs: ["key", "value"], inputs: ["output.dense"]),
        fields: FieldTable(fields: ConfigurationField.sharedOfBERT),
        ggufFields: FieldTable(fields: PostNormEncoder.ggufFields),
        names: PostNormEncoder.names("bert", heads: ["cls.", "classifier.", "qa_outputs."]),
        read: { fields in
            try PostNormEncoder(fields, family: "bert", taskHeads: .onPooler("bert.pooler.dense")) {
                LearnedPositions(count: $0)
            }.configuration(headsKey: "num_attention_heads")
        },
        readGGUF: { try PostNormEncoder($0).configuration(headsKey: "attention.head_count") },
        write: PostNormEncoder.members, writeGGUF: nil)
}
