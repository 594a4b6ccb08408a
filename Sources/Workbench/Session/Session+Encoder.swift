// What a session asks of a model with an encoder and a decoder, and what it does not.

internal import Models
internal import Vocabulary

extension OpenedModel {
    /// Whether an encoder reads one text and a decoder writes another.
    var hasEncoder: Bool { configuration.encoder != nil }

    /// Throws where `work` is of models that read and write one text, and this is none.
    /// - Parameter hint: what to do instead.
    func requireOneText(
        for work: String, hint: String = "train, evaluate, score, predict, generate, merge and export take it"
    ) throws {
        guard hasEncoder else { return }
        throw Failure(
            .badInput,
            "\(work): \(path: path) is a model of the family \(configuration.family), which reads one text with an encoder "
                + "and writes another", hint: hint)
    }
}

extension Session {
    /// Throws where the recipe names a task that is not the model's: which of two ways of writing is meant, the model says.
    func requireTask(of base: OpenedModel) throws {
        let named = recipe.isSet("task") ? recipe.task : nil, own = TaskKind.seq2seq
        guard base.hasEncoder else {
            guard named == own else { return }
            throw Failure(
                .badInput,
                "task: \(own.rawValue) is of models with an encoder and a decoder, and \(path: base.path) is of the family "
                    + base.configuration.family,
                hint: base.configuration.writesText
                    ? "leave task out, or set task: \(TaskKind.generate.rawValue)" : "lathe inspect says what it is for"
            )
        }
        guard let named, named != own else { return }
        throw Failure(
            .badInput,
            "task: \(named.rawValue): \(path: base.path) is a model of the family \(base.configuration.family), which reads "
                + "one text with an encoder and writes another", hint: "set task: \(own.rawValue), or leave task out")
    }
}
