// Where a sweep keeps everything: checkpoints/<name>-sweep/.

internal import Files
package import Foundation
internal import JSON
internal import Recipes

/// The folder of a sweep: its own files, the prepared rows, and a run directory for each trial.
package struct SweepDirectory: Sendable {
    let url: URL

    /// What is added to the recipe's name.
    static let suffix = "-sweep"

    package init(_ url: URL) { self.url = url }

    /// The folder of the sweep of `recipe`.
    init(of recipe: Recipe) { self.init(RunDirectory.place(of: recipe.name + Self.suffix)) }

    package var record: URL { url.appendingPathComponent("sweep.json") }
    var recipe: URL { url.appendingPathComponent("recipe.yaml") }
    /// The recipe with what won.
    var best: URL { url.appendingPathComponent("best.yaml") }
    var readableReport: URL { url.appendingPathComponent("sweep.md") }
    var page: URL { url.appendingPathComponent("sweep.html") }
    var trials: URL { url.appendingPathComponent("trials") }

    private var looseFiles: [URL] { [record, recipe, best, readableReport, page] }
    private var files: OwnedFiles { OwnedFiles(url, .sweep) }

    /// Where a trial lies.
    package func trial(_ number: Int) -> URL { trials.appendingPathComponent(Self.digits(number)) }

    /// "007".
    static func digits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// Whether the folder is a sweep's.
    var isMarked: Bool { get throws { try files.isMarked } }

    /// Throws unless the folder is new, or a sweep's, with nothing of anybody else's in the places that are about to be written.
    package func requireOwn() throws {
        try Ownership.requireHome(url, .sweep)
        for file in looseFiles { try files.require(file.lastPathComponent) }
        try Ownership.requireFolder(url.appendingPathComponent("prepared"), .prepared)
        for name in try Folder.names(in: trials) ?? [] {
            try RunDirectory(planned: trials.appendingPathComponent(name)).requireOwn(writing: [.training])
        }
    }

    /// Makes the folder where it is missing; removes what processes killed in the midst of writing have left in it.
    package func make() throws {
        try Folder.make(url)
        try files.removeAbandoned()
        try files.mark()
    }

    /// Writes `text` whole, or not at all.
    package func write(_ text: String, to file: URL) throws {
        try files.write(Array(text.utf8), to: file.lastPathComponent)
    }

    /// Removes what an earlier sweep made here, but for prepared rows, which are used again where they are what would be made anew. What
    /// somebody else put beside it stays, in the folder where it is.
    package func clear() throws {
        for file in looseFiles { try files.remove(file.lastPathComponent) }
        for name in try Folder.names(in: trials) ?? [] {
            let trial = RunDirectory(planned: trials.appendingPathComponent(name))
            try trial.clear()
            do { try Ownership.removeFolder(trial.url, .run) } catch is PlaceError {}
        }
        rmdir(trials.path)
    }
}
