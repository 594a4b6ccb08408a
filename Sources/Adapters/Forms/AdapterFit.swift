// What a form that has one number where an adapter has many makes of them: what most modules have stands for all, and the rest goes
// into B, so that the adapter computes what it did.

internal import Spelling

/// How an adapter's numbers become those of a form.
public struct AdapterFit: Sendable, Equatable {
    /// The scale, or the α, of the whole file; nil where each module keeps its own.
    let shared: Double?
    /// The rank of all modules, to which smaller ones are filled up with zeros; nil where each keeps its own.
    let rank: Int?
    /// By what the B of each member is multiplied, in their order.
    let factors: [Float]
    /// What a person should know of it, a sentence each.
    public private(set) var notes: [String]

    /// The same with `notes` before its own.
    func noting(_ notes: [String]) -> AdapterFit {
        var fit = self
        fit.notes = notes + fit.notes
        return fit
    }

    /// Each module keeps its own.
    public static func asItIs(_ adapter: AdapterSet) -> AdapterFit {
        AdapterFit(shared: nil, rank: nil, factors: adapter.members.map { _ in 1 }, notes: [])
    }

    /// One number for all modules.
    ///
    /// - Parameters:
    ///   - own: the number that each member would have.
    ///   - rank: the rank that all members have in the file; nil: each its own.
    ///   - words: what the number is called: "scale".
    static func sharing(
        _ own: [Double], rank: Int? = nil, of adapter: AdapterSet, as words: String
    ) -> AdapterFit {
        // What is computed with are fp32 numbers: those that differ only beyond are one.
        let rounded = own.map { Float($0) }
        // Nothing can be made of zero, and to llama.cpp it is no zero: B becomes it.
        let most = rounded.filter { $0 != 0 }.mostCommon ?? 1
        let shared = zip(own, rounded).first { $0.1 == most }?.0 ?? Double(most)
        let factors = zip(own, rounded).map { $1 == most ? 1 : Float($0 / shared) }
        var notes: [String] = []
        let folded = factors.count { $0 != 1 }
        if folded > 0 {
            notes.append(
                "the \(words) of \(folded) of \(Count.text(own.count, "module")) is folded into B: the file has one "
                    + "for all")
        }
        let padded = adapter.members.count { $0.adapter.rank < rank ?? 0 }
        if padded > 0, let rank {
            notes.append(
                "A and B of \(padded) of \(Count.text(own.count, "module")) are filled up with zeros to rank \(rank): "
                    + "the file has one for all")
        }
        return AdapterFit(shared: shared, rank: rank, factors: factors, notes: notes)
    }
}

extension Collection where Element: Hashable {
    /// The element that stands most often; of several the one that comes first.
    var mostCommon: Element? {
        var counts: [Element: Int] = [:]
        for element in self { counts[element, default: 0] += 1 }
        let most = counts.values.max()
        return first { counts[$0] == most }
    }
}
