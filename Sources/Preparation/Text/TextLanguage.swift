// Which language a text is probably written in: by its letters, and where these are Latin by the small words that every text has.

/// Guesses languages, for a person to read: nothing is decided by them.
public enum TextLanguage {
    /// The language's name in English, or that of the script where several are written in it; nil where there are too few letters.
    public static func guess(_ text: String) -> String? {
        var text = text
        let counts = text.withUTF8 { CharacterCounts($0) }
        let letters = counts.letters.reduce(0, +)
        guard letters >= 2 else { return nil }
        // Japanese is mostly Han where it is formal, and never without kana.
        if counts.share(of: .kana) > 0.05 { return "Japanese" }
        let script = Script.allCases.max { counts.share(of: $0) < counts.share(of: $1) } ?? .other
        switch script {
        case .latin: return latin(text)
        case .han: return "Chinese"
        case .kana: return "Japanese"
        case .hangul: return "Korean"
        case .greek: return "Greek"
        case .hebrew: return "Hebrew"
        case .thai: return "Thai"
        case .cyrillic: return "Cyrillic script"
        case .arabic: return "Arabic script"
        case .devanagari: return "Devanagari script"
        case .other: return "another script"
        }
    }

    /// Words that stand in nearly every text of a language, and in few of the others. None of one letter: labels are such, too.
    private static let words: [(language: String, words: Set<Substring>)] = [
        ("English", "the and of to is in that it for with are was on my you this not have what where how"),
        ("German", "der die und das ist nicht ich mit ein eine zu den sie auf für wie wir sind wurde"),
        ("French", "le la les et est des une vous pour que dans pas sur je ce avec il mon où"),
        ("Spanish", "el los las que una para con por es del está no mi como se lo muy"),
        ("Italian", "il che di non per una sono della con gli mi come si ho questo"),
        ("Portuguese", "que não uma para com os do da em um meu como está mais"),
        ("Dutch", "het een en van is niet ik dat met op te voor zijn mijn de"),
    ].map { ($0.0, Set($0.1.split(separator: " "))) }

    /// The language most of whose small words the text has; one alone proves nothing.
    private static func latin(_ text: String) -> String {
        let found = text.lowercased().split { !$0.isLetter }
        let scores = words.map { entry in (entry.language, found.count { entry.words.contains($0) }) }
        guard let best = scores.max(by: { $0.1 < $1.1 }), best.1 >= 2 else { return "Latin script" }
        return best.0
    }
}
