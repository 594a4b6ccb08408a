// Usual mistakes in YAML, in the words of who writes it.

/// What a text that YAML does not take probably suffers from, told from the lines around the place at which the reading stopped.
struct YAMLMistake {
    let place: RecipePlace
    let message: String
    let hint: String

    init?(at stopped: RecipePlace, in yaml: String) {
        let text = YAMLLines(yaml, stopped)
        for look in [Self.tab, Self.secondDocument, Self.reserved, Self.unclosed, Self.missingColon, Self.indentation] {
            if let found = look(text) {
                self = found
                return
            }
        }
        return nil
    }

    private init(_ message: String, hint: String, _ text: YAMLLines, line: Int, column: Int) {
        place = RecipePlace(file: text.stopped.file, line: line, column: column)
        self.message = message
        self.hint = hint
    }

    /// The reading may stop a line late.
    private static func tab(_ text: YAMLLines) -> YAMLMistake? {
        for number in [text.stopped.line, text.stopped.line - 1] {
            guard let column = text.indent(number).firstIndex(of: "\t") else { continue }
            return YAMLMistake(
                "a tab stands at the beginning of the line", hint: "indent with spaces, two a level", text,
                line: number, column: column + 1)
        }
        return nil
    }

    private static func secondDocument(_ text: YAMLLines) -> YAMLMistake? {
        guard text.stopped.line > 1, text.body(text.stopped.line).starts(with: "---") else { return nil }
        return YAMLMistake(
            "a second document begins here", hint: "a recipe is one document: keep them in files of their own", text,
            line: text.stopped.line, column: text.stopped.column)
    }

    private static func unclosed(_ text: YAMLLines) -> YAMLMistake? {
        guard let open = text.open else { return nil }
        let (what, end) =
            switch open.character {
            case "[": ("bracket", "]")
            case "{": ("brace", "}")
            default: ("quotation mark", String(open.character))
            }
        return YAMLMistake(
            "this \(what) is never closed", hint: "close it with \(end)", text, line: open.line, column: open.column)
    }

    /// A character that means something else to YAML.
    private static func reserved(_ text: YAMLLines) -> YAMLMistake? {
        let (line, column) = (text.stopped.line, text.stopped.column)
        let word = String(text.characters(line).dropFirst(column - 1).prefix { !" ,]}".contains($0) })
        switch word.first {
        case "*":
            return YAMLMistake(
                "\(word) stands for a value that no &\(word.dropFirst()) names",
                hint: "a pattern of files goes within quotation marks: \"\(word)\"", text, line: line, column: column)
        case "@", "`", "%", "&", "!", "|", ">":
            return YAMLMistake(
                "a value that begins with \(word.prefix(1)) means something else to YAML",
                hint: "put it within quotation marks: '\(word)'", text, line: line, column: column)
        case "\\":
            return YAMLMistake(
                "\(word.prefix(2)) means nothing within double quotation marks",
                hint: "use single quotation marks, or write \\\\ for \\", text, line: line, column: column)
        default: return nil
        }
    }

    /// A colon too many, or one that is missing on the line before.
    private static func missingColon(_ text: YAMLLines) -> YAMLMistake? {
        let (line, column) = (text.stopped.line, text.stopped.column)
        let body = text.body(line)
        if !body.contains(":"), !body.starts(with: "-"), !body.isEmpty {
            return YAMLMistake(
                "no colon stands after the key", hint: "write `key: value`", text, line: line,
                column: text.indent(line).count + 1)
        }
        guard text.characters(line).dropFirst(column - 1).first == ":" else { return nil }
        let before = text.characters(line).prefix(column - 1)
        if before.contains(":") {
            return YAMLMistake(
                "a second colon stands in the line", hint: "put the value within quotation marks", text, line: line,
                column: column)
        }
        guard let last = stride(from: line - 1, through: 1, by: -1).first(where: { !text.body($0).isEmpty }) else {
            return nil
        }
        return YAMLMistake(
            text.body(last).contains(":")
                ? "this line is indented more than the value before it allows" : "no colon stands after the key",
            hint: text.body(last).contains(":")
                ? "put a key below its sibling, at the same column" : "write `key: value`", text,
            line: text.body(last).contains(":") ? line : last, column: text.indent(last).count + 1)
    }

    private static func indentation(_ text: YAMLLines) -> YAMLMistake? {
        let (line, column) = (text.stopped.line, text.stopped.column)
        guard !text.body(line).isEmpty, text.indent(line).count == column - 1 else { return nil }
        return YAMLMistake(
            "the line begins at a column at which no line above it does",
            hint: "keys that belong together begin at the same column; indent by two spaces a level", text, line: line,
            column: column)
    }
}

/// A text up to where its reading stopped.
private struct YAMLLines {
    let stopped: RecipePlace
    private let lines: [[Character]]
    /// The bracket, brace or quotation mark that is open there.
    let open: (character: Character, line: Int, column: Int)?

    init(_ yaml: String, _ stopped: RecipePlace) {
        self.stopped = stopped
        lines = yaml.split(omittingEmptySubsequences: false) { $0.isNewline }.map(Array.init)
        open = Self.open(lines.prefix(stopped.line), stopped)
    }

    func characters(_ number: Int) -> [Character] { lines.indices.contains(number - 1) ? lines[number - 1] : [] }
    func indent(_ number: Int) -> [Character] { Array(characters(number).prefix { $0 == " " || $0 == "\t" }) }

    /// The line without its indentation and comment.
    func body(_ number: Int) -> [Character] {
        let text = characters(number).dropFirst(indent(number).count)
        guard text.first != "#" else { return [] }
        let comment = text.indices.dropFirst().first { text[$0] == "#" && text[$0 - 1] == " " }
        return Array(text.prefix(upTo: comment ?? text.endIndex))
    }

    private static func open(
        _ lines: ArraySlice<[Character]>, _ stopped: RecipePlace
    ) -> (character: Character, line: Int, column: Int)? {
        var stack: [(character: Character, line: Int, column: Int)] = []
        for (number, line) in lines.enumerated() {
            var index = 0
            while index < line.count, number + 1 < stopped.line || index < stopped.column - 1 {
                defer { index += 1 }
                let character = line[index]
                let before: Character = index == 0 ? " " : line[index - 1]
                switch (stack.last?.character, character) {
                case ("\"", "\\"): index += 1
                case ("\"", "\""), ("'", "'"), ("[", "]"), ("{", "}"): stack.removeLast()
                case ("\"", _), ("'", _): break
                case (_, "#") where before == " ": index = line.count
                case (_, "\""), (_, "'"), (_, "["), (_, "{"):
                    // Within a word it is a character like others.
                    if " [{,:".contains(before) { stack.append((character, number + 1, index + 1)) }
                default: break
                }
            }
        }
        return stack.first
    }
}
