// What a recipe may say and this version cannot do: refused before any work, never passed over.

internal import ModelExport
internal import Recipes

extension Recipe {
    /// Throws at the first key that would have no effect.
    func requireSupported() throws {
        let neutral = DistillSection()
        if distill != neutral {
            throw Failure(
                .badInput,
                (distill.teacher == neutral.teacher ? "distill.temperature" : "distill.teacher")
                    + ": this version of Lathe cannot distil yet",
                hint: "leave the section out to train on the rows themselves")
        }
        try requireOutputNames()
        for (index, entry) in export.enumerated() where entry.format == .peft && ![.auto, .fp32].contains(entry.type) {
            throw Failure(
                .badInput, "export[\(index)].type: an adapter is written in fp32, not in \(entry.type.rawValue)",
                hint: "leave type out")
        }
    }
}
