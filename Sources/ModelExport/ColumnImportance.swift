// How much columns count where weights are rounded to blocks.

internal import Kernels
public import Models
public import WeightFiles

/// What is known of a model's inputs: an importance matrix and where it comes from, or what inputs multiply to.
public struct ColumnImportance: @unchecked Sendable {
    // Models are written by one thread, so that `InputProducts` is never asked by two.
    private enum Knowledge {
        /// What it comes from, for messages, and its file; nil where it was gathered now.
        case matrix(ImportanceMatrix, origin: String, file: String?)
        case products(InputProducts)
    }

    private let knowledge: Knowledge
    /// What was rounded with feedback; nil where nothing is.
    let written: WrittenBlocks?

    /// An importance matrix that comes from `origin`.
    ///
    /// - Parameter file: in which it lies; nil where it was gathered for this one model.
    public init(_ matrix: ImportanceMatrix, origin: String, file: String? = nil) {
        knowledge = .matrix(matrix, origin: origin, file: file)
        written = nil
    }

    /// What one column's rounding loses, the columns after it make up for.
    public init(feedback products: InputProducts) {
        knowledge = .products(products)
        written = WrittenBlocks()
    }

    /// How much each of the `columns` of the matrix counts that is called `name` in GGUF; nil where nothing is known of it.
    /// - Parameter part: which matrix of a stack is meant.
    func counts(_ name: String, part: Int? = nil, columns: Int) throws -> [Float]? {
        guard case .matrix(let matrix, let origin, _) = knowledge else { return nil }
        return try matrix.meanSquares(name, part: part, columns: columns, of: origin)
    }

    /// What llama.cpp notes of an importance matrix in a file that was rounded by it; names alone, which are the same on every
    /// machine.
    var notes: [(key: String, value: GGUFValue)] {
        guard case .matrix(let matrix, _, let file) = knowledge else { return [] }
        func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
        var notes: [(key: String, value: GGUFValue)] = []
        if let file { notes.append((Self.notePrefix + "file", .text(name(file)))) }
        if !matrix.datasets.isEmpty {
            notes.append((Self.notePrefix + "dataset", .text(matrix.datasets.map(name).joined(separator: ", "))))
        }
        notes.append((Self.notePrefix + "entries_count", .uint32(UInt32(clamping: matrix.entries.count))))
        if matrix.chunkCount > 0 {
            notes.append((Self.notePrefix + "chunks_count", .uint32(UInt32(clamping: matrix.chunkCount))))
        }
        return notes
    }

    /// How the keys of these notes begin.
    static let notePrefix = "quantize.imatrix."

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
