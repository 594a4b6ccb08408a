// What `generation_config.json` says of answers: which tokens end them, and what is not used here.

internal import JSON
internal import Models

/// The settings of generation that a model brings.
struct GenerationDefaults {
    private static let fileName = "generation_config.json"

    /// Fields that change or end greedy answers in transformers, each with the value that does nothing.
    private static let unheard: [(name: String, idle: JSONValue)] = [
        ("stop_strings", []), ("bad_words_ids", []), ("suppress_tokens", []), ("begin_suppress_tokens", []),
        ("forced_bos_token_id", .null), ("forced_eos_token_id", .null), ("repetition_penalty", 1),
        ("no_repeat_ngram_size", 0), ("min_length", 0), ("min_new_tokens", 0),
    ]

    private let settings: JSONValue?
    private let place: String

    init(_ source: any ModelSource) throws {
        settings = try source.generationSettings()
        place = "\(source.location)/\(Self.fileName)"
    }

    /// What of it would change answers and is not used.
    var notes: [String] {
        guard let settings else { return [] }
        let names = Self.unheard.filter { name, idle in
            guard let value = settings[name], !value.isNull else { return false }
            return value != idle && (value.double == nil || value.double != idle.double)
        }.map(\.name)
        return names.isEmpty ? [] : ["\(Self.fileName): not used in answers: \(names.joined(separator: ", "))"]
    }

    /// The ids that end answers.
    var endTokens: [Int] {
        get throws {
            guard let settings else { return [] }
            guard settings.object != nil else { throw Failure(.badInput, "\(path: place) holds no object") }
            guard let value = settings["eos_token_id"], !value.isNull else { return [] }
            let ids = ModelConfiguration.tokens(value)
            guard !ids.isEmpty, ids.count == value.array?.count ?? 1 else {
                throw Failure(
                    .badInput, "\(path: place): eos_token_id is \(value.text(.compact))",
                    hint: "one token id, or a list of them")
            }
            return ids
        }
    }
}
