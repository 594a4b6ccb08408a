// From YAML text, overrides and environment to a `Recipe`, or to every diagnostic at once.

internal import Vocabulary

extension Recipe {
    /// Reads a recipe.
    ///
    /// - Parameters:
    ///   - yaml: the text of the recipe.
    ///   - file: its name, for diagnostics.
    ///   - overrides: "train.max_steps=50"; the value is YAML, later ones win.
    ///   - environment: what `${NAME}` takes from.
    public static func load(
        yaml: String, file: String, overrides: [String] = [], environment: [String: String] = [:]
    ) throws(RecipeError) -> Recipe {
        var reader = RecipeNodeReader(file: file, environment: environment)
        let root = reader.read(yaml)
        let start = RecipePlace(file: file, line: 1, column: 1)
        guard root != nil || reader.diagnostics.isEmpty else { throw RecipeError(reader.diagnostics) }
        let empty = RecipeNode(content: .mapping([]), place: start)
        return try load(
            root: root.map { $0.isNull ? empty : $0 } ?? empty, diagnostics: reader.diagnostics, overrides: overrides,
            environment: environment, mustBeWhole: true)
    }

    /// The sections as overrides alone make them, for verbs that take no recipe: nothing is required.
    public static func load(
        overrides: [String], environment: [String: String] = [:]
    ) throws(RecipeError) -> Recipe {
        let place = RecipePlace(file: "--set", line: 1, column: 1)
        let empty = RecipeNode(content: .mapping([]), place: place)
        return try load(
            root: empty, diagnostics: [], overrides: overrides, environment: environment, mustBeWhole: false)
    }

    private static func load(
        root: RecipeNode, diagnostics: [RecipeDiagnostic], overrides: [String], environment: [String: String],
        mustBeWhole: Bool
    ) throws(RecipeError) -> Recipe {
        var decoding = RecipeDecoding(diagnostics: diagnostics)
        guard case .mapping = root.content else {
            decoding.wrongType(root, "", expected: "a mapping of keys")
            throw RecipeError(decoding.diagnostics)
        }
        var root = decoding.translateForeignKeys(in: root)
        for override in overrides { decoding.apply(override, to: &root, environment: environment) }
        var recipe = Recipe()
        decoding.decode(root, into: &recipe)
        decoding.settleSchedule(of: &recipe)
        if mustBeWhole { decoding.requireKeys(of: recipe, root) }
        decoding.noteConflicts(in: recipe)
        decoding.noteScheduleConflicts(in: recipe)
        decoding.noteDistillationConflicts(in: recipe)
        decoding.noteWritingConflicts(in: recipe)
        decoding.noteTaskConflicts(in: recipe)
        decoding.notePreferenceConflicts(in: recipe)
        decoding.notePolicyConflicts(in: recipe)
        decoding.noteMethodConflicts(in: recipe)
        guard decoding.diagnostics.isEmpty else {
            let sorted = decoding.diagnostics.enumerated().sorted {
                ($0.element.place.file, $0.element.place.line, $0.element.place.column, $0.offset)
                    < ($1.element.place.file, $1.element.place.line, $1.element.place.column, $1.offset)
            }
            throw RecipeError(sorted.map(\.element))
        }
        if mustBeWhole { recipe.idleKeys = decoding.noteIdleKeys(in: recipe) }
        recipe.setKeys = Set(decoding.setKeys.keys)
        recipe.givenPlaces = decoding.setKeys
        recipe.overriddenKeys = Set(decoding.setKeys.filter { $0.value.isOverride }.keys)
        recipe.notices = decoding.notices
        return recipe
    }
}

