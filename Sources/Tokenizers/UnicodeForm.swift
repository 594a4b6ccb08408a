// Unicode normalisation forms with account of where bytes came from.

internal import Foundation
@_spi(_Unicode) internal import Swift

/// NFC, NFD, NFKC or NFKD.
enum UnicodeForm: Sendable {
    case nfc, nfd, nfkc, nfkd

    /// Rewrites `text`. Each character (grapheme cluster) that changes is aligned as a whole: normalisation never reaches across
    /// the bounds of a cluster.
    func apply(to text: inout AlignedText) {
        guard text.bytes.contains(where: { $0 >= 0x80 }) else { return }
        var builder = AlignedTextBuilder(changing: text)
        // Characters younger than the tables of Hugging Face's library stay as they are and part what stands around them.
        var start = 0
        UTF8Scan.forEach(in: text.bytes, 0..<text.bytes.count) { scalar, place in
            guard !scalar.isAssigned(inUnicode: 9) else { return }
            normalize(text.bytes, start..<place.lowerBound, into: &builder)
            builder.copy(place)
            start = place.upperBound
        }
        normalize(text.bytes, start..<text.bytes.count, into: &builder)
        text = builder.text()
    }

    private func normalize(_ bytes: [UInt8], _ range: Range<Int>, into builder: inout AlignedTextBuilder) {
        guard !range.isEmpty else { return }
        let string = String(decoding: bytes[range], as: UTF8.self)
        let whole = normalized(string)
        if bytes[range].elementsEqual(whole.utf8) {
            builder.copy(range)
            return
        }
        let clusters = string.map { (before: String($0), after: normalized(String($0))) }
        guard clusters.map(\.after).joined().utf8.elementsEqual(whole.utf8) else {
            builder.write(Array(whole.utf8), for: range)
            return
        }
        var position = range.lowerBound
        for cluster in clusters {
            let place = position..<position + cluster.before.utf8.count
            position = place.upperBound
            if cluster.after.utf8.elementsEqual(cluster.before.utf8) {
                builder.copy(place)
            } else {
                builder.write(Array(cluster.after.utf8), for: place)
            }
        }
    }

    /// Canonical forms come from Swift's standard library, whose tables are current; Foundation's are used only to take
    /// compatibility characters apart, since its composition leaves some pairs alone.
    private func normalized(_ string: String) -> String {
        switch self {
        case .nfc: Self.string(string._nfc)
        case .nfd: Self.string(string._nfd)
        case .nfkc: Self.string(string.decomposedStringWithCompatibilityMapping._nfc)
        case .nfkd: Self.string(string.decomposedStringWithCompatibilityMapping._nfd)
        }
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
