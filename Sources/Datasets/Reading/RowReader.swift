// Files, one after the other, as one stream of rows.

internal import JSON

/// The rows of files in order.
public final class RowReader: RowSource {
    private let settings: InputSettings
    private let files: [(path: String, fields: JSONObject)]
    private var nextFile = 0
    private var current: OpenedFile?
    /// Errors of whole files, told at the end where bad rows are.
    private var failures = ProblemList()
    private var problems = ProblemList()
    private var rowCount = 0
    /// Bad rows in files already begun again are counted once.
    private var pass = 0
    public private(set) var report = InputReport()

    /// - Parameter parts: their weights play no part here.
    public init(_ parts: [InputPart], settings: InputSettings) throws(DatasetError) {
        self.settings = settings
        var files: [(String, JSONObject)] = []
        for part in parts {
            for path in try InputFiles.expand(part.paths) { files.append((path, part.fields)) }
        }
        self.files = files
    }

    public convenience init(files: [String], settings: InputSettings) throws(DatasetError) {
        try self.init([InputPart(files)], settings: settings)
    }

    public func next() throws(DatasetError) -> SourceRow? {
        while true {
            guard current != nil || nextFile < files.count else {
                if settings.badRows == .countAll { try throwIfTooMany() }
                return nil
            }
            do throws(DatasetError) {
                if let row = try nextOfFile() { return row }
            } catch {
                try fail(error)
            }
        }
    }

    public func reject(_ error: DatasetError) throws(DatasetError) {
        report.count(error)
        problems.add(error)
        if let place = error.problems.first?.place.file,
            let index = report.files.firstIndex(where: { $0.path == place })
        {
            report.files[index].badRows += error.count
        }
        if settings.badRows == .stopAtOnce { try throwIfTooMany() }
    }

    /// Begins again with the first file.
    func rewind() {
        nextFile = 0
        current = nil
        pass += 1
    }

    // MARK: Files

    private func nextOfFile() throws(DatasetError) -> SourceRow? {
        let file: OpenedFile
        if let current { file = current } else { file = try openNext() }
        switch try file.rows.next() {
        case .row(var fields, let place):
            for member in files[nextFile - 1].fields.members { fields[member.key] = member.value }
            defer { rowCount += 1 }
            if pass == 0 { report.files[report.files.count - 1].rows += 1 }
            return SourceRow(fields: fields, place: place, index: rowCount, pass: pass)
        case .bad(let problem):
            if pass == 0 { try countBad(problem) }
        case nil: try finish(file)
        }
        return nil
    }

    private func openNext() throws(DatasetError) -> OpenedFile {
        let path = files[nextFile].path
        nextFile += 1
        if pass == 0 { report.files.append(InputFileReport(path: path)) }
        let file = try OpenedFile(path, settings: settings)
        current = file
        return file
    }

    private func finish(_ file: OpenedFile) throws(DatasetError) {
        current = nil
        guard pass == 0 else { return }
        try file.drain()
        file.complete(&report.files[report.files.count - 1])
        let counts = report.files[report.files.count - 1]
        if counts.rows == 0, counts.badRows == 0 {
            throw DatasetError(.empty, RowPlace(file: file.path, line: 0), "the file holds no rows")
        }
    }

    // MARK: What is wrong

    private func countBad(_ problem: DatasetProblem) throws(DatasetError) {
        let error = DatasetError([problem])
        report.count(error)
        problems.add(error)
        report.files[report.files.count - 1].badRows += 1
        if settings.badRows == .stopAtOnce { try throwIfTooMany() }
    }

    /// A file that cannot be read, or not to its end.
    private func fail(_ error: DatasetError) throws(DatasetError) {
        // Too many bad rows are no fault of this file.
        guard settings.badRows == .countAll else { throw error }
        if let current { current.complete(&report.files[report.files.count - 1]) }
        current = nil
        failures.add(error)
        problems.add(error)
    }

    private func throwIfTooMany() throws(DatasetError) {
        if report.badRows > settings.maximumBadRows { try problems.throwIfAny() }
        try failures.throwIfAny()
    }
}
