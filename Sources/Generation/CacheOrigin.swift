// What the numbers of a cache hang on beside its tokens.

import Models

/// A model, how it was computed with, and what acted beside it.
struct CacheOrigin {
    let model: LanguageModel
    let arithmetic: GenerationArithmetic
    let adapters: AdapterBinding
    let revision: Int

    init(_ reader: SequenceReader, _ adapters: AdapterBinding) {
        (model, arithmetic) = (reader.model, reader.arithmetic)
        (self.adapters, revision) = (adapters, adapters.revision)
    }

    func isSame(as other: CacheOrigin) -> Bool {
        model === other.model && arithmetic == other.arithmetic && revision == other.revision
            && adapters.isSame(as: other.adapters)
    }
}
