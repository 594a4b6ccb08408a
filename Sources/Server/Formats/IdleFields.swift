// Members that clients send and that change nothing here: they are known, so that no client is turned away for them, and what would
// have to change something is not among the values that they take.

enum IdleFields {
    private static let user = Field("user", .text(), "Who asks; told to nobody")
    private static let metadata = Field("metadata", .map(.text()), "Notes of the client; kept nowhere")

    static let openAI = [
        user, metadata,
        Field("store", .fixed(false), "Answers are never kept"),
        Field("service_tier", .word(["auto", "default"]), "There is one"),
        Field("safety_identifier", .text(), "Who asks; told to nobody"),
        Field("prompt_cache_key", .text(), "Prompts that begin alike are found without it"),
    ]
}
