// One line of progress: on a narrow terminal it says less, and what matters most to the last.

/// Facts about work that goes on, in the order in which they are shown.
public struct ProgressLine: Equatable, Sendable {
    /// A piece of the line, with the mark that stands between it and what is before it.
    public struct Part: Equatable, Sendable {
        public let text: String
        public let weight: Weight
        /// How it looks where there are colours.
        public let style: TerminalStyle

        /// A piece that looks as `style` says where there are colours.
        public init(_ text: String, _ weight: Weight, _ style: TerminalStyle = .plain) {
            (self.text, self.weight, self.style) = (text, weight, style)
        }
    }

    /// How long a part stays where there is no room for all of them.
    public enum Weight: Int, Comparable, Sendable {
        /// Goes first.
        case detail
        case rate, share, result
        /// Stays: how far the work is, and how long it will take.
        case essential

        public static func < (left: Weight, right: Weight) -> Bool { left.rawValue < right.rawValue }
    }

    private let parts: [Part]

    public init(_ parts: [Part]) { self.parts = parts }

    /// All of it.
    public var text: String { parts.map(\.text).joined() }

    /// What of it fits `columns`: whole parts, as long as leaving some out is enough.
    ///
    /// - Parameter hasColours: whether parts look as their styles say.
    public func text(columns: Int, hasColours: Bool = false) -> String {
        var parts = parts
        while TerminalLine.width(parts.map(\.text).joined()) > columns,
            let least = parts.indices.filter({ parts[$0].weight < .essential }).min(by: {
                // Of two that matter as little, the one that stands last goes.
                (parts[$0].weight.rawValue, -$0) < (parts[$1].weight.rawValue, -$1)
            })
        {
            parts.remove(at: least)
        }
        let text = parts.map(\.text).joined(), fitting = TerminalLine.cut(text, to: columns)
        return hasColours && fitting == text ? parts.map { $0.style.painted($0.text) }.joined() : fitting
    }
}
