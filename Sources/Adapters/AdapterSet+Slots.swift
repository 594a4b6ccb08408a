// Trained matrices by pattern, directions that are left, and numbers for a while.

import Models
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

    /// Directions of all layers that count, and how many of them training is to leave; nil where the method gives none up.
    public var directions: (held: Int, target: Int)? {
        guard let flags = AdapterMethod.of(configuration.method).directions else { return nil }
        let held = members.reduce(0) { sum, member in sum + flags(member.adapter.states).count { $0 } }
        return (held, configuration.settings.budget.targetRank * members.count)
    }

    /// The trained matrices that files hold as vectors.
    public var vectors: Set<MatrixSlot> {
        let own = members.flatMap { Array(zip($0.states, $0.slots)) }.filter { $0.0.isVector }.map(\.1)
        let ofHead = headStates.filter { $0.state.isVector }.map(\.slot)
        return Set(own + ofHead + zip(besideParts, besideSlots).filter { $0.0.parameter.isVector }.map(\.1))
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
