// The rows of `select.targets`.

internal import Datasets
internal import Foundation
internal import Preparation
internal import Recipes

/// Rows that show what is to be learnt, those of one entry of `targets`.
struct TargetGroup {
    /// As the recipe names it.
    let name: String
    let rows: [ExampleUnits]

    /// The groups of a step, read as the rows that it chooses among.
    ///
    /// - Parameter path: of the step, for messages.
    static func all(
        _ step: SelectStep, _ recipe: Recipe, _ preparation: RowPreparation, _ examples: JudgedExamples, _ path: String,
        _ observer: any RunObserver
    ) throws -> [TargetGroup] {
        let heldOut = Set(try InputFiles.expand(recipe.data.heldOut).map(Self.place))
        return try step.targets.map { target in
            let files = try InputFiles.expand([target])
            for file in files { try Failure.requireFile(file, "\(path).targets:") }
            if let file = files.first(where: { heldOut.contains(Self.place($0)) }) {
                observer.receive(
                    .warning(
                        "\(path).targets: \(path: file) is held out too: rows are chosen for what is measured on it, so "
                            + "the measure says less of other rows"))
            }
            let found = try PreparedDataset(
                files: files, encoder: preparation.encoder, renderer: preparation.renderer, settings: examples.settings)
            for index in 0..<found.examples.count {
                try preparation.opened.requireInVocabulary(try found.examples.example(index))
            }
            return TargetGroup(name: target, rows: [ExampleUnits(found.examples, of: examples.units.unit)])
        }
    }

    private static func place(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
