// The one rule for what is shown of rows, in reports, messages and on the terminal: no personal data of any kind, whatever the recipe
// masks and wherever its mask step stands.

public import JSON
internal import Recipes

/// Takes personal data of every kind out of what is shown.
public struct PersonalDataCover: Sendable {
    public init() {}

    /// The text with placeholders for personal data.
    ///
    /// - Parameter field: the name that the text stands under; it can say what a bare number is.
    public func text(_ text: String, under field: String = "") -> String {
        var masker = PersonalDataMasker.everything
        guard text.utf8.contains(UInt8(ascii: "&")) else { return masker.mask(text, under: field) { _ in } ?? text }
        // What is written with character references is as readable: `&#64;` is an at sign.
        var normaliser = Self.referenceDecoder
        if let decoded = normaliser.normalise(text), let masked = masker.mask(decoded, under: field, count: { _ in }) {
            return masked
        }
        return masker.mask(text, under: field) { _ in } ?? text
    }

    /// Every text and every telling number of a row covered, each under its own name.
    public func fields(_ fields: JSONObject) -> JSONObject {
        JSONObject(fields.members.map { (key: text($0.key), value: value($0.value, under: $0.key)) })
    }

    private func value(_ value: JSONValue, under key: String) -> JSONValue {
        switch value {
        case .string(let text): return .string(self.text(text, under: key))
        case .integer, .double:
            let text = value.text()
            let covered = self.text(text, under: key)
            return covered == text ? value : .string(covered)
        case .array(let elements): return .array(elements.map { self.value($0, under: key) })
        case .object(let object): return .object(fields(object))
        case .null, .bool: return value
        }
    }

    /// Where personal data stands in UTF-8 text, ascending.
    public func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        var folded = FoldedText()
        var scanner = PersonalDataScanner(Set(PersonalDataKind.allCases))
        return bytes.withUnsafeBufferPointer { bytes in
            folded.fold(bytes, prefix: [])
            scanner.scan(folded.bytes)
            return scanner.matches.compactMap { folded.origin(of: $0.range) }
        }
    }

    private static var referenceDecoder: Normaliser {
        var rules = NormaliseStep()
        rules.unicode = .keep
        rules.whitespace = .keep
        rules.fullWidth = .keep
        return Normaliser(rules)
    }
}
