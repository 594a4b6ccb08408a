// A span that a head has found in a text.

internal import Adapters
internal import Datasets
internal import JSON
internal import Objectives

/// A span by its characters, with how likely its tags are.
struct FoundSpan {
    /// In Unicode scalars.
    let span: TagSpan
    /// Of all its tags together: the product of theirs.
    let probability: Double

    /// The spans that the head's answers mean, read strictly.
    ///
    /// - Parameters:
    ///   - answers: of each word a tag, by number.
    ///   - words: as many, and perhaps more, of which the head read nothing.
    static func spans(
        _ answers: [TagAnswer], words: [Range<Int>], _ scheme: TagScheme, labels: [String]
    ) throws -> [FoundSpan] {
        let tags = answers.map { labels[$0.place] }
        // A head whose types have no B begins spans with I.
        let found = TagScheme.lackBeginnings(labels) ? try TagScheme.written(tags) : try scheme.spans(tags)
        return found.map { span in
            FoundSpan(
                span: TagSpan(
                    start: words[span.start].lowerBound, end: words[span.end - 1].upperBound, type: span.type),
                probability: answers[span.start..<span.end].reduce(1) { $0 * $1.probability })
        }
    }

    func json(in text: [Unicode.Scalar]) -> JSONValue {
        .object(JSONObject(span.members(in: text) + [("probability", .double(probability))]))
    }
}

extension SavedHead {
    /// How its labels say where spans begin and end.
    ///
    /// - Throws: `Failure` where they are no tags.
    func scheme() throws -> TagScheme {
        if let scheme = TagScheme(labels: labels) { return scheme }
        throw Failure(
            .badInput, "the head's labels are no tags of spans: \(labels.prefix(8).joined(separator: ", "))",
            hint: "tags are O, and B- and I- with each type: data.labels names them in the order of the head's answers")
    }
}

extension TagSpan {
    /// "start", "end", "label", "text".
    func members(in text: [Unicode.Scalar]) -> [JSONObject.Member] {
        var part = String.UnicodeScalarView()
        part.append(contentsOf: text[max(0, start)..<min(end, text.count)])
        return [
            ("start", .integer(start)), ("end", .integer(end)), ("label", .string(type)),
            ("text", .string(String(part))),
        ]
    }
}

extension DataRow {
    /// The scalars of a document.
    var scalars: [Unicode.Scalar] {
        guard case .document(let text) = content else { return [] }
        return Array(text.unicodeScalars)
    }
}
