// The one rule for what is shown of rows, in reports, messages and on the terminal: no personal data of any kind, whatever the recipe
// masks and wherever its mask step stands; and nothing that a mask step took out of another row.

public import JSON
public import Recipes

/// Takes personal data of every kind out of what is shown.
public struct PersonalDataCover: Sendable {
    private let values: MaskedValues?

    /// - Parameter values: what was masked in the rows.
    public init(_ values: MaskedValues? = nil) { self.values = values }

    /// The text with placeholders for personal data.
    ///
    /// - Parameter field: the name that the text stands under; it can say what a bare number is.
    public func text(_ text: String, under field: String = "") -> String {
        var masker = PersonalDataMasker.everything
        var shown = text
        if text.utf8.contains(UInt8(ascii: "&")) {
            // What is written with character references is as readable: `&#64;` is an at sign.
            var normaliser = Self.referenceDecoder
            if let decoded = normaliser.normalise(text),
                masker.mask(decoded, under: field, count: { _ in }) != nil
                    || !knownRanges(in: Array(decoded.utf8)).isEmpty
            {
                shown = decoded
            }
        }
        return withoutKnown(masker.mask(shown, under: field) { _ in } ?? shown)
    }

    /// Every text and every telling number of a row covered, each under its own name.
    public func fields(_ fields: JSONObject) -> JSONObject {
        JSONObject(fields.members.map { (key: text($0.key), value: value($0.value, under: $0.key)) })
    }

    /// Which kinds of personal data stand in a row, in the order of their list.
    public static func kinds(in fields: JSONObject) -> [PersonalDataKind] {
        var masker = PersonalDataMasker.everything
        var found: Set<PersonalDataKind> = []
        func look(_ value: JSONValue, under key: String) {
            switch value {
            case .string(let text): _ = masker.mask(text, under: key) { found.insert($0) }
            case .integer, .digits, .double: _ = masker.mask(value.text(), under: key) { found.insert($0) }
            case .array(let elements): for element in elements { look(element, under: key) }
            case .object(let object): for member in object.members { look(member.value, under: member.key) }
            case .null, .bool: break
            }
        }
        for member in fields.members { look(member.value, under: member.key) }
        return PersonalDataKind.allCases.filter(found.contains)
    }

    private func value(_ value: JSONValue, under key: String) -> JSONValue {
        switch value {
        case .string(let text): return .string(self.text(text, under: key))
        case .integer, .digits, .double:
            let text = value.text()
            let covered = self.text(text, under: key)
            return covered == text ? value : .string(covered)
        case .array(let elements): return .array(elements.map { self.value($0, under: key) })
        case .object(let object): return .object(fields(object))
        case .null, .bool: return value
        }
    }

    /// Where personal data, and what was masked elsewhere, stands in UTF-8 text, ascending.
    public func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for range in (Self.found(in: bytes, under: "") + knownRanges(in: bytes)).sorted(by: {
            $0.lowerBound < $1.lowerBound
        }) {
            if let last = ranges.last, last.upperBound > range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
        return ranges
    }

    /// Where personal data of any kind stands in a text under a name.
    static func found(in bytes: [UInt8], under field: String) -> [Range<Int>] {
        var folded = FoldedText()
        var scanner = PersonalDataScanner(Set(PersonalDataKind.allCases))
        return bytes.withUnsafeBufferPointer { bytes in
            folded.fold(bytes, prefix: PersonalDataMasker.context(of: field))
            scanner.scan(folded)
            return scanner.matches.compactMap { folded.origin(of: $0.range) }
        }
    }

    private func knownRanges(in bytes: [UInt8]) -> [Range<Int>] { values?.ranges(in: bytes) ?? [] }

    private func withoutKnown(_ text: String) -> String {
        guard values != nil else { return text }
        let bytes = Array(text.utf8)
        let ranges = knownRanges(in: bytes)
        guard !ranges.isEmpty else { return text }
        var output: [UInt8] = []
        var position = 0
        for range in ranges {
            output += bytes[position..<range.lowerBound] + Array("[MASKED]".utf8)
            position = range.upperBound
        }
        return String(decoding: output + bytes[position...], as: UTF8.self)
    }

    private static var referenceDecoder: Normaliser {
        var rules = NormaliseStep()
        rules.unicode = .keep
        rules.whitespace = .keep
        rules.fullWidth = .keep
        return Normaliser(rules)
    }
}
