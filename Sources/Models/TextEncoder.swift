// The encoder beside a decoder: what is read goes up through it once, and back through it once all of the decoder's blocks have said
// what they need of it.

import Kernels
import Tensors

/// An encoder with its frozen weights. It shares the embedding of the decoder.
struct TextEncoder {
    let spec: EncoderSpec
    let stack: BlockStack
    let finalNorm: FinalNorm
}

extension LanguageModel {
    /// The two parts of `batch`; nil where the model has no encoder.
    func parts(of batch: TokenBatch, _ context: PassContext) throws -> BatchParts? {
        guard let encoder else { return nil }
        return context.measures ? batch.measuringParts() : try batch.parts(at: Int32(encoder.spec.startToken))
    }

    /// What the encoder makes of `source`, valid until the end of the enclosing scope; nil where there is nothing to read.
    func encode(_ source: TokenBatch?, _ context: PassContext) -> EncodedRows? {
        guard let encoder, let source else { return nil }
        let states = context.activations(rows: source.rowCount, columns: configuration.width)
        context.workspace.scoped {
            let x = context.residual(rows: source.rowCount, columns: configuration.width)
            embed(source, into: x, context)
            withSpan(source, context) { encoder.stack.forward(x, $0, context) }
            let statistics = encoder.finalNorm.statistics(rows: x.rows, context)
            context.compute { encoder.finalNorm.forward(x, into: states, statistics: statistics, context) }
        }
        return EncodedRows(states: states, bounds: source.bounds, gradient: nil, batchRows: context.batchRows)
    }

    /// Runs `body` with what the encoder makes of the source of `parts`, and takes what `body` leaves as its gradient back through the encoder, into
    /// the adapters' gradients.
    /// - Parameter recomputedBlocks: how many of its trained blocks, from the lowest up, are run again on the way back.
    func withEncoded<Result>(
        _ parts: BatchParts?, recomputedBlocks: Int, _ context: PassContext, _ body: (EncodedRows?) throws -> Result
    ) rethrows -> Result {
        guard let encoder, let parts else { return try body(nil) }
        let context = context.of(parts.sourceRows), source = parts.source
        let lowest = encoder.stack.lowestTrained(context.adapters)
        guard lowest < encoder.stack.blocks.count else {
            return try body(encode(source, context))
        }
        let (rows, width) = (source.rowCount, configuration.width)
        let states = context.activations(rows: rows, columns: width)
        let gradient = context.residual(rows: rows, columns: width)
        return try withSpan(source, context) { span in
            let x = context.residual(rows: rows, columns: width)
            embed(source, into: x, context)
            let pass = encoder.stack.forwardSaving(
                x, span, lowest: lowest, recomputedBlocks: recomputedBlocks, context)
            let statistics = encoder.finalNorm.statistics(rows: rows, context)
            context.compute {
                Elements.fill(gradient)
                encoder.finalNorm.forward(pass.output, into: states, statistics: statistics, context)
            }
            let result = try body(
                EncodedRows(states: states, bounds: source.bounds, gradient: gradient, batchRows: parts.sourceRows))
            encoder.finalNorm.backward(gradient, x: pass.output, statistics: statistics, context)
            pass.backward(gradient)
            return result
        }
    }
}
