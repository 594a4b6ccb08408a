// Members that clients send and that change nothing here: they are known, so that no client is turned away for them,
// and what would have to change something is not among the values that they take.

enum IdleFields {
    private static let user = Field("user", .text(), "Who asks; told to nobody")
    private static let metadata = Field("metadata", .map(.text()), "Notes of the client; kept nowhere")

    /// What llama.cpp's clients say of samplers and places that there are none of here.
    static let llama = [
        Field("cache_prompt", .boolean, "Prompts that begin alike are found without it"),
        Field("id_slot", .integer(-1...Int.max), "Any place is as good as another"),
        Field("n_keep", .integer(-1...Int.max), "Nothing of a prompt is ever dropped"),
        Field("typical_p", .number(1...1), "There is none"), Field("mirostat", .integer(0...0), "There is none"),
        Field("dynatemp_range", .number(0...0), "There is none"),
        Field("xtc_probability", .number(0...0), "There is none"),
        Field("dry_multiplier", .number(0...0), "There is none"),
        Field("post_sampling_probs", .fixed(false), "Probabilities are the model's own"),
    ]

    static let openAI = [
        user, metadata,
        Field("store", .fixed(false), "Answers are never kept"),
        Field("service_tier", .word(["auto", "default"]), "There is one"),
        Field("safety_identifier", .text(), "Who asks; told to nobody"),
        Field("prompt_cache_key", .text(), "Prompts that begin alike are found without it"),
    ]
}
