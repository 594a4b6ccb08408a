// The language of manual pages, as far as these pages need it: the macros of man(7), which groff and mandoc read alike.

/// A page that grows from its top to its end. Texts are given as they are; what would be a command in them is masked.
struct Roff {
    private(set) var text: String

    /// - Parameters:
    ///   - section: 1 for a command, 5 for a kind of file.
    ///   - source: the program and its version.
    init(title: String, section: Int, source: String) {
        text = ".TH \(Self.masked(title)) \(section) \"\" \"\(source)\" \"Lathe\"\n"
    }

    /// A part of a line in one font.
    struct Span: ExpressibleByStringInterpolation {
        fileprivate let roff: String

        private init(roff: String) { self.roff = roff }
        init(stringLiteral text: String) { roff = Roff.masked(text) }
        static func plain(_ text: String) -> Span { Span(roff: Roff.masked(text)) }
        /// What is typed as it stands.
        static func bold(_ text: String) -> Span { Span(roff: "\\fB\(Roff.masked(text))\\fR") }
        /// What something else is put for.
        static func italic(_ text: String) -> Span { Span(roff: "\\fI\(Roff.masked(text))\\fR") }
    }

    /// A heading, with the section's first paragraph below it.
    mutating func section(_ title: String, _ spans: Span...) {
        text += ".SH \(Self.masked(title))\n" + (spans.isEmpty ? "" : Self.lines(spans))
    }

    mutating func paragraph(_ spans: Span...) { text += ".PP\n" + Self.lines(spans) }

    /// A term, and indented below or beside it what it is.
    mutating func item(_ term: [Span], _ meaning: String) {
        text += ".TP\n" + Self.lines(term) + Self.lines([.plain(meaning)])
    }

    /// Lines as they stand, indented.
    mutating func example(_ lines: String) {
        text += ".PP\n.RS 4\n.nf\n" + Self.lines([.plain(lines)]) + ".fi\n.RE\n"
    }

    /// What `body` adds stands indented below the item before it.
    mutating func indented(_ body: (inout Roff) -> Void) {
        text += ".RS\n"
        body(&self)
        text += ".RE\n"
    }

    /// Text, of which no line is made a command by a dot at its beginning.
    private static func lines(_ spans: [Span]) -> String {
        spans.map(\.roff).joined().split(separator: "\n", omittingEmptySubsequences: false)
            .map { ($0.hasPrefix(".") ? "\\&" : "") + $0 + "\n" }.joined()
    }

    /// ASCII that stands for itself; quotation marks and dashes that typesetting would bend are named.
    private static func masked(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\e"
            case "-": "\\-"
            case "'": "\\(aq"
            case "`": "\\(ga"
            case "^": "\\(ha"
            case "~": "\\(ti"
            case "\"": "\\(dq"
            default: scalar.isASCII ? String(scalar) : "\\[u\(hexadecimal(scalar))]"
            }
        }.joined()
    }

    /// At least four digits, as groff wants them.
    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
