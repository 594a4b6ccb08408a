// What a student and its teacher call the same token by the same number. Distributions can be compared there and nowhere else.

internal import Datasets
internal import Models
internal import Spelling

/// The tokens that two models have in common.
struct SharedVocabulary {
    /// Tokens below this number are the same in both.
    let size: Int
    /// What a person should know, a line each.
    private(set) var warnings: [String] = []

    /// - Throws: where the two have other vocabularies, beyond rows that pad a table and marks of another name.
    init(student: OpenedModel, teacher: OpenedModel) throws {
        let sizes = (student.configuration.vocabularySize, teacher.configuration.vocabularySize)
        size = min(sizes.0, sizes.1)
        if student.tokenizerDigest != teacher.tokenizerDigest {
            try compare(student, teacher)
        }
        if sizes.0 != sizes.1 {
            let (larger, rows) = sizes.0 > sizes.1 ? ("student", sizes.0) : ("teacher", sizes.1)
            let model = sizes.0 > sizes.1 ? student : teacher
            let named = (size..<rows).count { model.tokenizer.text(ofToken: Int32($0)) != nil }
            warnings.append(
                "distill: the \(larger)'s table of tokens has \(Count.text(rows - size, "row")) more than the other's, "
                    + (named == 0 ? "all of them padding" : "\(named) of them tokens")
                    + ": they are left out of both distributions")
        }
        if let own = student.templateDigest, let other = teacher.templateDigest, own != other {
            warnings.append(
                "distill: \(path: teacher.path) has another chat template; it reads rows in the student's form")
        }
    }

    /// Throws where a token of the rows is none of both.
    func requireTokens(of rows: any ExampleSource) throws {
        for index in 0..<rows.count {
            let example = try rows.example(index)
            guard let id = example.ids.first(where: { Int($0) >= size }) else { continue }
            throw Failure(.badInput, "\(example.place): token \(id) is none of the teacher's", hint: Self.otherWay)
        }
    }

    private static let otherWay =
        "distill.source: sequence lets the student learn from the teacher's answers, whatever their vocabularies"

    private mutating func compare(_ student: OpenedModel, _ teacher: OpenedModel) throws {
        let special = [student, teacher].map { TokenizerEncoder($0.tokenizer, digest: $0.tokenizerDigest) }
        var renamed: [String] = []
        for id in 0..<Int32(size) {
            let (own, other) = (student.tokenizer.text(ofToken: id), teacher.tokenizer.text(ofToken: id))
            // A number without a text pads a table.
            guard let own, let other, own != other else { continue }
            guard special.contains(where: { $0.isSpecialToken(id) }) else {
                throw Failure(
                    .badInput,
                    "distill.teacher: \(path: teacher.path) has another vocabulary than \(path: student.path): token \(id) is "
                        + "\(ShownText.name(other)) there and \(ShownText.name(own)) here, so their distributions cannot be "
                        + "compared",
                    hint: Self.otherWay)
            }
            renamed.append("\(ShownText.name(other)) for \(ShownText.name(own))")
        }
        guard !renamed.isEmpty else { return }
        let shown = renamed.prefix(3).joined(separator: ", ") + (renamed.count > 3 ? ", …" : "")
        warnings.append(
            "distill: the teacher has other names for \(Count.text(renamed.count, "special token")) (\(shown)); by their "
                + "numbers they are taken for the same")
    }
}