extension RecipeDecoding {
    mutating func decode(_ root: RecipeNode, into recipe: inout Recipe) {
        guard case .mapping(let entries) = root.content else { return }
        decode(entries, into: &recipe, path: "", sections: RecipeKeys.sections)
        decode(root.value(at: ["model"]), into: &recipe.model, path: "model")
        decode(root.value(at: ["data"]), into: &recipe.data, path: "data")
        decode(root.value(at: ["adapter"]), into: &recipe.adapter, path: "adapter")
        decode(root.value(at: ["head"]), into: &recipe.head, path: "head")
        decode(root.value(at: ["embed"]), into: &recipe.embed, path: "embed")
        decode(root.value(at: ["train"]), into: &recipe.train, path: "train")
        decode(root.value(at: ["search"]), into: &recipe.search, path: "search")
        decode(root.value(at: ["evaluate"]), into: &recipe.evaluate, path: "evaluate")
        decode(root.value(at: ["distill"]), into: &recipe.distill, path: "distill")
        decode(root.value(at: ["merge"]), into: &recipe.merge, path: "merge")
        decodeExport(root.value(at: ["export"]), into: &recipe.export)
    }

    private mutating func decodeExport(_ node: RecipeNode?, into export: inout [ExportEntry]) {
        guard let node, !node.isNull else { return }
        guard case .list(let elements) = node.content else {
            return wrongType(node, "export", expected: "a list of entries such as { format: peft, path: … }")
        }
        setKeys["export"] = node.place
        for (index, element) in elements.enumerated() {
            var entry = ExportEntry()
            let path = "export[\(index)]"
            decode(withType(element, path), into: &entry, path: path)
            if case .mapping = element.content, element.value(at: ["format"]) == nil {
                note(
                    .missingKey, element.place, path + ".format", "an export needs its format",
                    hint: ExportFormat.allCases.map(\.rawValue).joined(separator: " | "))
            }
            export.append(entry)
        }
    }

    /// `dtype`, as other tools say for `type`, under the name used here.
    private mutating func withType(_ element: RecipeNode, _ path: String) -> RecipeNode {
        guard case .mapping(var entries) = element.content, element.value(at: ["type"]) == nil,
            let index = entries.firstIndex(where: { $0.key == "dtype" })
        else { return element }
        notices.append(
            RecipeDiagnostic(
                kind: .foreignKey, place: entries[index].keyPlace, keyPath: path + ".dtype", message: "taken as type"))
        entries[index].key = "type"
        var element = element
        element.content = .mapping(entries)
        return element
    }

    fileprivate mutating func requireKeys(of recipe: Recipe, _ root: RecipeNode) {
        let required: [(section: String, key: String, isMissing: Bool, meaning: String)] = [
            ("model", "path", recipe.model.path.isEmpty, "the base model: a Hugging Face directory or a GGUF file"),
            (
                "data", "train",
                recipe.data.train.isEmpty && recipe.data.input.mix.isEmpty && !recipe.distill.bringsPrompts,
                "a file of training rows, or a list of files"
            ),
        ]
        for (section, key, isMissing, meaning) in required where isMissing {
            let path = section + "." + key
            // A mix that cannot be read is not missing either.
            let faulty = [path] + (path == "data.train" ? ["data.mix"] : [])
            guard
                !diagnostics.contains(where: { found in
                    [section, section + ".<<"].contains(found.keyPath)
                        || faulty.contains { found.keyPath.hasPrefix($0) }
                })
            else { continue }
            let place = setKeys[path] ?? root.value(at: [section])?.place ?? root.place
            note(.missingKey, place, path, "this key is required", hint: meaning)
        }
    }

    fileprivate mutating func noteConflicts(in recipe: Recipe) {
        let pairs = [
            ("train.epochs", "train.max_steps", recipe.train.maxSteps != nil),
            ("train.warmup_ratio", "train.warmup_steps", recipe.train.warmupSteps != nil),
            ("data.held_out", "data.val_size", recipe.data.valSize > 0 && !recipe.data.heldOut.isEmpty),
            ("data.train", "data.mix", !recipe.data.input.mix.isEmpty && !recipe.data.train.isEmpty),
            ("data.train_on_prompt", "data.train_on", recipe.data.trainOnPrompt && recipe.data.trainOn == .last),
        ]
        for (first, second, bothCount) in pairs where bothCount {
            guard let firstPlace = setKeys[first], let secondPlace = setKeys[second] else { continue }
            // An override is meant to win over what the file says.
            if firstPlace.isOverride != secondPlace.isOverride {
                if secondPlace.isOverride { setKeys[first] = nil }
                continue
            }
            note(
                .conflict, secondPlace, second, "\(first) is given too, in line \(firstPlace.line)",
                hint: "keep one of them")
        }
    }

