// `lathe init`: from a file of rows to a recipe that runs.

internal import Datasets
internal import Digests
internal import Files
internal import Foundation
internal import Recipes
internal import Spelling
internal import Vocabulary

/// What a person is asked: one of several answers, or a text.
public struct BeginningQuestion: Sendable {
    public let text: String
    /// Answers with what they mean; empty where any text may be said.
    public let choices: [(answer: String, meaning: String)]
    /// What is taken where nothing is said.
    public let usual: String
}

/// What is known of a recipe before it is begun.
public struct BeginningWishes: Sendable {
    public var file: String
    /// Where the recipe goes; nil for the run's name in the working directory.
    public var output: String?
    public var purpose: RowPurpose?
    /// The base model's path.
    public var base: String?
    /// Keys of the recipe that say how the file is read, as `data.layout=text`.
    public var overrides: [String] = []
    /// Whether a recipe that was begun before, and not changed since, may be replaced.
    public var replaces = false

    public init(file: String) { self.file = file }
}

/// Looks at rows and writes the recipe that trains on them.
public struct BeginningStage {
    private let wishes: BeginningWishes
    private let ask: ((BeginningQuestion) throws -> String)?

    /// - Parameter ask: gets a person's answer; nil where nobody is there, and the likeliest is taken.
    public init(_ wishes: BeginningWishes, ask: ((BeginningQuestion) throws -> String)? = nil) {
        self.wishes = wishes
        self.ask = ask
    }

    /// - Throws: `DatasetError` for what is no file of rows, `Failure` where the rows cannot be trained on as asked, or where
    ///   something stands at the recipe's place.
    public func run(_ observer: any RunObserver) throws -> BeginningReport {
        observer.receive(.stage("look", detail: wishes.file))
        let reading = try reading()
        let look = try FileLook(wishes.file, reading.data.inputSettings)
        let uses = RowUse.all(of: look)
        let use = try choose(uses, look)
        let base = try chooseBase(use, look)
        try base.requireFitting(use.purpose)
        let place = OutputPlaces.url(wishes.output ?? Self.name(of: wishes.file) + ".yaml")
        try requireFree(place)
        var recipe = BeginningRecipe(
            look: look, use: use, base: base, name: Self.name(of: wishes.output ?? wishes.file),
            train: Self.path(wishes.file, from: place),
            heldOut: try Self.heldOut(beside: wishes.file).map { Self.path($0, from: place) },
            given: reading.overridden)
        let unreadable = try unreadable(
            look, ResolvedRecipe(yaml: recipe.draft.yaml, file: place.path), use, isOnlyUse: uses.count == 1)
        recipe.unreadable = unreadable
        let yaml = recipe.draft.yaml
        _ = try RecipeCheck(ResolvedRecipe(yaml: yaml, file: place.path))
        try write(yaml, place)
        return BeginningReport(
            look: look, uses: uses, use: use, unreadable: unreadable, base: base, recipe: place.path,
            shownPath: wishes.output ?? place.lastPathComponent)
    }

    // MARK: Choices

    private static let readingKeys = [
        "layout", "encoding", "separator", "quotes", "column_names", "records", "documents",
    ].map { "data." + $0 }

    /// What the person says of how the file is read.
    private func reading() throws -> Recipe {
        let recipe = try Recipe.load(overrides: wishes.overrides)
        if let other = recipe.overriddenKeys.subtracting(Self.readingKeys).sorted().first {
            throw Failure(
                .usage, "--set \(other): lathe init takes no key but those that say how a file is read",
                hint: "they are \(Self.readingKeys.joined(separator: ", ")); the others can be set in the recipe")
        }
        return recipe
    }

    private func choose(_ uses: [RowUse], _ look: FileLook) throws -> RowUse {
        if let purpose = wishes.purpose {
            if let use = uses.first(where: { $0.purpose == purpose }) { return use }
            throw Failure(
                .badInput, "\(path: look.path): no columns are known that make rows for --task \(purpose.rawValue)",
                hint: "the columns are \(Self.names(look)); \(Self.possible(uses))")
        }
        guard let likeliest = uses.first else {
            throw Failure(
                .badInput, "\(path: look.path): no columns are known that rows can be trained by",
                hint:
                    "the columns are \(Self.names(look)); name one as a form of row has it, such as text, or prompt and completion"
            )
        }
        guard let ask, uses.count > 1 else { return likeliest }
        let answer = try ask(
            BeginningQuestion(
                text: "What is to be learnt?",
                choices: uses.map { ($0.purpose.rawValue, "\($0.purpose.meaning): \($0.words)") },
                usual: likeliest.purpose.rawValue))
        return uses.first { $0.purpose.rawValue == answer } ?? likeliest
    }

