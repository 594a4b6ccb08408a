// What answers are held against: the base as it is, or under an adapter that a recipe names.

internal import Models
internal import Objectives
internal import Recipes

/// The adapter of a reference, opened.
struct NamedReference {
    let adapters: AdapterBinding
    /// What it takes beside the model.
    let heldBytes: Int
}

extension Session {
    /// The adapter under which the base is the reference, opened once; nil where that is the base as it is.
    ///
    /// - Throws: where it cannot be read, fits another model, or writes no text.
    func reference() throws -> NamedReference? {
        guard let path = recipe.train.preferences.referenceAdapter else { return nil }
        if let openedReference { return openedReference }
        let model = try model(), bound = model.adapters, stored = try StoredAdapter(path)
        defer { model.adapters = bound }
        try stored.requireLanguage("train.reference_adapter", path)
        let set = try stored.attached(to: model, base()).set
        let reference = NamedReference(adapters: set.binding(to: model), heldBytes: set.slab.count * 8)
        openedReference = reference
        return reference
    }

    /// `objective`, held against the reference that the recipe names.
    func referring(_ objective: any Objective) throws -> any Objective {
        guard let own = objective as? any ReferencedObjective, let reference = try reference() else { return objective }
        return own.held(against: ReferencePolicy(under: reference.adapters))
    }
}
