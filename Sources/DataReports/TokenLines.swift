// Sequences on a terminal, each token marked by whether it carries loss: by colours, or by brackets where there are none.

internal import Preparation
internal import Spelling

/// How marks are made on a terminal.
public enum TerminalColours: Sendable {
    /// ANSI escape sequences.
    case ansi
    /// Brackets: readable in a pipe.
    case none
}

/// A sequence as lines of a terminal.
public struct TokenLines: Sendable {
    private let strip: TokenCells
    private let limit: Int?

    /// - Parameters:
    ///   - limit: tokens from this number on are cut away in training; `nil`: none.
    ///   - covers: leaves personal data out.
    public init(ids: [Int32], isTarget: [Bool], limit: Int? = nil, tokens: TokenTexts, covers: Bool) {
        strip = TokenCells(ids, isTarget: isTarget, tokens: tokens, cover: covers ? PersonalDataCover() : nil)
        self.limit = limit.flatMap { $0 < ids.count ? $0 : nil }
    }

    /// Pieces of personal data that are not shown.
    public var hiddenCount: Int { strip.hiddenCount }

    /// Of each token what is shown; of those that make one character together, the first shows it.
    public var texts: [String] {
        strip.cells.flatMap { cell in
            [cell.kind == .bytes ? "⟨\(cell.text)⟩" : cell.kind == .hidden ? Self.hidden : cell.text]
                + Array(repeating: "", count: cell.ids.count - 1)
        }
    }

    private static let hidden = "▒▒▒"

    /// What the marks mean.
    public static func legend(_ colours: TerminalColours) -> String {
        switch colours {
        case .ansi:
            "\(Style.trained.sequence)trained\(reset) carries loss, \(Style.context.sequence)context\(reset) is only read, "
                + "\(Style.special.sequence)<|end|>\(reset) control token, ↵ line end, ▒▒▒ personal data"
        case .none: "⟦trained⟧ carries loss, the rest is only read; ↵ line end, ▒▒▒ personal data"
        }
    }

    private enum Style: Equatable {
        case context, trained, special, trainedSpecial, cut

        var sequence: String {
            switch self {
            case .context: "\u{1B}[2m"
            case .trained: "\u{1B}[1;32m"
            case .special: "\u{1B}[2;35m"
            case .trainedSpecial: "\u{1B}[1;35m"
            case .cut: "\u{1B}[9;31m"
            }
        }
    }

    private static let reset = "\u{1B}[0m"

    /// The sequence; every line end is shown, and ends a line.
    public func text(_ colours: TerminalColours) -> String {
        var output = ""
        var style: Style?
        var isOpen = false
        var number = 0
        for cell in strip.cells {
            if let limit, number == limit || (number < limit && number + cell.ids.count > limit) {
                close(colours, &output, &style, &isOpen)
                output += "\n── max_length \(limit): what follows is cut away ──\n"
            }
            let isCut = limit.map { number >= $0 } ?? false
            number += cell.ids.count
            switch colours {
            case .ansi:
                let next: Style =
                    isCut
                    ? .cut
                    : cell.kind == .special
                        ? (cell.isTarget ? .trainedSpecial : .special) : cell.isTarget ? .trained : .context
                if next != style { output += (style == nil ? "" : Self.reset) + next.sequence }
                style = next
                // A style that goes over a line end colours the rest of the line in some terminals.
                output += shown(cell).replacing("\n", with: Self.reset + "\n" + next.sequence)
            case .none:
                if cell.isTarget != isOpen, !isCut { output += cell.isTarget ? "⟦" : "⟧" }
                if !isCut { isOpen = cell.isTarget }
                output += shown(cell)
            }
        }
        close(colours, &output, &style, &isOpen)
        return output
    }

    private func close(_ colours: TerminalColours, _ output: inout String, _ style: inout Style?, _ isOpen: inout Bool)
    {
        if colours == .ansi, style != nil { output += Self.reset }
        if isOpen { output += "⟧" }
        style = nil
        isOpen = false
    }

    private func shown(_ cell: TokenCell) -> String {
        switch cell.kind {
        case .hidden: return Self.hidden
        case .bytes: return "⟨\(cell.text)⟩"
        case .text, .special:
            var output = ""
            for scalar in cell.text.unicodeScalars {
                switch scalar {
                case "\n": output += "↵\n"
                case "\t": output += "⇥\t"
                default:
                    if scalar.isUnprintable { output += scalar.picture } else { output.unicodeScalars.append(scalar) }
                }
            }
            return output
        }
    }
}

extension String {
    /// Every occurrence of one text replaced by another, without Foundation.
    fileprivate func replacing(_ text: Character, with other: String) -> String {
        contains(text) ? split(separator: text, omittingEmptySubsequences: false).joined(separator: other) : self
    }
}
