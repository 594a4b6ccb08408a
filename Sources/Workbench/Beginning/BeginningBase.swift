// The base of a recipe that is begun: the one that was named, one that is there, or one to be fetched.

internal import Files
internal import Vocabulary

/// A base model, or the place where one will stand.
struct BeginningBase {
    let path: String
    /// Opened; nil where it is yet to be fetched.
    let opened: OpenedModel?
    /// What gets it; nil where it is there.
    let command: String?

    private init(path: String, opened: OpenedModel?, command: String?) {
        (self.path, self.opened, self.command) = (path, opened, command)
    }

    /// A model that was named.
    init(named path: String) throws {
        self = BeginningBase(path: path, opened: try OpenedModel(path), command: nil)
    }

    /// The smallest model that is there and of use for `task`; else one that is known by name.
    init(for task: TaskKind, in language: String?) throws {
        let writes = task.writesText
        let present = try ModelCatalogue.usual()
        // Who reads alone is best at reading; who writes can read too.
        let fitting =
            writes
            ? present.first { $0.writesText && $0.hasTemplate } ?? present.first(where: \.writesText)
            : present.first { !$0.writesText } ?? present.first
        if let fitting {
            self = try BeginningBase(named: fitting.path)
            return
        }
        let known = KnownModel.smallest(for: task, in: language)
        self = BeginningBase(path: known.place, opened: nil, command: known.command)
    }

    /// Throws where the model cannot learn what is asked.
    func requireFitting(_ purpose: RowPurpose) throws {
        guard let opened, purpose.task.writesText, !opened.configuration.writesText else { return }
        throw Failure(
            .badInput, "\(path: path) reads texts and writes none, and \(purpose.rawValue) is to write",
            hint: "name another base, or another --task: classification, regression, spans, pairs")
    }
}
