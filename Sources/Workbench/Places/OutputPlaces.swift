// Where a call writes, held against what it reads and what is there, before any work is done.

internal import Datasets
internal import Files
public import Foundation
internal import Recipes

/// The places of one call.
public struct OutputPlaces {
    /// The place that a person named.
    public static func url(_ path: String) -> URL { RealPath.place(path) }

    /// A place to write.
    struct Output {
        /// How the person named it: "merge.path", "--out".
        let key: String
        let url: URL
        let form: Form
        /// The run that writes, where others may have written there.
        var run: String?

        enum Form {
            /// A folder that is put in place at once.
            case folder(Manifest.Content)
            /// One file, with its manifest beside it.
            case file(Manifest.Content)
            /// One file that goes with no manifest: only where nothing stands.
            case newFile
        }

        /// What is written there, whatever its names: the place, and the manifest of a file.
        var places: [URL] {
            if case .file = form { return [url, Manifest.place(besideFile: url)] }
            return [url]
        }
    }

    private struct Input {
        let what: String
        let place: RealPath
    }

    private var inputs: [Input] = []

    /// What `recipe` reads, and what else the call does.
    ///
    /// - Parameters:
    ///   - models: that are read beside the recipe's.
    ///   - calibration: a file that says how weights are rounded, beside those that the recipe names.
    init(
        _ resolved: ResolvedRecipe, adapters: [String] = [], models: [String] = [], calibration: String? = nil
    ) throws {
        let recipe = resolved.recipe
        for path in [recipe.model.path] + models { try addModel(path) }
        let others = recipe.merge.adapters.map(\.path)
        for path in adapters + others + [recipe.adapter.continueFrom].compactMap(\.self) { add("the adapter", path) }
        add("the recipe", resolved.file)
        if !recipe.distill.isRemote, let teacher = recipe.distill.teacher { try addModel(teacher, "the teacher") }
        add("the teacher's adapter", recipe.distill.teacherAdapter)
        add("the reward model", recipe.evaluate.rewardModel)
        add("the reference's adapter", recipe.train.preferences.referenceAdapter)
        for path in try recipe.distill.context.filter(TeacherContext.namesFile) { add("the context", path) }
        for path in [calibration] + recipe.export.map({ CalibrationSource($0.calibrate).path }) {
            add("what weights are weighed by", path)
        }
        if let template = recipe.data.chatTemplate, try FileForm(at: template) != nil {
            add("the chat template", template)
        }
        for path in recipe.distill.writing.prompts { add("the prompts", path) }
        let data =
            recipe.data.train + recipe.data.heldOut + recipe.data.input.mix.flatMap(\.path)
            + recipe.evaluate.heldOut.flatMap(\.files) + [recipe.evaluate.fewShotFrom].compactMap(\.self)
        for path in data.filter({ !$0.isEmpty }) {
            for file in (try? InputFiles.expand([path])) ?? [path] { add("the data", file) }
        }
    }

    private mutating func add(_ what: String, _ path: String?) {
        guard let path, !path.isEmpty else { return }
        inputs.append(Input(what: what, place: RealPath(URL(fileURLWithPath: path))))
    }

    /// Files of a model's folder may be links to where they really lie.
    private mutating func addModel(_ path: String, _ what: String = "the base model") throws {
        add(what, path)
        guard try !path.isEmpty && FileForm(at: path) == .folder else { return }
        for name in try Folder.names(in: URL(fileURLWithPath: path)) ?? [] {
            add("a file of \(what)", path + "/" + name)
        }
    }

    // MARK: Checking

    /// Throws unless a run of `recipe` may write all that it leaves.
    ///
    /// - Parameters:
    ///   - merges: whether it merges and exports.
    ///   - clears: whether it removes what an earlier run made there.
    func requireAll(of recipe: Recipe, in run: RunDirectory, merges: Bool, clears: Bool = false) throws {
        try requireRun(run, writing: [.prepared, .training] + (recipe.distill.writesRows ? [.written] : []))
        if clears { for place in try run.cleared { try requireUnread(place) } }
        try require(run.captures(of: recipe) + (merges ? run.outputs(of: recipe) : []), run: run)
    }

    /// Throws unless each of `outputs` is a place of its own that is free, or holds what Lathe wrote.
    ///
    /// - Parameter run: the directory of the run that writes, where one does.
    func require(_ outputs: [Output], run: RunDirectory? = nil) throws {
        var earlier: [Output] = []
        for output in outputs {
            let place = RealPath(output.url)
            try requireApart(output.url, place)
            try requireOutsideRuns(output, place, own: run)
            for (other, otherPlace) in earlier.flatMap({ other in other.places.map { (other, RealPath($0)) } }) {
                let relation =
                    place.isSame(as: otherPlace)
                    ? "is also" : place.isInside(otherPlace) ? "lies in" : otherPlace.isInside(place) ? "holds" : nil
                guard let relation else { continue }
                throw Failure(
                    output.key.hasPrefix("--") ? .usage : .badInput,
                    "\(output.key): \(path: output.url.path) \(relation) the place of \(other.key)",
                    hint: "set another \(output.key)", namedFile: output.url.path)
            }
            earlier.append(output)
            try requireOwn(output)
        }
    }