    private func chooseBase(_ use: RowUse, _ look: FileLook) throws -> BeginningBase {
        if let base = wishes.base { return try BeginningBase(named: base) }
        let usual = try BeginningBase(for: use.purpose.task, in: look.languages.first?.name)
        guard let ask else { return usual }
        let there = usual.command.map { " (not there yet: \($0))" } ?? ""
        let answer = try ask(
            BeginningQuestion(text: "Which base model?\(there)", choices: [], usual: usual.path))
        return answer == usual.path ? usual : try BeginningBase(named: answer)
    }

    private static func names(_ look: FileLook) -> String {
        look.fields.prefix(12).map { "\"\(ShownText.name($0.name))\"" }.joined(separator: ", ")
    }

    private static func possible(_ uses: [RowUse]) -> String {
        let names = uses.map(\.purpose.rawValue)
        return names.isEmpty ? "nothing fits them" : "what fits them: \(names.joined(separator: ", "))"
    }

    // MARK: Names and places

    /// What a run on `file` is called: as the file, or as its folder where the file is called as many are.
    private static func name(of file: String) -> String {
        let url = OutputPlaces.url(file)
        var stem = url.lastPathComponent.prefix { $0 != "." }
        if ["train", "training", "data", "rows", "dataset"].contains(stem.lowercased()) {
            let folder = url.deletingLastPathComponent().lastPathComponent
            if Recipe.isName(folder) { stem = folder[...] }
        }
        let plain = stem.map { Recipe.isName("x\($0)x") && $0 != " " ? $0 : "-" }
        return Recipe.isName(String(plain)) ? String(plain) : "recipe"
    }

    /// `path` as a recipe at `place` names it: as it is where both are looked for from here, else from the root.
    private static func path(_ path: String, from place: URL) -> String {
        let here = URL(fileURLWithPath: ".").standardizedFileURL.path
        let isHere = place.deletingLastPathComponent().standardizedFileURL.path == here
        return isHere || path.hasPrefix("/") ? path : OutputPlaces.url(path).path
    }

    /// A file of held-out rows that lies beside one of training rows.
    private static func heldOut(beside file: String) throws -> String? {
        let url = URL(fileURLWithPath: file)
        let name = url.lastPathComponent
        let stem = name.prefix { $0 != "." }
        guard ["train", "training"].contains(stem.lowercased()) else { return nil }
        for other in ["held_out", "validation", "valid", "val", "dev", "test", "eval"] {
            let found = file.dropLast(name.count) + other + name.dropFirst(stem.count)
            if try FileForm(at: String(found)) == .file { return String(found) }
        }
        return nil
    }

    // MARK: Proof and writing

    /// A row in so many of the sample may be one that cannot be read.
    private static let mostUnreadable = 20

    /// Rows of the sample that the form which was chosen cannot read; nil where it is not asked.
    ///
    /// - Throws: `Failure` where they are many, and not for an empty cell: the recipe would not run.
    private func unreadable(
        _ look: FileLook, _ resolved: ResolvedRecipe, _ use: RowUse, isOnlyUse: Bool
    ) throws -> UnreadableRows? {
        // How texts are paired is a thing of the task's settings; their columns are there.
        guard use.purpose.task != .embed else { return nil }
        var settings = resolved.recipe.data.settings
        if use.purpose.task != .generate {
            settings.task = RowTask(use.purpose.task, isMultiLabel: resolved.recipe.head.multiLabel)
        }
        let decoder = try RowDecoder(settings, format: use.format, hasTemplate: true)
        let unreadable = UnreadableRows(look, use, decoder), problems = unreadable.problems
        guard let first = problems.first else { return unreadable }
        guard problems.count * Self.mostUnreadable <= look.sample.count else {
            throw Failure(
                .badInput,
                "\(problems.count) of \(look.sample.count) rows cannot be read as \(use.format.rawValue): \(first)",
                hint: "mend these rows in the file or take them out of it"
                    + (isOnlyUse ? "" : ", or choose another --task"))
        }
        return unreadable
    }

    private static let seal = "# As lathe init wrote it; SHA-256 of the lines above: "

    private func requireFree(_ place: URL) throws {
        guard try FileForm(at: place) != nil else { return }
        guard wishes.replaces else {
            throw Self.taken(
                place, hint: "--output names another; --force replaces a recipe of lathe init that nobody has changed")
        }
        let text = String(decoding: try WholeFile.bytes(ifThere: place) ?? [], as: UTF8.self)
        let parts = text.components(separatedBy: Self.seal)
        guard parts.count == 2, SHA256.hex(of: parts[0]) + "\n" == parts[1] else {
            throw Self.taken(
                place,
                hint: "it is no recipe of lathe init, or was changed since: move it away, or name another --output")
        }
    }

    private func write(_ yaml: String, _ place: URL) throws {
        let text = yaml + "\n"
        let file = try AtomicFile(place, replaces: wishes.replaces)
        try file.write(Array((text + Self.seal + SHA256.hex(of: text) + "\n").utf8))
        try file.commit()
    }

    private static func taken(_ place: URL, hint: String) -> Failure {
        Failure(.inputOutput, "\(path: place.path) is there already", hint: hint, namedFile: place.path)
    }
}
