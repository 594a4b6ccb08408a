// Usual mistakes in YAML, in the words of who writes it.

/// What a text that YAML does not take probably suffers from, told from the lines around the place at which the reading stopped.
struct YAMLMistake {
    let place: RecipePlace
    let message: String
    let hint: String

    init?(at stopped: RecipePlace, in yaml: String) {
        let lines = yaml.split(omittingEmptySubsequences: false) { $0.isNewline }
        func line(_ number: Int) -> Substring { lines.indices.contains(number - 1) ? lines[number - 1] : "" }
        func column(of offset: Int) -> Int { offset + 1 }
        // The reading may stop a line late.
        for number in [stopped.line, stopped.line - 1] {
            let text = line(number)
            let indent = text.prefix { $0 == " " || $0 == "\t" }
            if let tab = indent.firstIndex(of: "\t") {
                let offset = text.distance(from: text.startIndex, to: tab)
                place = RecipePlace(file: stopped.file, line: number, column: column(of: offset))
                message = "a tab stands at the beginning of the line"
                hint = "indent with spaces, two a level"
                return
            }
        }
        let text = line(stopped.line)
        if text.trimmingPrefix(while: { $0 == " " }).hasPrefix("---"), stopped.line > 1 {
            place = stopped
            message = "a second document begins here"
            hint = "a recipe is one document: keep them in files of their own"
            return
        }
        return nil
    }
}
