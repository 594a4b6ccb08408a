// Which verbs a model can be used with, by what it is made for.

internal import JSON
internal import Models
internal import Vocabulary

/// For each verb that takes a model, what it does with this one, or "no" with the reason.
struct ModelVerbs {
    private let configuration: ModelConfiguration

    private static let ofTwoTexts = "no: it reads one text with an encoder and writes another"

    init(_ configuration: ModelConfiguration) { self.configuration = configuration }

    var json: JSONValue {
        let isOfTask = configuration.taskClass != nil, writes = configuration.writesText && !isOfTask
        let reads = "no: it reads texts and writes none"
        let isPair = configuration.encoder != nil,
            heads: [TaskKind] = isPair ? [] : [.classify, .regress, .tag, .embed]
        let tasks = ((writes ? [isPair ? .seq2seq : .generate] : []) + heads).map(\.rawValue).joined(separator: ", ")
        let members: [(verb: String, answer: String)] = [
            ("generate", writes ? "yes" : reads),
            (
                "predict",
                (writes ? "answers, labels" : "vectors") + (isPair ? "" : "; with the head of a task, what it says")
            ),
            ("train", "task: \(tasks)"), ("evaluate", writes ? "yes" : "with the head of a task"),
            ("score", writes ? "yes" : reads), ("distill", writes ? "yes" : reads), ("prune", writes ? "yes" : reads),
            ("imatrix", writes ? "yes" : reads),
            ("merge", "yes"), ("export", "yes"),
        ]
        let ofOneText = ["distill", "prune", "imatrix"]
        return .object(
            JSONObject(
                members.map { verb, answer in
                    (key: verb, value: .string(isPair && ofOneText.contains(verb) ? Self.ofTwoTexts : answer))
                }))
    }
}
