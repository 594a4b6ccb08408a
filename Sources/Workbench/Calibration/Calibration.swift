// Weighing a model's columns over rows.

internal import Datasets
internal import Models
internal import Tensors
internal import WeightFiles

/// A model and the rows that say what its columns are given.
struct Calibration {
    let model: LanguageModel
    let rows: CalibrationRows
    let workspace: Workspace

    /// Bytes of the residual stream of all rows, where rounding goes on from column to column.
    static let mostStreamedBytes = 128 << 20
    /// Buffers of a pass, unless its shortest batch takes more.
    private static let passBytes = 128 << 20
    private static let batchSizes = [2048, 1024, 512, 256]
    /// Tokens of a chunk, as llama.cpp cuts texts.
    private static let chunk = 512

    /// - Parameters:
    ///   - model: with the adapter that it is to be weighed with.
    ///   - tokenLimit: the most tokens.
    init(
        _ model: LanguageModel, _ examples: any ExampleSource, from datasets: [String], tokenLimit: Int
    ) throws {
        self.model = model
        rows = try CalibrationRows(
            examples, from: datasets, tokenLimit: tokenLimit, batchRows: Self.batchRows(of: model))
        workspace = Workspace()
    }

    /// Token rows of one batch.
    static func batchRows(of model: LanguageModel) -> Int {
        batchSizes.first { model.predictedInputBytes(rows: $0) <= passBytes } ?? batchSizes[batchSizes.count - 1]
    }

    /// Tokens whose residual stream is in memory at once.
    static func mostStreamedTokens(_ model: LanguageModel) -> Int {
        max(1, mostStreamedBytes / InputProducts.streamBytes(model.configuration))
    }

    /// Memory that weighing takes.
    /// - Parameter longest: tokens of the longest row.
    static func predictedBytes(_ model: LanguageModel, longest: Int) -> Int {
        model.predictedInputBytes(rows: max(longest, batchRows(of: model)))
    }

    /// The importance of every linear layer's columns. As llama.cpp has it, the head and the embedding weigh their columns alike.
    func importance(_ observer: any RunObserver) throws -> ImportanceMatrix {
        guard let names = model.configuration.weightNames else {
            throw Failure(.badInput, "models of \(model.configuration.family) have no names in GGUF")
        }
        let batches = rows.batches
        let found = try model.inputSquares(of: batches, workspace: workspace) {
            observer.receive(.progress(done: $0, total: batches.count, unit: "batches"))
        }
        var entries: [ImportanceMatrix.Entry] = []
        var places: [String: Int] = [:]
        for input in found {
            for name in input.paths.compactMap({ names.ggufName($0 + ".weight") }) {
                let (sums, count) = (input.sums.map(Float.init), Float(input.rows))
                // Experts come in the order of their numbers, which is that of the stack.
                if let place = places[name] {
                    entries[place] = .init(
                        name: name, sums: entries[place].sums + sums, counts: entries[place].counts + [count])
                } else {
                    places[name] = entries.count
                    entries.append(.init(name: name, sums: sums, counts: [count]))
                }
            }
        }
        return ImportanceMatrix(
            entries, datasets: rows.datasets, chunkCount: (rows.tokens + Self.chunk - 1) / Self.chunk,
            chunkSize: Self.chunk)
    }
}
