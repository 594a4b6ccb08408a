// Texts that end an answer, found across the borders of tokens.

/// Holds text back until it cannot be the beginning of a text that ends the answer.
public struct StopText: Sendable {
    private let stops: [[UInt8]]
    /// What is held back: whole characters, as they came.
    private var held: [UInt8] = []

    /// - Parameter stops: empty ones end nothing.
    public init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

    /// Takes the next piece.
    /// - Returns: what is certain to be part of the answer, and the text that ends it, where one does. The one that is whole first ends
    ///   it; of several that are whole at the same place, the longest.
    public mutating func feed(_ piece: String) -> (text: String, end: String?) {
        guard !stops.isEmpty else { return (piece, nil) }
        var shown: [UInt8] = []
        for byte in piece.utf8 {
            held.append(byte)
            if let stop = stops.filter({ held.suffix($0.count).elementsEqual($0) }).max(by: { $0.count < $1.count }) {
                shown += held.dropLast(stop.count)
                held = []
                return (String(decoding: shown, as: UTF8.self), String(decoding: stop, as: UTF8.self))
            }
            let kept = longestBeginning
            shown += held.dropLast(kept)
            held.removeFirst(held.count - kept)
        }
        return (String(decoding: shown, as: UTF8.self), nil)
    }

    /// The rest, when nothing more comes.
    public mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// How many of the last bytes may be the beginning of a text that ends the answer.
    private var longestBeginning: Int {
        for start in held.indices {
            let rest = held[start...]
            if stops.contains(where: { $0.count > rest.count && $0.starts(with: rest) }) { return rest.count }
        }
        return 0
    }
}
