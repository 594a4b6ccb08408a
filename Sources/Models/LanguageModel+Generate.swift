// Passes of generation through the whole model.

import Kernels
import Tensors

extension LanguageModel {
    /// Rows of a prompt that go through the model together.
    static var promptRows: Int { 512 }

    /// Reads `ids` into `cache`, chunk by chunk, and gives the logits `[1, V]` of the token that follows to `body`.
    func read<Result>(
        _ ids: [Int32], into cache: KeyValueCache, _ arithmetic: GenerationArithmetic, workspace: Workspace,
        adapters: AdapterBinding, _ body: (Matrix) -> Result
    ) -> Result {
        precondition(!ids.isEmpty)
        guard ids.count > 1 else {
            return step(ids, into: [cache], arithmetic, workspace: workspace, adapters: adapters, body)
        }
        var start = 0
        while ids.count - start > Self.promptRows {
            let chunk = Array(ids[start..<(start + Self.promptRows)])
            runGeneration(chunk, .prompt(cache), arithmetic, workspace, adapters) { _, _ in }
            cache.length += chunk.count
            start += chunk.count
        }
        let rest = start == 0 ? ids : Array(ids[start...])
        defer { cache.length += rest.count }
        return runGeneration(rest, .prompt(cache), arithmetic, workspace, adapters) { x, pass in
            body(generationLogits(x.rows((rest.count - 1)..<rest.count), pass))
        }
    }

    /// Reads one token more of each sequence, `ids[i]` into `caches[i]`, and gives the logits `[n, V]` to `body`.
    func step<Result>(
        _ ids: [Int32], into caches: [KeyValueCache], _ arithmetic: GenerationArithmetic, workspace: Workspace,
        adapters: AdapterBinding, _ body: (Matrix) -> Result
    ) -> Result {
        precondition(ids.count == caches.count && !ids.isEmpty)
        defer { for cache in caches { cache.length += 1 } }
        return runGeneration(ids, .step(caches), arithmetic, workspace, adapters) { x, pass in
            body(generationLogits(x, pass))
        }
    }

    private func runGeneration<Result>(
        _ ids: [Int32], _ rows: GenerationPass.Rows, _ arithmetic: GenerationArithmetic, _ workspace: Workspace,
        _ adapters: AdapterBinding, _ body: (Matrix, GenerationPass) -> Result
    ) -> Result {
        let positions: [Int32] =
            switch rows {
            case .prompt(let cache): ids.indices.map { Int32(cache.length + $0) }
            case .step(let caches): caches.map { Int32($0.length) }
            }
        let context = PassContext(
            workspace: workspace, precision: arithmetic == .exact ? .f32 : precision, adapters: adapters)
        return workspace.scoped {
            let x = context.residual(rows: ids.count, columns: configuration.width)
            embed(ids, into: x)
            return positions.withUnsafeBufferPointer { positions in
                let pass = GenerationPass(
                    rows: rows, arithmetic: arithmetic, context: context, positions: positions,
                    tables: rotaryTables)
                for block in blocks { block.generate(x, pass) }
                return body(x, pass)
            }
        }
    }

    /// The logits `[n, V]` after the last block's rows, valid until the end of the enclosing scope.
    private func generationLogits(_ x: Matrix, _ pass: GenerationPass) -> Matrix {
        let normed = pass.matrix(x.rows, x.columns)
        finalNorm.generate(x, into: normed, pass)
        let logits = pass.matrix(x.rows, configuration.vocabularySize)
        RowProducts.multiply([RowProducts.Term(head(pass.context.adapters), pass.input(normed), into: logits)])
        return logits
    }

    /// Throws where an id has no row in the embedding.
    func checkTokens(_ ids: [Int32]) throws {
        let size = configuration.vocabularySize
        for (row, id) in ids.enumerated() where !(0..<size).contains(Int(id)) {
            throw ModelError.tokenOutOfRange(id: Int(id), row: row, vocabularySize: size)
        }
    }
}
