// `report.json` and `report.html` beside what they report on.

internal import DataReports
internal import Datasets
internal import Files
internal import Foundation
internal import Recipes

/// Writes the files of a report.
enum ReportFiles {
    static let names = ["report.json", "report.html"]

    /// Writes both files into `folder`, which is made where it is missing, each whole or not at all; gives their paths.
    ///
    /// - Parameter tokens: the texts of tokens; without it, no sequence is shown.
    @discardableResult
    static func write(_ report: DataReport, tokens: TokenTexts? = nil, to folder: URL) throws -> [String] {
        try write(names, of: report, tokens, to: folder)
    }

    /// Writes those that are not there.
    static func writeMissing(_ report: DataReport, tokens: TokenTexts?, to folder: URL) throws {
        let missing = names.filter { !FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }
        try write(missing, of: report, tokens, to: folder)
    }

    @discardableResult
    private static func write(_ names: [String], of report: DataReport, _ tokens: TokenTexts?, to folder: URL) throws
        -> [String]
    {
        try Folder.make(folder)
        return try names.map { name in
            let text = name == "report.json" ? report.json.text(.pretty) + "\n" : report.html(tokens: tokens)
            let url = folder.appendingPathComponent(name)
            try AtomicFile.write(Array(text.utf8), to: url)
            return url.path
        }
    }
}

extension Recipe {
    /// Where prepared rows and their report lie.
    var preparedFolder: URL { RunDirectory.place(of: self).appendingPathComponent("prepared") }
}

extension RowPreparation {
    /// The texts of the model's tokens.
    var tokens: TokenTexts {
        let (tokenizer, encoder) = (opened.tokenizer, encoder)
        return TokenTexts(bytes: { tokenizer.tokenBytes($0) }, isSpecial: { encoder.isSpecialToken($0) })
    }
}
