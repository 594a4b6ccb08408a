// Where the files are that a recipe names: beside the recipe, else in the working directory.

internal import Datasets
internal import Files
internal import Foundation
internal import Recipes

/// Looks up the relative paths of one recipe file. What an override names was written in the working directory and is looked for there.
struct RecipePaths {
    /// The recipe's folder as it was named; empty where that is the working directory.
    private let folder: String
    /// What stands in neither place, by key.
    private(set) var missing: [(key: String, failure: Failure)] = []

    init(recipeFile: String) {
        let folder = (recipeFile as NSString).deletingLastPathComponent
        let isHere =
            URL(fileURLWithPath: folder.isEmpty ? "." : folder).standardizedFileURL.path
            == URL(fileURLWithPath: ".").standardizedFileURL.path
        self.folder = isHere ? "" : folder
    }

    /// `recipe` with every path as it was found.
    mutating func resolve(_ recipe: Recipe) throws -> Recipe {
        var found = recipe
        let own = recipe.overriddenKeys
        if !own.contains("model.path") { found.model.path = try find(recipe.model.path, "model.path", "the model") }
        if !own.contains("data.train") {
            found.data.train = try recipe.data.train.map { try find($0, "data.train", "the data file") }
        }
        if !own.contains("data.held_out") {
            found.data.heldOut = try recipe.data.heldOut.map { try find($0, "data.held_out", "the data file") }
        }
        if !own.contains("evaluate.held_out") {
            for (index, set) in recipe.evaluate.heldOut.enumerated() {
                found.evaluate.heldOut[index].files = try set.files.map {
                    try find($0, "evaluate.held_out.\(set.name)", "the data file")
                }
            }
        }
        if !own.contains("data.mix") {
            for index in recipe.data.input.mix.indices {
                found.data.input.mix[index].path = try recipe.data.input.mix[index].path.map {
                    try find($0, "data.mix", "the data file")
                }
            }
        }
        if !own.contains("data.steps") {
            for index in recipe.data.steps.indices {
                found.data.steps[index] = try resolve(recipe.data.steps[index], index)
            }
        }
        if !own.contains("data.chat_template"), let template = recipe.data.chatTemplate,
            !OpenedModel.isTemplate(template)
        {
            found.data.chatTemplate = try find(template, "data.chat_template", "the chat template")
        }
        if !own.contains("adapter.loftq_model"), let full = recipe.adapter.start.fullModel {
            found.adapter.start.fullModel = try find(full, "adapter.loftq_model", "the model")
        }
        if !own.contains("adapter.continue_from"), let adapter = recipe.adapter.continueFrom {
            found.adapter.continueFrom = try find(adapter, "adapter.continue_from", "the adapter")
        }
        if !own.contains("train.reference_adapter"), let adapter = recipe.train.preferences.referenceAdapter {
            found.train.preferences.referenceAdapter = try find(adapter, "train.reference_adapter", "the adapter")
        }
        if !own.contains("evaluate.few_shot_from"), let file = recipe.evaluate.fewShotFrom {
            found.evaluate.fewShotFrom = try find(file, "evaluate.few_shot_from", "the file")
        }
        if !own.contains("evaluate.reward_model"), let adapter = recipe.evaluate.rewardModel {
            found.evaluate.rewardModel = try find(adapter, "evaluate.reward_model", "the adapter")
        }
        try resolveTeacher(recipe, into: &found)
        if !own.contains("distill.prompts") {
            found.distill.writing.prompts = try recipe.distill.writing.prompts.map {
                try find($0, "distill.prompts", "the file of prompts")
            }
        }
        if !own.contains("export") {
            for (index, entry) in recipe.export.enumerated() {
                guard let path = CalibrationSource(entry.calibrate).path else { continue }
                found.export[index].calibrate = try find(
                    path, "export[\(index)].calibrate", "what weights are weighed by,")
            }
        }
        if !own.contains("merge.adapters") {
            for index in recipe.merge.adapters.indices {
                found.merge.adapters[index].path = try find(
                    recipe.merge.adapters[index].path, "merge.adapters[\(index)].path", "the adapter")
            }
        }
        return found
    }

    private mutating func resolveTeacher(_ recipe: Recipe, into found: inout Recipe) throws {
        if !recipe.overriddenKeys.contains("distill.teacher"), !recipe.distill.isRemote,
            let teacher = recipe.distill.teacher
        {
            found.distill.teacher = try find(teacher, "distill.teacher", "the teacher")
        }
        if !recipe.overriddenKeys.contains("distill.teacher_adapter"), let adapter = recipe.distill.teacherAdapter {
            found.distill.teacherAdapter = try find(adapter, "distill.teacher_adapter", "the adapter")
        }
        if !recipe.overriddenKeys.contains("distill.context") {
            found.distill.context = try recipe.distill.context.map { source in
                // What has blanks is a text, unless there is such a file.
                if try source.contains(where: \.isWhitespace)
                    && ![source, beside(source)].contains(where: TeacherContext.namesFile)
                {
                    return source
                }
                return try find(source, "distill.context", "the context")
            }
        }
    }

    /// A step with the files that it names as they were found.
    private mutating func resolve(_ step: DataStep, _ index: Int) throws -> DataStep {
        let key = "data.steps[\(index)].\(step.name)"
        switch step {
        case .review(var step):
            step.marks = try step.marks.map { try find($0, key + ".marks", "the file of marks") }
            return .review(step)
        case .select(var step):
            step.targets = try step.targets.map { try find($0, key + ".targets", "the data file") }
            step.adapter = try step.adapter.map { try find($0, key + ".adapter", "the adapter") }
            return .select(step)
        case .rank(var step):
            step.adapter = try step.adapter.map { try find($0, key + ".adapter", "the adapter") }
            return .rank(step)
        default: return step
        }
    }

    private mutating func find(_ path: String, _ key: String, _ what: String) throws -> String {
        guard !folder.isEmpty, !path.hasPrefix("/"), !path.isEmpty else { return path }
        let named = beside(path)
        if try Self.exists(named) { return named }
        if try Self.exists(path) { return path }
        missing.append(
            (
                key,
                Failure(
                    .missingInput,
                    "\(key): \(what) \(path: path) does not exist: neither \(path: named), beside the recipe, nor "
                        + "\(path: path), in the working directory \(path: FileManager.default.currentDirectoryPath)",
                    hint: key == "model.path" ? OpenedModel.hubHint(path) : nil)
            ))
        return path
    }

    /// `path` as one of the recipe's folder.
    private func beside(_ path: String) -> String {
        let place = URL(fileURLWithPath: folder + "/" + path).standardizedFileURL
        return folder.hasPrefix("/") ? place.path : Self.relative(folder + "/" + path)
    }

    /// A file or folder, or a pattern that matches something.
    private static func exists(_ path: String) throws -> Bool {
        if try FileForm(at: path) != nil { return true }
        guard path.contains(where: { "*?[".contains($0) }) else { return false }
        do { return try !InputFiles.expand([path]).isEmpty } catch {
            guard error.kind == .missingInput else { throw error }
            return false
        }
    }

    /// A relative path without "." and, where a folder stands before it, "..".
    private static func relative(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
