// Tokens as something to look at: text where tokens make whole characters, bytes where they do not, nothing of personal data.

internal import Datasets
internal import Preparation

/// One token, or the few that together make whole characters.
struct TokenCell: Equatable {
    enum Kind: Equatable {
        case text
        /// A control token, such as an end of turn.
        case special
        /// Bytes that make no character with their neighbours; the text is their hexadecimal digits.
        case bytes
        /// Personal data; the text is not there.
        case hidden
    }

    var ids: [Int32]
    var kind: Kind
    var text: String
    var isTarget: Bool
}

/// A sequence as cells.
struct TokenCells {
    private(set) var cells: [TokenCell] = []
    /// In front of which cells tokens are left out, for each gap.
    private(set) var gapIndices: [Int] = []

    /// - Parameters:
    ///   - gaps: in front of which tokens others are left out, ascending.
    ///   - hidden: numbers of tokens that are not shown, ascending.
    ///   - cover: leaves personal data out; `nil`: all is shown that is not `hidden`.
    init(
        _ ids: [Int32], isTarget: [Bool], gaps: [Int] = [], hidden: [Int] = [], tokens: TokenTexts,
        cover: PersonalDataCover? = PersonalDataCover()
    ) {
        var bytes: [UInt8] = []
        var bounds: [Int] = []
        var index = 0
        while index < ids.count {
            if gaps.contains(index) { gapIndices.append(cells.count) }
            let group = Self.group(
                ids, isTarget, at: index, upTo: gaps.first { index < $0 } ?? ids.count, tokens)
            for cell in group.cells {
                cells.append(cell)
                bounds.append(bytes.count)
                for id in cell.ids { bytes += tokens.bytes(id) }
            }
            index += group.tokenCount
        }
        if let cover { hide(cover.ranges(in: bytes), bounds: bounds + [bytes.count]) }
        guard !hidden.isEmpty else { return }
        let hidden = Set(hidden)
        var number = 0
        for index in cells.indices {
            if (number..<number + cells[index].ids.count).contains(where: { hidden.contains($0) }) { hideCell(index) }
            number += cells[index].ids.count
        }
    }

    /// Pieces of personal data that are not shown.
    var hiddenCount: Int {
        cells.indices.count { cells[$0].kind == .hidden && ($0 == 0 || cells[$0 - 1].kind != .hidden) }
    }

    /// Numbers of the tokens that are not shown.
    var hiddenTokens: [Int] {
        var number = 0
        return cells.flatMap { cell in
            defer { number += cell.ids.count }
            return cell.kind == .hidden ? Array(number..<number + cell.ids.count) : []
        }
    }

    private mutating func hideCell(_ index: Int) {
        cells[index].kind = .hidden
        cells[index].text = ""
    }

    private mutating func hide(_ ranges: [Range<Int>], bounds: [Int]) {
        var next = 0
        for index in cells.indices {
            let own = bounds[index]..<bounds[index + 1]
            while next < ranges.count, ranges[next].upperBound <= own.lowerBound { next += 1 }
            guard next < ranges.count, ranges[next].overlaps(own), cells[index].kind != .special else { continue }
            hideCell(index)
        }
    }

    /// The cells of the fewest tokens from `start` on that make whole characters.
    private static func group(
        _ ids: [Int32], _ isTarget: [Bool], at start: Int, upTo end: Int, _ tokens: TokenTexts
    ) -> (cells: [TokenCell], tokenCount: Int) {
        func special(_ index: Int) -> TokenCell {
            let text = String(decoding: tokens.bytes(ids[index]), as: UTF8.self)
            return TokenCell(
                ids: [ids[index]], kind: .special, text: text.isEmpty ? "\(ids[index])" : text,
                isTarget: isTarget[index])
        }
        if tokens.isSpecial(ids[start]) { return ([special(start)], 1) }
        var bytes: [UInt8] = []
        var index = start
        while index < end, index - start < 8, !tokens.isSpecial(ids[index]), isTarget[index] == isTarget[start] {
            bytes += tokens.bytes(ids[index])
            index += 1
            if let text = String(validating: bytes, as: UTF8.self) {
                return (
                    [TokenCell(ids: Array(ids[start..<index]), kind: .text, text: text, isTarget: isTarget[start])],
                    index - start
                )
            }
            guard endsWithinCharacter(bytes) else { break }
        }
        let digits = tokens.bytes(ids[start]).map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return text.count < 2 ? "0" + text : text
        }
        return (
            [
                TokenCell(
                    ids: [ids[start]], kind: .bytes, text: digits.joined(separator: " "), isTarget: isTarget[start])
            ], 1
        )
    }

    /// Whether all is well but for a character that has only begun.
    private static func endsWithinCharacter(_ bytes: [UInt8]) -> Bool {
        guard let lead = bytes.lastIndex(where: { $0 >= 0xC0 }), bytes.count - lead < 4 else { return false }
        let wanted = bytes[lead] >= 0xF0 ? 4 : bytes[lead] >= 0xE0 ? 3 : 2
        guard bytes.count - lead < wanted, bytes[(lead + 1)...].allSatisfy({ $0 & 0xC0 == 0x80 }) else { return false }
        return String(validating: bytes[..<lead], as: UTF8.self) != nil
    }
}
