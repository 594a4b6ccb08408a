// An adapter is asked in the form in which its rows were rendered, unless the person says otherwise.

internal import Adapters
internal import Datasets
internal import Recipes
internal import Vocabulary

extension AdapterProvenance {
    /// With how the training rows became text.
    init(
        baseName: String?, baseDigest: String?, baseQuantisation: String?, templateDigest: String?,
        recipeDigest: String?,
        dataDigest: String?, rendering: RowRendering
    ) {
        self.init(
            baseName: baseName, baseDigest: baseDigest, baseQuantisation: baseQuantisation,
            templateDigest: templateDigest, recipeDigest: recipeDigest, dataDigest: dataDigest,
            rowFormat: rendering.format.rawValue, promptStyle: rendering.style.rawValue, system: rendering.system)
    }

    /// How the training rows became text; `nil` where nobody noted it.
    var rendering: RowRendering? {
        guard let style = promptStyle.flatMap(PromptStyle.init) else { return nil }
        return RowRendering(format: rowFormat.flatMap(RowFormat.init) ?? .auto, style: style, system: system)
    }
}

/// How a model with an adapter is asked.
struct AdapterRendering {
    /// As the adapter's rows were rendered, with what the person set in its place.
    let rendering: RowRendering
    /// What is done because of the adapter, a line each.
    private(set) var notes: [String] = []
    /// What is done in another way than the adapter was trained.
    private(set) var warnings: [String] = []

    /// - Parameters:
    ///   - noted: how the adapter's rows were rendered; `nil` for a model alone, and where nobody noted it.
    ///   - hasTemplate: whether rows could go through one.
    ///   - system: a system message given on the command line.
    ///   - isRaw: whether the person asked for no template.
    init(_ recipe: Recipe, noted: RowRendering?, hasTemplate: Bool = true, system: String? = nil, isRaw: Bool = false) {
        var asked = RowRendering(
            format: noted?.format ?? .auto,
            style: isRaw ? .plain : recipe.data.promptStyle,
            system: system ?? recipe.data.system)
        if let noted {
            if isRaw || recipe.isSet("data.prompt_style") {
                if asked.style != .auto, asked.style != noted.style {
                    warnings.append(
                        "the adapter was trained \(Self.words[noted.style] ?? "otherwise"), and is asked "
                            + "\(Self.words[asked.style] ?? "otherwise") here")
                }
            } else {
                asked.style = noted.style
                if noted.style == .plain, hasTemplate {
                    notes.append(
                        "the adapter was trained \(Self.words[.plain] ?? ""), so it is asked in that way; "
                            + "--set data.prompt_style=chat uses the template")
                }
            }
            if system != nil || recipe.isSet("data.system") {
                if asked.system != noted.system {
                    warnings.append(
                        "the adapter was trained with \(Self.message(noted.system)), not with the one given")
                }
            } else if let system = noted.system {
                asked.system = system
                notes.append("with \(Self.message(system)), as the adapter was trained; data.system sets another")
            }
        }
        rendering = asked
    }

    private static let words: [PromptStyle: String] = [
        .chat: "through the chat template", .plain: "on plain texts, without the chat template",
    ]

    private static func message(_ system: String?) -> String {
        system.map { "the system message \"\($0)\"" } ?? "no system message of its own"
    }

    /// `recipe` with rows rendered as the adapter's were.
    func applied(to recipe: Recipe) -> Recipe {
        var recipe = recipe
        recipe.data.promptStyle = rendering.style
        recipe.data.system = rendering.system
        return recipe
    }

    /// Tells what is done because of the adapter, and what in another way.
    func tell(_ observer: any RunObserver) {
        for note in notes { observer.receive(.note(note)) }
        for warning in warnings { observer.receive(.warning(warning)) }
    }
}
