// Rewards of texts: an answer that is the row's, a pattern that is found, a label.

public import JSON
internal import Tokenizers

/// 1 where the answer is the text of a field, white space at both ends aside.
public struct ExactReward: Reward {
    private let field: String

    public init(field: String) { self.field = field }

    public func check(_ fields: JSONObject) throws { _ = try fields.text(field) }

    public func scores(_ answers: [JudgedAnswer]) throws -> [Double?] {
        try answers.map { ExactMatch.matches($0.text, try $0.fields.text(field)) ? 1 : 0 }
    }
}

/// 1 where the answer is the row's label, whatever its case; a full stop behind it is none of it.
public struct LabelReward: Reward {
    private let field: String

    public init(field: String) { self.field = field }

    public func check(_ fields: JSONObject) throws { _ = try fields.text(field) }

    public func scores(_ answers: [JudgedAnswer]) throws -> [Double?] {
        try answers.map { answer in
            ExactMatch.matches(Self.plain(answer.text), Self.plain(try answer.fields.text(field))) ? 1 : 0
        }
    }

    private static func plain(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        return words.hasSuffix(".") ? String(words.dropLast()) : words
    }
}

/// 1 where a regular expression is found in the answer.
public struct PatternReward: Reward {
    private let field: String
    /// The same for all rows; nil where each row has its own.
    private let pattern: RegularExpression?

    /// - Parameters:
    ///   - field: of the rows, where `pattern` is nil.
    ///   - pattern: the same for all rows.
    /// - Throws: `RewardError` for what is no regular expression.
    public init(field: String, pattern: String?) throws(RewardError) {
        self.field = field
        self.pattern = if let pattern { try Self.compiled(pattern) } else { nil }
    }

    public func check(_ fields: JSONObject) throws {
        guard pattern == nil else { return }
        _ = try Self.compiled(fields.text(field))
    }

    public func scores(_ answers: [JudgedAnswer]) throws -> [Double?] {
        try answers.map { answer in
            let pattern = if let pattern { pattern } else { try Self.compiled(answer.fields.text(field)) }
            return Array(answer.text.utf8).withUnsafeBufferPointer { pattern.firstMatch(in: $0) == nil ? 0 : 1 }
        }
    }

    private static func compiled(_ pattern: String) throws(RewardError) -> RegularExpression {
        do { return try RegularExpression(pattern, place: "reward") } catch {
            throw RewardError("'\(pattern)' is no regular expression: \(error.reason)")
        }
    }
}
