// `filter`: rows outside the bounds are left out, and counted by the bound.

internal import JSON
internal import Recipes
internal import Tokenizers

final class FilterRows: RowStep {
    private let step: FilterStep
    private let path: String
    private let fields: TextFields
    private let examples: ExampleText
    private let countTokens: ((String) -> Int)?
    private let scripts: (least: [(Script, Double)], most: [(Script, Double)])
    private let matches: RegularExpression?
    private let excludes: RegularExpression?
    private let conditions: [Condition]
    private let needs: (counts: Bool, words: Bool, text: Bool)
    private var bytes: [UInt8] = []
    private var words = Words()

    /// What one field must or must not hold.
    private struct Condition {
        enum Test {
            case oneOf([String])
            case noneOf([String])
            case atLeast(Double)
            case atMost(Double)
        }
        let field: TextFields
        let name: String
        let test: Test
    }

    init(
        _ step: FilterStep, _ report: StepReport, path: String, columns: ColumnNames,
        countTokens: ((String) -> Int)?, next: any RowSink
    ) throws {
        self.step = step
        self.path = path
        fields = TextFields(step.fields, columns: columns, coversAll: false)
        examples = ExampleText(fields)
        self.countTokens = countTokens
        func bounds(_ map: [String: Double]) -> [(Script, Double)] {
            Script.allCases.compactMap { script in map[script.name].map { (script, $0) } }
        }
        scripts = (bounds(step.minScript), bounds(step.maxScript))
        matches = try step.matches.map { try RegularExpression($0, place: path + ".matches") }
        excludes = try step.excludes.map { try RegularExpression($0, place: path + ".excludes") }
        conditions = Self.conditions(step)
        let needsCounts =
            step.minCharacters != nil || step.maxCharacters != nil || step.minAlphanumeric != nil
            || step.maxAlphanumeric != nil || !step.minScript.isEmpty || !step.maxScript.isEmpty
        let needsWords =
            step.minWords != nil || step.maxWords != nil || step.maxWordRepetition != nil || step.maxTopNgram != nil
        let needsTokens = step.minTokens != nil || step.maxTokens != nil
        needs = (
            needsCounts, needsWords,
            needsCounts || needsWords || needsTokens || matches != nil || excludes != nil
                || step.maxCharacterRepetition != nil || step.maxLineRepetition != nil
        )
        if needsTokens, countTokens == nil {
            throw StepError(path, "recipe", "tokens can only be counted with a model's tokenizer")
        }
        super.init(report, next: next)
    }

    private static func conditions(_ step: FilterStep) -> [Condition] {
        func list<Value>(_ map: [String: Value], _ key: String, _ test: (Value) -> Condition.Test) -> [Condition] {
            map.sorted { $0.key < $1.key }.map { field, value in
                Condition(
                    field: TextFields([field], columns: [:], coversAll: true), name: "\(key).\(field)",
                    test: test(value))
            }
        }
        return list(step.whereField, "where") { .oneOf($0) } + list(step.whereNot, "where_not") { .noneOf($0) }
            + list(step.minValue, "min_value") { .atLeast($0) } + list(step.maxValue, "max_value") { .atMost($0) }
    }

    override func process(_ row: Row) throws {
        guard let reason = reasonToRemove(row) else { return try emit(row) }
        note { $0.remove(reason, place: row.place.description, text: { examples.text(of: row) }) }
    }

    /// The first bound that the row breaks.
    private func reasonToRemove(_ row: Row) -> String? {
        for condition in conditions where !holds(condition, row) { return condition.name }
        guard needs.text else { return nil }
        bytes.removeAll(keepingCapacity: true)
        fields.appendText(of: row.fields, to: &bytes)
        return bytes.withUnsafeBufferPointer { reasonToRemove($0) }
    }

    private func reasonToRemove(_ text: UnsafeBufferPointer<UInt8>) -> String? {
        if needs.counts {
            let counts = CharacterCounts(text)
            if let least = step.minCharacters, counts.characters < least { return "min_characters" }
            if let most = step.maxCharacters, counts.characters > most { return "max_characters" }
            if let least = step.minAlphanumeric, counts.alphanumericShare < least { return "min_alphanumeric" }
            if let most = step.maxAlphanumeric, counts.alphanumericShare > most { return "max_alphanumeric" }
            for (script, least) in scripts.least where counts.share(of: script) < least {
                return "min_script.\(script.name)"
            }
            for (script, most) in scripts.most where counts.share(of: script) > most {
                return "max_script.\(script.name)"
            }
        }
        if needs.words {
            words.scan(text)
            if let least = step.minWords, words.count < least { return "min_words" }
            if let most = step.maxWords, words.count > most { return "max_words" }
            if let most = step.maxWordRepetition,
                Repetition.share(ofRepeatedRuns: step.ngramWords, in: words.hashes) > most
            {
                return "max_word_repetition"
            }
            if let most = step.maxTopNgram,
                Repetition.share(ofTopRun: step.ngramWords, in: words, byteCount: text.count) > most
            {
                return "max_top_ngram"
            }
        }
        if let most = step.maxLineRepetition, Repetition.share(ofRepeatedLinesIn: text) > most {
            return "max_line_repetition"
        }
        if let most = step.maxCharacterRepetition,
            Repetition.share(ofCommonestCharacterRuns: step.ngramCharacters, in: text) > most
        {
            return "max_character_repetition"
        }
        if let matches, !isFound(matches, text) { return "matches" }
        if let excludes, isFound(excludes, text) { return "excludes" }
        if step.minTokens != nil || step.maxTokens != nil, let countTokens {
            let count = countTokens(String(decoding: text, as: UTF8.self))
            if let least = step.minTokens, count < least { return "min_tokens" }
            if let most = step.maxTokens, count > most { return "max_tokens" }
        }
        return nil
    }

    private func isFound(_ pattern: RegularExpression, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.baseAddress == nil ? pattern.isFound(inUTF8: []) : pattern.isFound(inUTF8: text)
    }

    private func holds(_ condition: Condition, _ row: Row) -> Bool {
        var values: [String] = []
        condition.field.forEach(in: row.fields) { values.append($0) }
        switch condition.test {
        case .oneOf(let wanted):
            return values.contains { value in wanted.contains { $0.utf8.elementsEqual(value.utf8) } }
        case .noneOf(let unwanted):
            return !values.contains { value in unwanted.contains { $0.utf8.elementsEqual(value.utf8) } }
        case .atLeast(let least): return values.contains { Double($0).map { $0 >= least } ?? false }
        case .atMost(let most): return values.contains { Double($0).map { $0 <= most } ?? false }
        }
    }
}

extension RegularExpression {
    /// Whether the pattern is found anywhere.
    fileprivate func isFound(inUTF8 text: [UInt8]) -> Bool {
        // An empty text has no address, and the engine wants one.
        (text.isEmpty ? [0x0A] : text).withUnsafeBufferPointer { isFound(inUTF8: $0) }
    }

    fileprivate func isFound(inUTF8 text: UnsafeBufferPointer<UInt8>) -> Bool { firstMatch(in: text) != nil }
}
