// Trained matrices by pattern, and their numbers for a while.

public import Tensors

extension AdapterSet {
    /// Of the matrices that training changes, those that `pattern` means: by their own names, with or without `.weight`, or by the modules
    /// that they are of.
    /// - Throws: `AdapterError` for what is no pattern.
    public func slots(_ pattern: String) throws(AdapterError) -> [MatrixSlot] {
        var found: [MatrixSlot] = []
        for slot in slab.trainedSlots {
            var name = slot.name
            if name.hasSuffix(".weight") { name.removeLast(".weight".count) }
            let module = name.split(separator: ".").dropLast().joined(separator: ".")
            for candidate in [slot.name, name, module] {
                guard try ModulePattern.matches(candidate, pattern) else { continue }
                found.append(slot)
                break
            }
        }
        return found
    }

    /// Runs `body` with `values`, in the places of the slab, for the numbers of the set, and puts its own back.
    public func whileHolding<Result>(_ values: [Float], _ body: () throws -> Result) rethrows -> Result {
        let own = Array(slab.values)
        func use(_ values: [Float]) {
            _ = slab.values.update(from: values)
            slab.valuesChanged()
        }
        use(values)
        defer { use(own) }
        return try body()
    }
}
