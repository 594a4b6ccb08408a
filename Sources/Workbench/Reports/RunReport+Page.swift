// The page of a run, from the report and the files that stand beside it.

internal import Files
internal import Foundation
internal import JSON
internal import Preparation
internal import RunReports

extension RunDirectory {
    /// The report of the run in this folder as a page.
    ///
    /// - Parameters:
    ///   - report: what `report.json` holds.
    ///   - identity: what `run.json` holds.
    ///   - command: what does the same again.
    /// - Throws: where a file of the run is there and cannot be read.
    func page(of report: JSONValue, identity: JSONValue, command: String) throws -> RunPage {
        let cover = PersonalDataCover()
        var page = RunPage(report: report) { cover.text($0) }
        page.identity = identity
        page.events = try Self.lines(of: events)
        // Only of this evaluation: a run that scores nothing leaves what an earlier one wrote to nobody.
        if report["evaluation"] != nil {
            page.answers = try Self.lines(of: answers)
            page.scores = try Self.lines(of: scores)
        }
        page.recipe = String(decoding: try WholeFile.bytes(ifThere: recipe) ?? [], as: UTF8.self)
        (page.command, page.version) = (command, LatheVersion.text)
        return page
    }

    /// The lines of a file that is there: a log may end in the midst of one.
    private static func lines(of file: URL) throws -> [JSONValue] {
        (try WholeFile.bytes(ifThere: file) ?? []).split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONValue(parsing: Array($0))
        }
    }
}
