// `report.json` and `report.html` beside what they report on.

internal import DataReports
internal import Datasets
internal import Foundation
internal import Recipes
internal import WeightFiles

/// Writes the files of a report.
enum ReportFiles {
    /// Writes both files into `folder`, which is made where it is missing, each whole or not at all; gives their paths.
    ///
    /// - Parameter tokens: the texts of tokens; without it, no sequence is shown.
    static func write(_ report: DataReport, tokens: TokenTexts? = nil, to folder: URL) throws -> [String] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let files = [
            ("report.json", report.json.text(.pretty) + "\n"), ("report.html", report.html(tokens: tokens)),
        ]
        return try files.map { name, text in
            let url = folder.appendingPathComponent(name)
            try AtomicFile.write(Array(text.utf8), to: url)
            return url.path
        }
    }
}

extension Recipe {
    /// Where prepared rows and their report lie.
    var preparedFolder: URL {
        URL(fileURLWithPath: "checkpoints").appendingPathComponent(name).appendingPathComponent("prepared")
    }
}

extension RowPreparation {
    /// The texts of the model's tokens.
    var tokens: TokenTexts {
        let (tokenizer, encoder) = (opened.tokenizer, encoder)
        return TokenTexts(bytes: { tokenizer.tokenBytes($0) }, isSpecial: { encoder.isSpecialToken($0) })
    }
}
