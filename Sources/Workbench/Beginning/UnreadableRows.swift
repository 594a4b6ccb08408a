// Rows that a form cannot read, and whether that is because nothing stands in one of their columns.

internal import Datasets
internal import JSON

/// Rows of the sample that the form which was chosen cannot read.
struct UnreadableRows {
    /// Columns of texts without which no row can be read, each with the rows that have none: a step of the recipe leaves these out.
    private(set) var empty: [(column: String, rows: Int)] = []
    /// What is wrong with each of the other rows.
    let problems: [DatasetProblem]

    /// - Parameter decoder: of the form.
    init(_ look: FileLook, _ use: RowUse, _ decoder: RowDecoder) {
        var found: [Int: DatasetProblem] = [:]
        for (place, row) in look.sample.enumerated() {
            do throws(DatasetError) { _ = try decoder.row(row, index: row.index) } catch {
                found[place] = error.problems.first
            }
        }
        var left = Set(found.keys)
        // A dot in a name would be a step's way into a field. Where no row at all can be read, none is to be left out.
        for column in use.columns.map(\.column) where !column.contains(".") && left.count < look.sample.count {
            guard look.field(column)?.isText ?? false else { continue }
            let bare = look.sample.indices.filter { look.sample[$0].fields[column]?.isEmptyCell ?? true }
            guard !bare.isEmpty, bare.allSatisfy({ found[$0] != nil }) else { continue }
            empty.append((column, bare.count))
            left.subtract(bare)
        }
        problems = look.sample.indices.compactMap { left.contains($0) ? found[$0] : nil }
    }
}
