// What the card of a base says of it: the few keys of a README's header that its derivatives must repeat.

internal import Foundation

/// Keys and values of a YAML header, as far as cards write them: a text or a list of texts for a key.
struct CardHeader {
    private var values: [(key: String, values: [String])] = []

    /// The header of `text`; empty where it has none.
    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.first?.trimmed == "---" else { return }
        for line in lines.dropFirst() {
            if line.trimmed == "---" { return }
            if let item = line.trimmed.dropping("- ") {
                guard !values.isEmpty else { continue }
                values[values.count - 1].values.append(Self.scalar(item))
            } else if let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false {
                values.append((String(line[..<colon]), Self.values(String(line[line.index(after: colon)...]))))
            }
        }
        // A header that never ends is none.
        values = []
    }

    subscript(key: String) -> [String] { values.last { $0.key == key }?.values ?? [] }

    private static func values(_ text: String) -> [String] {
        let text = text.trimmed
        guard text.hasPrefix("["), text.hasSuffix("]") else { return text.isEmpty ? [] : [scalar(text)] }
        return text.dropFirst().dropLast().split(separator: ",").map { scalar(String($0)) }
    }

    private static func scalar(_ text: String) -> String {
        let text = text.trimmed
        for quote in ["\"", "'"] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }

    fileprivate func dropping(_ start: String) -> String? { hasPrefix(start) ? String(dropFirst(start.count)) : nil }
}
