// Which verbs a model can be used with, by what it is made for.

internal import JSON
internal import Models
internal import Vocabulary

/// For each verb that takes a model, what it does with this one, or "no" with the reason.
struct ModelVerbs {
    private let configuration: ModelConfiguration

    init(_ configuration: ModelConfiguration) { self.configuration = configuration }

    var json: JSONValue {
        let writes = configuration.writesText
        let reads = "no: it reads texts and writes none"
        let heads: [TaskKind] = [.classify, .regress]
        let tasks = ((writes ? [.generate] : []) + heads).map(\.rawValue).joined(separator: ", ")
        let members: [(verb: String, answer: String)] = [
            ("generate", writes ? "yes" : reads),
            (
                "predict",
                writes
                    ? "answers, labels; with the head of a task, what it says"
                    : "vectors; with the head of a task, what it says"
            ),
            ("train", "task: \(tasks)"), ("evaluate", writes ? "yes" : "with the head of a task"),
            ("score", writes ? "yes" : reads), ("distill", writes ? "yes" : reads), ("prune", writes ? "yes" : reads),
            ("imatrix", writes ? "yes" : reads),
            ("merge", "yes"), ("export", "yes"),
        ]
        let isPair = configuration.encoder != nil
        return .object(
            JSONObject(
                members.map {
                    (key: $0.verb, value: .string(isPair ? "no: it has an encoder and a decoder" : $0.answer))
                }))
    }
}
