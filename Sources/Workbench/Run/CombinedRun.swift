// A run whose recipe names further adapters: what it merges and exports is the trained one combined with them.

internal import Adapters
internal import Digests
internal import Foundation
internal import Recipes
internal import Vocabulary

extension ResolvedRecipe {
    /// Throws for the first of `merge.adapters` that is not there.
    func requireMergedAdapters() throws {
        try requireInputs(of: "merge")
        for adapter in recipe.merge.adapters { try Failure.requireExists(adapter.path, "merge.adapters: the adapter") }
    }
}

extension Session {
    /// Whether what is merged and exported is another adapter than the trained one.
    private var combines: Bool { !recipe.merge.adapters.isEmpty && (recipe.merge.enabled || !recipe.export.isEmpty) }

    /// Throws, before anything is trained, where one of `merge.adapters` cannot be combined.
    func requireMergedAdapters(_ observer: any RunObserver) throws {
        guard combines else { return }
        let others = try mixedAdapters()
        for warning in others.warnings { observer.receive(.warning(warning)) }
        try others.requireCombinable(AdapterMixture([], recipe).settings, beside: requireTraining().adapter)
    }

    /// What tells apart the adapters that are merged and exported: the digest of the trained one and what it is combined with.
    func writtenDigest(_ trained: String) throws -> String {
        guard combines else { return trained }
        let others = try mixedAdapters().parts.map(\.digest)
        return SHA256.hex(of: ([trained, recipe.sectionText("merge")] + others).joined(separator: "\n"))
    }

    /// Puts the combination in the trained adapter's place, once.
    func combineTrained(_ digest: String, at place: URL) throws {
        guard combines, let trained = adapter, trained.combination == nil else { return }
        let first = MixedAdapters.Part(
            named: NamedAdapter(path: place.path, weight: recipe.merge.weight), digest: digest, read: trained)
        take(
            try MixedAdapters(first, and: mixedAdapters())
                .attached(AdapterMixture([], recipe).settings, to: model()))
    }
}
