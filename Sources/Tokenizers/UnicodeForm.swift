// Unicode normalisation forms with account of where bytes came from.

internal import Foundation

/// NFC, NFD, NFKC or NFKD.
enum UnicodeForm: Sendable {
    case nfc, nfd, nfkc, nfkd

    /// Rewrites `text`. Each character (grapheme cluster) that changes is aligned as a whole: normalisation never reaches across
    /// the bounds of a cluster.
    func apply(to text: inout AlignedText) {
        guard text.bytes.contains(where: { $0 >= 0x80 }) else { return }
        let string = String(decoding: text.bytes, as: UTF8.self)
        let normalized = normalized(string)
        guard !text.bytes.elementsEqual(normalized.utf8) else { return }
        var builder = AlignedTextBuilder(changing: text)
        var position = 0
        for character in string {
            let cluster = String(character)
            let range = position..<position + cluster.utf8.count
            position = range.upperBound
            let changed = self.normalized(cluster)
            if changed.utf8.elementsEqual(cluster.utf8) { builder.copy(range) } else { builder.write(Array(changed.utf8), for: range) }
        }
        text = builder.bytes.elementsEqual(normalized.utf8) ? builder.text() : text.replaced(by: Array(normalized.utf8))
    }

    private func normalized(_ string: String) -> String {
        switch self {
        case .nfc: string.precomposedStringWithCanonicalMapping
        case .nfd: string.decomposedStringWithCanonicalMapping
        case .nfkc: string.precomposedStringWithCompatibilityMapping
        case .nfkd: string.decomposedStringWithCompatibilityMapping
        }
    }
}

extension AlignedText {
    /// Other bytes for the whole text, all aligned with all of it.
    fileprivate func replaced(by bytes: [UInt8]) -> AlignedText {
        var builder = AlignedTextBuilder(changing: self)
        builder.write(bytes, for: 0..<self.bytes.count)
        return builder.text()
    }
}
