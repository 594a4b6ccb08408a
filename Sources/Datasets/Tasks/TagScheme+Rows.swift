// Tags as rows and heads have them: which scheme they are of, the spans that people meant, and spans as tags again.

internal import Vocabulary

extension TagScheme {
    /// The tag of words of no span.
    public static let outside = "O"

    /// The scheme of a head's labels; nil where they are tags of none.
    public init?(labels: [String]) {
        guard labels.contains(Self.outside), labels.allSatisfy({ $0 == Self.outside || Self.isOfSpan($0) }) else {
            return nil
        }
        self = Self.scheme(of: labels)
    }

    /// Whether a head's labels have I of a type and no tag that begins a span of it: the older scheme, without neighbours.
    public static func lackBeginnings(_ labels: [String]) -> Bool {
        let all = Set(labels)
        return labels.contains { $0.first == "I" && isOfSpan($0) && !all.contains("B" + $0.dropFirst()) }
    }

    /// Whether a tag is a letter, a dash and a type.
    private static func isOfSpan(_ tag: String) -> Bool {
        guard tag.utf8.count > 2, let letter = tag.first, letter != "O" else { return false }
        return allCases.contains { $0.letters.contains(letter) } && tag.dropFirst().first == "-"
    }

    /// The scheme that has all the letters of `tags`; the plainest where several have.
    private static func scheme(of tags: [String]) -> TagScheme {
        let letters = Set(tags.compactMap(\.first))
        return allCases.first { letters.isSubset(of: $0.letters) } ?? .bio
    }

    /// What a head needs to tell spans of a type apart from others and from what is none, for each of `tags`.
    static func classes(_ tags: [String]) -> [String] {
        tags.flatMap { $0 == outside ? [outside] : ["B-" + type($0), "I-" + type($0)] }
    }

    /// The tags of spans of `types`.
    public static func classes(ofTypes types: [String]) -> [String] {
        [outside] + types.flatMap { ["B-" + $0, "I-" + $0] }
    }

    /// The types that tags are of, each once, in their order.
    public func types(of tags: [String]) -> [String] {
        var types: [String] = []
        for type in tags.compactMap(Self.spanType) where !types.contains(type) { types.append(type) }
        return types
    }

    /// The type that a tag is of; nil for words of no span.
    static func spanType(_ tag: String) -> String? { tag == outside ? nil : String(type(tag)) }

    /// The spans that the tags of a row mean. Where only B and I are used, an I that continues nothing begins a span, so that rows
    /// of the older scheme (IOB1, where B parts two neighbours of one type) are read as they were meant.
    ///
    /// - Throws: `TagError` for a tag of no scheme, `BrokenTags` where a scheme with ends is not kept to.
    public static func written(_ tags: [String]) throws -> [TagSpan] {
        for tag in tags where tag != outside && !isOfSpan(tag) { throw TagError(tag: tag, scheme: scheme(of: [tag])) }
        let scheme = scheme(of: tags)
        guard scheme == .bio else {
            let spans = try scheme.spans(tags)
            let covered = Set(spans.flatMap { $0.start..<$0.end })
            if let lost = tags.indices.first(where: { tags[$0] != outside && !covered.contains($0) }) {
                throw BrokenTags(word: lost, tag: tags[lost], scheme: scheme)
            }
            return spans
        }
        var begun = tags
        for place in tags.indices where tags[place].first == "I" {
            let isContinued = place > 0 && spanType(tags[place - 1]) == spanType(tags[place])
            if !isContinued { begun[place] = "B" + tags[place].dropFirst() }
        }
        return try scheme.spans(begun)
    }

    /// The tags of `count` words of which these are the spans, by word, in their order and apart.
    func tags(_ spans: [TagSpan], count: Int) -> [String] {
        var tags = [String](repeating: Self.outside, count: count)
        for span in spans {
            for place in span.start..<span.end { tags[place] = "I-" + span.type }
            tags[span.start] = "B-" + span.type
            guard let last = letters.last, self != .bio else { continue }
            let end = letters[letters.count - 2]
            tags[span.end - 1] = "\(span.end - span.start == 1 ? last : end)-\(span.type)"
        }
        return tags
    }
}

/// A tag that is part of no span, in a scheme that says where spans end.
struct BrokenTags: ClassifiedError {
    let word: Int
    let tag: String
    let scheme: TagScheme

    var kind: FailureKind { .badInput }
    var description: String { "word \(word): the tag \"\(tag)\" is part of no span in \(scheme.rawValue)" }
}
