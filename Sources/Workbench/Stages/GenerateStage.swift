// The answer to one prompt.

/// Answers a prompt with the session's model and its adapter. For a chat, whose answers know what was said, see
/// `TextGenerator`.
public struct GenerateStage: Stage {
    private let prompt: String
    private let settings: GenerationSettings
    private let onText: (String) -> Void

    /// - Parameter onText: gets the answer piece by piece, as it is generated.
    public init(
        _ prompt: String, settings: GenerationSettings = GenerationSettings(),
        onText: @escaping (String) -> Void = { _ in }
    ) {
        self.prompt = prompt
        self.settings = settings
        self.onText = onText
    }

    /// - Throws: `Failure` for settings that do not go together and for prompts that the model cannot take.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> GeneratedText {
        let generator = try TextGenerator(session, settings: settings)
        generator.tell(observer)
        return try generator.answer(prompt, onText: onText)
    }
}