    // MARK: Overrides

    /// Applies "train.max_steps=50".
    fileprivate mutating func apply(_ override: String, to root: inout RecipeNode, environment: [String: String]) {
        let file = "--set \(override)"
        let place = RecipePlace(file: file, line: 1, column: 1)
        guard let equals = override.firstIndex(of: "=") else {
            return note(
                .override, place, "", "an override has the form key=value", hint: "as in --set train.max_steps=50")
        }
        let path = override[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let text = String(override[override.index(after: equals)...])
        guard !path.contains(""), path.count <= 3 else {
            return note(
                .override, place, String(override[..<equals]), "not a key's path",
                hint: "as in --set train.max_steps=50")
        }
        var reader = RecipeNodeReader(file: file, environment: environment)
        // A sign of YAML's own alone, such as |, is meant as it stands.
        let sign = text.count == 1 ? RecipeNode(content: .scalar(text, isPlain: true), place: place) : nil
        let value = sign ?? reader.read(text) ?? RecipeNode(content: .scalar(text, isPlain: true), place: place)
        guard reader.diagnostics.isEmpty else { return diagnostics += reader.diagnostics }
        let translated = native(path, place: place)
        guard let translated else { return }
        if translated.count == 2, translated[0] == "train", let rival = rivals[translated[1]] {
            root.remove(at: ["train", rival])
        }
        if translated == ["data", "held_out"] { root.remove(at: ["data", "val_size"]) }
        if translated == ["data", "val_size"] { root.remove(at: ["data", "held_out"]) }
        if !root.set(value, at: translated, place: place) {
            note(.override, place, translated.joined(separator: "."), "\(translated[0]) is not a mapping of keys")
        }
    }

    /// Keys of which an override replaces the other.
    private var rivals: [String: String] {
        [
            "epochs": "max_steps", "max_steps": "epochs", "warmup_ratio": "warmup_steps",
            "warmup_steps": "warmup_ratio",
        ]
    }

    /// The override's path under the names used here; `nil` where it names nothing.
    private mutating func native(_ path: [String], place: RecipePlace) -> [String]? {
        guard let last = path.last else { return nil }
        let section = path.count == 1 ? "" : path[0]
        if path.count <= 2, !RecipeKeys.names(of: section).contains(last), !RecipeKeys.sections.contains(last),
            let meaning = ForeignKey.table[last]
        {
            let written = path.joined(separator: ".")
            switch meaning {
            case .synonym(let native, _):
                notices.append(
                    RecipeDiagnostic(kind: .foreignKey, place: place, keyPath: written, message: "taken as \(native)"))
                return native.split(separator: ".").map(String.init)
            case .ignored(let reason):
                notices.append(
                    RecipeDiagnostic(
                        kind: .foreignKey, place: place, keyPath: written, message: "has no effect", hint: reason))
                return nil
            case .refused(let hint):
                note(.foreignKey, place, written, "this key of other tools is not known here", hint: hint)
                return nil
            }
        }
        return path
    }
}

extension RecipePlace {
    var isOverride: Bool { file.hasPrefix("--set") }
}

extension RecipeNode {
    fileprivate mutating func remove(at path: [String]) {
        guard let first = path.first, case .mapping(var entries) = content else { return }
        if path.count == 1 {
            entries.removeAll { $0.key == first }
        } else if let index = entries.lastIndex(where: { $0.key == first }) {
            entries[index].value.remove(at: Array(path.dropFirst()))
        }
        content = .mapping(entries)
    }
}
