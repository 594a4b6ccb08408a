// What a recipe may say and this version cannot do: refused before any work, never passed over.

internal import Adapters
internal import Recipes
internal import Tensors
internal import Vocabulary

extension Recipe {
    /// Throws at the first key that would have no effect.
    func requireSupported() throws {
        try requireExports()
        try requireOutputNames()
        if !merge.adapters.isEmpty { try requireMergeMethod() }
    }

    /// Throws at the first export that its format cannot hold, as far as the recipe alone tells.
    private func requireExports() throws {
        for (index, entry) in export.enumerated() {
            let target = try ExportTarget(entry, number: index), key = "export[\(index)]"
            let wishes = ExportWishes(entry, at: index)
            try wishes.require(target, entry.type, .badInput)
            try wishes.calibration.require(entry.type, hasTrainingRows: true)
            guard target.isAdapter, let form = AdapterForms.named(target.format) else {
                try ExportStage.require(entry.format, holding: entry.type, key + ".type", .badInput)
                continue
            }
            _ = try DType(entry.type, in: form, key + ".type:", .badInput)
            guard form.methods.contains(adapter.method) else {
                throw Failure(
                    .badInput,
                    "\(key).format: \(form.format.rawValue) has no room for an adapter of method "
                        + adapter.method.rawValue,
                    hint: AdapterForms.holding(adapter.method).roomHint)
            }
        }
    }

    /// Throws where the method that combines adapters lacks a number.
    private func requireMergeMethod() throws {
        do { try AdapterMixture([], self).settings.validate() } catch {
            throw Failure(.badInput, "merge.\(error)")
        }
    }
}
