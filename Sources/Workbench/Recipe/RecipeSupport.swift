// What a recipe may say and this version cannot do: refused before any work, never passed over.

internal import Recipes
internal import Vocabulary

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
        for (index, entry) in export.enumerated() {
            try ExportStage.require(entry.format, holding: entry.type, "export[\(index)].type", .badInput)
            let wishes = ExportWishes(entry, at: index)
            try wishes.require(entry.format, .badInput)
            try wishes.calibration.require(entry.type, hasTrainingRows: true)
        }
    }
}
