// Scalars of YAML 1.2 (core schema): what is a number, a boolean, a text, a number of bytes.

internal import Vocabulary

extension RecipeNode {
    /// A whole number: decimal, `0o17`, `0x1f`, or a float without a fraction (`1e3`). Quotation marks do not matter.
    var integer: Int? {
        guard let text = scalarText else { return nil }
        if text.hasPrefix("0o") { return Int(text.dropFirst(2), radix: 8) }
        if text.hasPrefix("0x") { return Int(text.dropFirst(2), radix: 16) }
        if let integer = Int(text) { return integer }
        return number.flatMap { Int(exactly: $0) }
    }

    /// A finite or infinite decimal number; quotation marks do not matter.
    var number: Double? {
        guard let text = scalarText, !text.isEmpty else { return nil }
        // `Double(_:)` would also take hexadecimal floats, "nan" and "inf", which are words in YAML 1.2.
        let allowed = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || [43, 45, 46, 69, 101].contains(byte)
        }
        guard allowed, text.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
        return Double(text)
    }

    /// `true` or `false`, without quotation marks. `yes`, `no`, `on` and `off` are words.
    var boolean: Bool? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        switch text {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default: return nil
        }
    }

    /// Text; numbers stand for their own digits, but a bare boolean or nothing is no text.
    var string: String? {
        guard let text = scalarText, !isNull, boolean == nil else { return nil }
        return text
    }

    /// The elements of a list; anything else counts as a list of itself.
    var elements: [RecipeNode] {
        if case .list(let elements) = content { return elements }
        return isNull ? [] : [self]
    }

    func isAbsent(_ word: String) -> Bool { isNull || scalarText == word }

    /// A number of bytes: `2GiB`, `500 MB`, `1073741824`.
    var byteCount: Int? { scalarText.flatMap(ByteSize.bytes) }

    /// A size by itself or as a share: `95MB`, `110%`.
    var sizeWish: SizeWish? { scalarText.flatMap(SizeWish.init) }
}
