// Tags of tokens as spans, read strictly, as seqeval's strict mode does: a span begins where the scheme says that one begins, and a tag
// that continues none belongs to none.

public import Vocabulary

/// A run of tokens of one type.
public struct TagSpan: Hashable, Sendable {
    /// The first token.
    public let start: Int
    /// The token after the last.
    public let end: Int
    public let type: String

    public init(start: Int, end: Int, type: String) {
        self.start = start
        self.end = end
        self.type = type
    }
}

/// A tag that is none of its scheme.
public struct TagError: ClassifiedError, Equatable {
    public let tag: String
    public let scheme: TagScheme

    public init(tag: String, scheme: TagScheme) {
        self.tag = tag
        self.scheme = scheme
    }

    public var kind: FailureKind { .badInput }
    public var description: String {
        "the tag \"\(tag)\" is none of \(scheme.rawValue): "
            + scheme.letters.map { $0 == "O" ? "O" : "\($0)-TYPE" }
            .joined(separator: ", ")
    }
}

/// How tags say where spans begin and end.
public enum TagScheme: String, Sendable, CaseIterable {
    /// B begins, I goes on (IOB2).
    case bio
    /// B begins, I goes on, E ends, S stands alone.
    case bioes
    /// The same with L for E and U for S.
    case bilou

    /// The letters that tags begin with.
    var letters: [Character] {
        switch self {
        case .bio: ["B", "I", "O"]
        case .bioes: ["B", "I", "O", "E", "S"]
        case .bilou: ["B", "I", "O", "L", "U"]
        }
    }

    /// The letters that end a span of several tokens and that are a span alone; nil where the scheme has none.
    private var closing: (end: Character, single: Character)? {
        switch self {
        case .bio: nil
        case .bioes: ("E", "S")
        case .bilou: ("L", "U")
        }
    }

    /// The spans of a sequence of tags, in their order.
    ///
    /// - Throws: `TagError` for a tag that the scheme has not.
    public func spans(_ tags: [String]) throws(TagError) -> [TagSpan] {
        var read: [(letter: Character, type: Substring)] = []
        for tag in tags {
            guard let letter = tag.first, letters.contains(letter) else { throw TagError(tag: tag, scheme: self) }
            read.append((letter, Self.type(tag)))
        }
        var spans: [TagSpan] = []
        var place = 0
        while place < read.count {
            let start = place, (letter, type) = read[start]
            place += 1
            if letter == closing?.single { spans.append(TagSpan(start: start, end: place, type: String(type))) }
            guard letter == "B" else { continue }
            var isOpen = true
            while isOpen, place < read.count, read[place].type == type {
                if read[place].letter == "I" {
                    place += 1
                } else if read[place].letter == closing?.end {
                    place += 1
                    isOpen = false
                } else {
                    break
                }
            }
            // With letters that end spans, one without its end is none.
            if closing == nil || !isOpen { spans.append(TagSpan(start: start, end: place, type: String(type))) }
        }
        return spans
    }

    /// What follows the letter and its dash; "_" where nothing does.
    static func type(_ tag: String) -> Substring {
        var type = tag.dropFirst()
        while type.first == "-" { type.removeFirst() }
        while type.last == "-" { type.removeLast() }
        return type.isEmpty ? "_" : type
    }
}
