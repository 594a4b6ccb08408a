// What a folder's configuration says of the class that it was saved as, where that answers for a task.

public import Vocabulary

/// A class of transformers that answers for a task.
public enum TaskClass: String, Sendable, CaseIterable {
    case texts = "ForSequenceClassification"
    case words = "ForTokenClassification"

    /// The class that `architectures` names.
    init?(of source: any ModelSource) {
        let name = source.huggingFaceConfiguration?["architectures"]?.array?.first?.string ?? ""
        guard let found = Self.allCases.first(where: { name.hasSuffix($0.rawValue) }) else { return nil }
        self = found
    }

    /// The one whose head answers for `task`; nil where that has none.
    public init?(_ task: TaskKind) {
        guard task.hasHead else { return nil }
        self = task == .tag ? .words : .texts
    }
}

extension ModelConfiguration {
    /// The head of the class that the model was saved as; nil where that has none.
    public var ownHead: TaskHeadSpec? {
        switch taskClass {
        case .texts: taskHeads.texts
        case .words: taskHeads.words
        case nil: nil
        }
    }

    /// Whether the tensor `name` is of a layer of the model's own head.
    public func isOfOwnHead(_ name: String) -> Bool {
        ownHead?.layers.contains { name == $0.path + ".weight" || name == $0.path + ".bias" } ?? false
    }

    /// The class of transformers of this family with a head for `task`; nil where there is none.
    public func className(with head: TaskClass) -> String? {
        guard let family = ModelFamily.named(family), family.taskClasses.contains(head) else { return nil }
        let ending = ["ForCausalLM", "LMHeadModel", "Model"].first { family.className.hasSuffix($0) }
        return ending.map { (family.classStem ?? String(family.className.dropLast($0.count))) + head.rawValue }
    }
}
