// What a base makes of a prompt, in numbers: they say much of what it is about, and need no training.

public import Models
public import Tensors

/// Takes the mean of a model's states over the tokens of a prompt.
///
/// They are taken after a third of the blocks, where states say most of a text as a whole; those of the last blocks are about the next
/// token.
public struct PromptStates {
    private let model: LanguageModel
    private let workspace: Workspace
    private let rowLimit: Int

    /// - Parameter rowLimit: tokens that are read together, but for a longer prompt.
    public init(_ model: LanguageModel, rowLimit: Int, workspace: Workspace) {
        self.model = model
        self.rowLimit = rowLimit
        self.workspace = workspace
    }

    /// Blocks of `configuration` that are run.
    public static func blocks(_ configuration: ModelConfiguration) -> Int { max(1, configuration.layers / 3) }

    /// The mean of each of `prompts`, `[C]`, in their order; nil for one without a token, or whose states are no numbers.
    ///
    /// - Parameter onPrompts: told how many are done; what it throws ends the work.
    public func means(of prompts: [[Int32]], onPrompts: (Int) throws -> Void = { _ in }) throws -> [[Float]?] {
        var means: [[Float]?] = []
        while means.count < prompts.count {
            var end = means.count, count = 0
            while end < prompts.count, end == means.count || count + prompts[end].count <= rowLimit {
                count += prompts[end].count
                end += 1
            }
            means += try read(prompts[means.count..<end])
            try onPrompts(means.count)
        }
        return means
    }

    private func read(_ prompts: ArraySlice<[Int32]>) throws -> [[Float]?] {
        let texts = prompts.filter { !$0.isEmpty }
        guard !texts.isEmpty else { return prompts.map { _ in nil } }
        let batch = TokenBatch(texts: texts, reads: .all)
        var means = try workspace.scoped {
            let x = workspace.matrix(rows: batch.rowCount, columns: model.configuration.width)
            try model.embed(batch, into: x, workspace: workspace)
            for block in 0..<Self.blocks(model.configuration) {
                model.run(block: block, batch, x, workspace: workspace)
            }
            return zip(batch.bounds, batch.bounds.dropFirst()).map { Self.mean(x.rows($0..<$1)) }
        }[...]
        return prompts.map { $0.isEmpty ? nil : means.removeFirst() }
    }

    private static func mean(_ states: Matrix) -> [Float]? {
        var sums = [Double](repeating: 0, count: states.columns)
        for row in 0..<states.rows {
            for (place, number) in states.rows(row..<row + 1).floats.enumerated() { sums[place] += Double(number) }
        }
        let mean = sums.map { Float($0 / Double(states.rows)) }
        return mean.allSatisfy(\.isFinite) ? mean : nil
    }
}