    /// Throws where something stands there that is not to be replaced.
    private func requireOwn(_ output: Output) throws {
        do {
            switch output.form {
            case .folder(let content): try Ownership.requireFolder(output.url, content, of: output.run)
            case .file(let content): try Ownership.requireFile(output.url, content, of: output.run)
            case .newFile:
                guard try FileForm(at: output.url) != nil else { return }
                throw Failure(
                    .inputOutput, "\(output.key): \(path: output.url.path) is there already",
                    hint: "name a new file, or move that one away", namedFile: output.url.path)
            }
        } catch let error as PlaceError {
            guard case .ofRun(let other) = error.reason else { throw error }
            throw Failure(
                .badInput,
                "\(output.key): \(path: output.url.path) holds what another run wrote: "
                    + RunDirectory.place(of: other).relativePath,
                hint: "nothing was changed, and --fresh replaces no other run's either: set another \(output.key), or "
                    + "move what is there away")
        }
    }

    /// Throws where `place` is something that is read or lived in, holds it, or lies in a model or adapter.
    private func requireApart(_ url: URL, _ place: RealPath) throws {
        let homes = [
            Input(what: "the working directory", place: RealPath(URL(fileURLWithPath: "."))),
            Input(what: "the home directory", place: RealPath(FileManager.default.homeDirectoryForCurrentUser)),
        ]
        for input in homes + inputs {
            if place.isSame(as: input.place) {
                throw PlaceError(url.path, inTheWay: input.place.path, .needed(input.what))
            }
            if input.place.isInside(place) {
                throw PlaceError(url.path, inTheWay: input.place.path, .holds(input.what))
            }
        }
        for input in inputs where place.isInside(input.place) {
            throw PlaceError(url.path, inTheWay: input.place.path, .inside(input.what))
        }
    }

    /// Throws where a place lies in a run that is not this one, or is one that this one needs itself.
    private func requireOutsideRuns(_ output: Output, _ place: RealPath, own: RunDirectory?) throws {
        let ownPlace = own.map { RealPath($0.url) }
        if let own, let ownPlace {
            if place.isSame(as: ownPlace) || ownPlace.isInside(place) {
                throw PlaceError(output.url.path, inTheWay: own.url.path, .holds("this run's own directory"))
            }
            for part in own.parts where place.isSame(as: RealPath(part)) || place.isInside(RealPath(part)) {
                throw PlaceError(output.url.path, inTheWay: part.path, .needed("a part of this run"))
            }
        }
        for folder in place.ancestors where folder.path != ownPlace?.path {
            if try Self.isHome(folder) {
                throw PlaceError(output.url.path, inTheWay: folder.path, .inside("the directory of another run"))
            }
        }
    }

    // MARK: The directory of a run

    /// Throws unless the run may work in `run`: the directory is new, or Lathe's, and so is every file that the run replaces.
    ///
    /// - Parameter parts: what the call makes in it.
    func requireRun(_ run: RunDirectory, writing parts: [RunDirectory.Part]) throws {
        let place = RealPath(run.url)
        if try OwnedFiles(run.url, .run).isMarked || Self.holdsOnlyFolders(run.url) {
            // What a run itself wrote may be read again, but not by a run that replaces it.
            for part in parts.flatMap(run.places) { try requireUnread(part) }
        } else {
            try requireApart(run.url, place)
        }
        for folder in place.ancestors where try Self.isHome(folder) {
            throw PlaceError(run.url.path, inTheWay: folder.path, .inside("the directory of another run"))
        }
        try run.requireOwn(writing: parts)
    }

    /// Throws unless a sweep may work in `sweep`: the directory is new, or a sweep's, and so is every file that it replaces.
    func requireSweep(_ sweep: SweepDirectory) throws {
        let place = RealPath(sweep.url)
        if try !sweep.isMarked { try requireApart(sweep.url, place) }
        for folder in place.ancestors where try Self.isHome(folder) {
            throw PlaceError(sweep.url.path, inTheWay: folder.path, .inside("the directory of another run"))
        }
        try sweep.requireOwn()
    }

    /// Whether the folder is that of a run or a sweep.
    private static func isHome(_ folder: URL) throws -> Bool {
        try Manifest(at: Manifest.place(inFolder: folder))?.content.isHome == true
    }

    /// Whether what is there are folders that Lathe made: rows, prepared rows.
    private static func holdsOnlyFolders(_ url: URL) throws -> Bool {
        let names = try FileForm(at: url) == .folder ? Folder.names(in: url) ?? [] : []
        guard !names.isEmpty else { return false }
        return try names.allSatisfy {
            try Manifest(at: Manifest.place(inFolder: url.appendingPathComponent($0))) != nil
        }
    }

    private func requireUnread(_ part: URL) throws {
        let place = RealPath(part)
        for input in inputs where input.what != "the recipe" {
            if place.isSame(as: input.place) || input.place.isInside(place) {
                throw PlaceError(part.path, inTheWay: input.place.path, .needed(input.what))
            }
        }
    }
}
