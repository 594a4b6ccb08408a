// How much columns count where weights are rounded to blocks.

internal import Kernels
public import Models
public import WeightFiles

/// What is known of a model's inputs: an importance matrix and where it comes from, or what inputs multiply to.
public struct ColumnImportance: @unchecked Sendable {
    // Models are written by one thread, so that `InputProducts` is never asked by two.
    private enum Knowledge {
        /// Its file, or the rows that it was gathered over, for messages.
        case matrix(ImportanceMatrix, origin: String)
        case products(InputProducts)
    }

    private let knowledge: Knowledge
    /// What was rounded with feedback; nil where nothing is.
    let written: WrittenBlocks?

    /// An importance matrix that comes from `origin`.
    public init(_ matrix: ImportanceMatrix, origin: String) {
        knowledge = .matrix(matrix, origin: origin)
        written = nil
    }

    /// What one column's rounding loses, the columns behind it make up for.
    public init(feedback products: InputProducts) {
        knowledge = .products(products)
        written = WrittenBlocks()
    }

    /// How much each of the `columns` of the matrix counts that is called `name` in GGUF; nil where nothing is known of it.
    func counts(_ name: String, columns: Int) throws -> [Float]? {
        guard case .matrix(let matrix, let origin) = knowledge else { return nil }
        return try matrix.meanSquares(name, columns: columns, of: origin)
    }

    /// The rule by which the layer called `path` is rounded, and how much its columns count; nil where every number goes to the
    /// nearest. Cheapest asked for in network order.
    func feedback(for path: String) throws -> (rule: ErrorFeedback, importance: [Float])? {
        guard case .products(let products) = knowledge, path.hasSuffix(Self.weight) else { return nil }
        let module = String(path.dropLast(Self.weight.count))
        guard let found = try products.products(of: module) else { return nil }
        guard let feedback = found.feedback else {
            throw ModelExportError(module, "what the layer is given is not finite")
        }
        return feedback
    }

    private static let weight = ".weight"

    /// Gives back what only rounding needs; who rounds again waits for it.
    public func release() {
        if case .products(let products) = knowledge { products.release() }
    }
}
