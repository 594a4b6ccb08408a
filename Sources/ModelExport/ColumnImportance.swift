// How much columns count where weights are rounded to blocks.

public import WeightFiles

/// An importance matrix, and where it comes from.
public struct ColumnImportance: Sendable {
    private let matrix: ImportanceMatrix
    /// For messages: its file, or the rows that it was gathered over.
    private let origin: String

    /// An importance matrix that comes from `origin`.
    public init(_ matrix: ImportanceMatrix, origin: String) {
        self.matrix = matrix
        self.origin = origin
    }

    /// How much each of the `columns` of the matrix counts that is called `name` in GGUF; nil where nothing is known of it.
    func counts(_ name: String, columns: Int) throws -> [Float]? {
        try matrix.meanSquares(name, columns: columns, of: origin)
    }
}
