// Bytes from a terminal's keyboard, as the keys that a line editor knows.

/// A key, or text that was pasted.
public enum TerminalKey: Sendable, Equatable {
    case character(Character)
    /// Text that came at once: nothing in it is a key.
    case pasted(String)
    case enter, tab, backspace, delete
    case left, right, wordLeft, wordRight, home, end, up, down
    case deleteToStart, deleteToEnd, deleteWord, swap
    /// Ctrl-C, Ctrl-D, Ctrl-L, Ctrl-Z.
    case interrupt, endOfInput, clearScreen, suspend
}

/// Makes keys of bytes as they come, in whatever pieces.
public struct TerminalKeyReader: Sendable {
    private var pending: [UInt8] = []
    /// What was pasted so far; nil where nothing is being pasted.
    private var pasted: [UInt8]?

    private static let pasteStart = Array("\u{1B}[200~".utf8)
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    private static let escape: UInt8 = 0x1B
    /// No key is longer; what is, is none.
    private static let longestKey = 16

    public init() {}

    /// Whether bytes wait for others: a part of a character or of a key.
    public var isWaiting: Bool { !pending.isEmpty || pasted != nil }

    /// The keys that are whole with `bytes`.
    public mutating func read(_ bytes: some Sequence<UInt8>) -> [TerminalKey] {
        var keys: [TerminalKey] = []
        for byte in bytes {
            if pasted != nil {
                if let text = paste(byte) { keys.append(.pasted(text)) }
                continue
            }
            // A character that breaks off is none, and takes no other with it.
            if let first = pending.first, first != Self.escape, byte & 0xC0 != 0x80 { pending = [] }
            pending.append(byte)
            guard let end = Self.isWhole(pending) else { continue }
            if pending == Self.pasteStart {
                pasted = []
            } else if end, let key = Self.key(pending) {
                keys.append(key)
            }
            pending = []
        }
        return keys
    }

    private mutating func paste(_ byte: UInt8) -> String? {
        pasted?.append(byte)
        guard let all = pasted, all.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else { return nil }
        pasted = nil
        return String(decoding: all.dropLast(Self.pasteEnd.count), as: UTF8.self)
    }

    /// Whether no byte more belongs to `bytes`; false inside where they are to be passed over; nil where more must come.
    private static func isWhole(_ bytes: [UInt8]) -> Bool? {
        guard bytes.count <= longestKey else { return false }
        guard bytes[0] == escape else {
            let length =
                switch bytes[0] {
                case 0xC0..<0xE0: 2
                case 0xE0..<0xF0: 3
                case 0xF0..<0xF8: 4
                default: 1
                }
            return bytes.count >= length ? true : nil
        }
        guard bytes.count > 1 else { return nil }
        switch bytes[1] {
        case UInt8(ascii: "["): return bytes.count > 2 && (0x40...0x7E).contains(bytes[bytes.count - 1]) ? true : nil
        case UInt8(ascii: "O"): return bytes.count > 2 ? true : nil
        // Escape twice: the second begins anew with what follows, which is none of our keys.
        default: return true
        }
    }

    private static let controls: [UInt8: TerminalKey] = [
        1: .home, 2: .left, 3: .interrupt, 4: .endOfInput, 5: .end, 6: .right, 8: .backspace, 9: .tab, 10: .enter,
        11: .deleteToEnd, 12: .clearScreen, 13: .enter, 14: .down, 16: .up, 20: .swap, 21: .deleteToStart,
        23: .deleteWord, 26: .suspend, 127: .backspace,
    ]

    private static let sequences: [String: TerminalKey] = [
        "[A": .up, "[B": .down, "[C": .right, "[D": .left, "[H": .home, "[F": .end, "OA": .up, "OB": .down,
        "OC": .right, "OD": .left, "OH": .home, "OF": .end, "[1~": .home, "[7~": .home, "[4~": .end, "[8~": .end,
        "[3~": .delete, "[1;5C": .wordRight, "[1;5D": .wordLeft, "[1;3C": .wordRight, "[1;3D": .wordLeft,
        "f": .wordRight, "b": .wordLeft, "\u{7F}": .deleteWord,
    ]

    private static func key(_ bytes: [UInt8]) -> TerminalKey? {
        if bytes[0] == escape { return sequences[String(decoding: bytes.dropFirst(), as: UTF8.self)] }
        if bytes.count == 1, bytes[0] < 0x20 || bytes[0] == 0x7F { return controls[bytes[0]] }
        // Bytes that are no UTF-8 are no key.
        return String(validating: bytes, as: UTF8.self)?.first.map { .character($0) }
    }
}
