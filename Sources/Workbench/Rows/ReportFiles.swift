// `report.json` and `report.html` beside what they report on.

internal import DataReports
internal import Datasets
internal import Files
internal import Foundation
internal import Recipes

/// Writes the files of a report.
enum ReportFiles {
    static let names = ["report.json", "report.html"]

    /// Writes both files into `folder`, which is being filled.
    ///
    /// - Parameter tokens: the texts of tokens; without it, no sequence is shown.
    static func write(_ report: DataReport, tokens: TokenTexts? = nil, to folder: AtomicFolder) throws {
        for name in names {
            try AtomicFile.write(bytes(name, of: report, tokens), to: folder.staging.appendingPathComponent(name))
        }
    }

    /// Writes those that are not there into `folder`, which holds prepared rows.
    static func writeMissing(_ report: DataReport, tokens: TokenTexts?, to folder: URL) throws {
        let files = OwnedFiles(folder, .prepared)
        try files.removeAbandoned()
        for name in names where try !Folder.holds(name, in: folder) {
            try files.write(bytes(name, of: report, tokens), to: name)
        }
    }

    private static func bytes(_ name: String, of report: DataReport, _ tokens: TokenTexts?) -> [UInt8] {
        Array((name == "report.json" ? report.json.text(.pretty) + "\n" : report.html(tokens: tokens)).utf8)
    }
}

extension Recipe {
    /// Where prepared rows and their report lie.
    var preparedFolder: URL { RunDirectory(planned: RunDirectory.place(of: self)).prepared }
}

extension RowPreparation {
    /// The texts of the model's tokens.
    var tokens: TokenTexts {
        let (tokenizer, encoder) = (opened.tokenizer, encoder)
        return TokenTexts(bytes: { tokenizer.tokenBytes($0) }, isSpecial: { encoder.isSpecialToken($0) })
    }
}
