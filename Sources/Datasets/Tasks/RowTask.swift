// What rows are for where they are not answered with text.

public import Vocabulary

/// What is asked of a text.
public struct RowTask: Sendable, Equatable {
    /// Whose states the head reads.
    public enum Reads: String, Sendable {
        /// The first token's.
        case first
        /// The last token's.
        case last
        /// Every token's.
        case all
        /// Those of words, at the first token of each.
        case words
    }

    public var kind: TaskKind
    public var reads: Reads
    /// Whether a text may have several classes, or none.
    public var isMultiLabel: Bool
    /// Whether it learns from pairs of answers, one better than the other.
    public var comparesAnswers = false
    /// How texts are read that become vectors.
    public var reading = TextReading()

    public init(
        _ kind: TaskKind, isMultiLabel: Bool = false, comparesAnswers: Bool = false, reads: Reads = .last
    ) {
        self.kind = kind
        self.comparesAnswers = comparesAnswers
        self.reads = reads
        self.isMultiLabel = isMultiLabel
    }

    /// The forms of row that it learns from.
    var formats: [RowFormat] {
        switch kind {
        case _ where comparesAnswers: [.preference]
        case .generate, .seq2seq: RowFormat.allCases
        case .classify, .regress: [.classification]
        case .tag: [.spans]
        case .embed: reading.formats
        }
    }

    /// The form that rows with the fields of `record` have to the task; nil where the fields alone say it.
    func format(of record: SourceRow, _ columns: [String: String]) -> RowFormat? {
        func has(_ field: String) -> Bool { record.fields[columns[field] ?? field] != nil }
        switch kind {
        case _ where comparesAnswers: return nil
        case .classify, .regress: return has("text") ? .classification : nil
        case .tag: return has("text") || has("tokens") ? .spans : nil
        case .generate, .seq2seq, .embed: return nil
        }
    }

    /// The fields that its rows have, for messages.
    var fields: String {
        switch kind {
        case _ where comparesAnswers: "prompt, chosen and rejected"
        case .tag: "text and spans, or with tokens and tags"
        case .embed: "anchor and positive, or with sentence1, sentence2 and score"
        case .generate, .seq2seq, .classify, .regress: "text and label"
        }
    }

    /// All classes that a head needs which tells apart those of a row.
    func classes(_ names: [String]) -> [String] { kind == .tag ? TagScheme.classes(names) : names }

    /// The settings that change tokens or what is wanted of them, written the same way always.
    var canonicalText: String {
        "\u{1E}task \(kind.rawValue) \(isMultiLabel)" + (comparesAnswers ? " pairs" : "")
            + (kind == .embed ? " \(reading.canonicalText)" : "")
            + (reads == .last ? "" : " \(reads.rawValue)")
    }

    /// Whether each of `count` tokens of a text that is answered as a whole is one that the head reads.
    func marks(_ count: Int) -> [Bool] {
        switch reads {
        case .first: (0..<count).map { $0 == 0 }
        case .last, .words: (0..<count).map { $0 == count - 1 }
        case .all: Array(repeating: true, count: count)
        }
    }
}

/// What is wanted of a row.
public enum RowAnswer: Sendable, Equatable {
    /// Names of classes: one, or any number of them.
    case classes([String])
    case number(Double)
    /// What the text is to be near, or far from.
    case texts(TextGroup)
    /// Parts of the text.
    case spans(TaggedText)
}

/// Names of classes as numbers: in the order of a list that is known, or else in the order in which they are met.
struct ClassNumbers: Sendable {
    private(set) var names: [String]
    private var numbers: [String: Int]

    init(_ names: [String]) {
        self.names = names
        numbers = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    mutating func number(of name: String) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = names.count
        names.append(name)
        return names.count - 1
    }
}

/// The order in which classes are numbered where nobody gave one.
public enum ClassOrder {
    /// By number where all names are whole numbers, of the same number ("1", "01") by their bytes; else by their bytes.
    public static func sorted(_ names: some Sequence<String>) -> [String] {
        let names = Array(names), numbers = names.map { Int($0) }
        func isBefore(_ name: String, _ other: String) -> Bool { name.utf8.lexicographicallyPrecedes(other.utf8) }
        guard !numbers.contains(nil) else { return names.sorted(by: isBefore) }
        return zip(numbers.compactMap(\.self), names).sorted { first, second in
            first.0 == second.0 ? isBefore(first.1, second.1) : first.0 < second.0
        }.map(\.1)
    }

    /// For each of `met`, its number in the order of all.
    public static func places(_ met: [String]) -> [Float] {
        let places = Dictionary(sorted(met).enumerated().map { ($1, Float($0)) }) { first, _ in first }
        return met.map { places[$0] ?? -1 }
    }
}
