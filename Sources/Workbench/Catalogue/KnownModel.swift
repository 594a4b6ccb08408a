// Models that Lathe knows by name: small ones of the families that it runs, for whoever has none yet.

internal import Vocabulary

/// A model on the hub, with what a person wants to know before it is fetched.
struct KnownModel: Sendable {
    enum Kind: String, Sendable {
        /// Answers in chats.
        case chat
        /// Goes on writing; knows no chat.
        case plain
        /// Reads one text and writes another.
        case seq2seq
        /// Reads texts and writes none.
        case encoder
    }

    /// OWNER/NAME.
    let name: String
    let kind: Kind
    /// Of what is fetched, in megabytes; about.
    let megabytes: Int
    let licence: String
    /// Languages that it was made for, or how many.
    let languages: String
    /// Whether the hub gives it only to those who have agreed to its terms.
    var wantsToken = false

    /// What gets it.
    var command: String { (wantsToken ? "HF_TOKEN=… " : "") + "lathe fetch \(name)" }

    /// Where it stands then.
    var place: String { "\(FetchStage.usualPlace)/\(name.split(separator: "/").last ?? "")" }

    /// Smaller ones first, within each kind.
    static let all: [KnownModel] = [
        KnownModel(
            name: "HuggingFaceTB/SmolLM2-135M-Instruct", kind: .chat, megabytes: 270, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "google/gemma-3-270m-it", kind: .chat, megabytes: 540, licence: "Gemma",
            languages: "English, 140 others",
            wantsToken: true),
        KnownModel(
            name: "HuggingFaceTB/SmolLM2-360M-Instruct", kind: .chat, megabytes: 720, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "Qwen/Qwen2.5-0.5B-Instruct", kind: .chat, megabytes: 990, licence: "Apache-2.0",
            languages: "Chinese, English, 27 others"),
        KnownModel(
            name: "Qwen/Qwen3-0.6B", kind: .chat, megabytes: 1_500, licence: "Apache-2.0",
            languages: "Chinese, English, 117 others"),
        KnownModel(
            name: "meta-llama/Llama-3.2-1B-Instruct", kind: .chat, megabytes: 2_500, licence: "Llama 3.2 Community",
            languages: "English, German, French, Spanish, Italian, Portuguese, Hindi, Thai", wantsToken: true),
        KnownModel(
            name: "allenai/OLMo-2-0425-1B-Instruct", kind: .chat, megabytes: 3_000, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "Qwen/Qwen2.5-1.5B-Instruct", kind: .chat, megabytes: 3_100, licence: "Apache-2.0",
            languages: "Chinese, English, 27 others"),
        KnownModel(
            name: "HuggingFaceTB/SmolLM2-1.7B-Instruct", kind: .chat, megabytes: 3_400, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "HuggingFaceTB/SmolLM3-3B", kind: .chat, megabytes: 6_200, licence: "Apache-2.0",
            languages: "English, French, Spanish, German, Italian, Portuguese"),
        KnownModel(
            name: "microsoft/Phi-3-mini-4k-instruct", kind: .chat, megabytes: 7_600, licence: "MIT",
            languages: "English"),
        KnownModel(
            name: "HuggingFaceTB/SmolLM2-135M", kind: .plain, megabytes: 270, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "openai-community/gpt2", kind: .plain, megabytes: 550, licence: "MIT", languages: "English"),
        KnownModel(
            name: "google/flan-t5-small", kind: .seq2seq, megabytes: 310, licence: "Apache-2.0",
            languages: "English, French, German"),
        KnownModel(
            name: "google/flan-t5-base", kind: .seq2seq, megabytes: 990, licence: "Apache-2.0",
            languages: "English, French, German"),
        KnownModel(
            name: "sentence-transformers/all-MiniLM-L6-v2", kind: .encoder, megabytes: 92, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "intfloat/multilingual-e5-small", kind: .encoder, megabytes: 490, licence: "MIT",
            languages: "Chinese, English, 92 others"),
        KnownModel(
            name: "answerdotai/ModernBERT-base", kind: .encoder, megabytes: 600, licence: "Apache-2.0",
            languages: "English"),
        KnownModel(
            name: "FacebookAI/xlm-roberta-base", kind: .encoder, megabytes: 1_100, licence: "MIT",
            languages: "Chinese, English, 98 others"),
    ]

    /// The smallest that needs no terms to be agreed to, made for `language` and of use for `task`.
    static func smallest(for task: TaskKind, in language: String?) -> KnownModel {
        let reads = task == .classify || task == .regress || task == .tag || task == .embed
        let fitting = all.filter { $0.kind == (reads ? .encoder : .chat) && !$0.wantsToken }
        let named = ["English", "Latin script", nil].contains(language) ? "English" : language ?? ""
        // Where the language is not among those named, the models of most languages are meant.
        return fitting.first { $0.languages.contains(named) } ?? fitting.first { $0.languages.contains("others") }
            ?? fitting[0]
    }
}
