// What a capture is of: all that decides what the teacher predicts of a row, and what is kept of it.

/// What must agree for rows to be added to a capture, and for a student to learn from it.
public struct CaptureIdentity: Sendable, Equatable {
    /// SHA-256 of the teacher's weights.
    public var teacher: String
    /// SHA-256 of the adapter on it; nil where it has none.
    public var teacherAdapter: String?
    /// SHA-256 of what the teacher reads before each row; nil where it reads what the student does.
    public var context: String?
    /// SHA-256 of what makes tokens of text.
    public var tokenizer: String
    /// SHA-256 of the chat template; nil where there is none.
    public var template: String?
    public var vocabularySize: Int
    public var method: CaptureMethod
    public var temperature: Double
    /// Of what is drawn.
    public var seed: Int
    /// In which the teacher computed.
    public var precision: String

    public init(
        teacher: String, teacherAdapter: String?, context: String?, tokenizer: String, template: String?,
        vocabularySize: Int, method: CaptureMethod, temperature: Double, seed: Int, precision: String
    ) {
        self.teacher = teacher
        self.teacherAdapter = teacherAdapter
        self.context = context
        self.tokenizer = tokenizer
        self.template = template
        self.vocabularySize = vocabularySize
        self.method = method
        self.temperature = temperature
        self.seed = seed
        self.precision = precision
    }

    /// What stands in the file, by name.
    enum Value: Equatable {
        case text(String)
        case whole(Int)
        case real(Double)
    }

    /// A part of it.
    struct Part {
        /// Its attribute in the file.
        let name: String
        /// The recipe's key that decides it.
        let key: String
        let value: Value
        /// Whether a student may learn from a capture that has another.
        var decidesDraws = false
    }

    var parts: [Part] {
        let size = method.size
        return [
            Part(name: "teacher_sha256", key: "distill.teacher", value: .text(teacher)),
            Part(
                name: "teacher_adapter_sha256", key: "distill.teacher_adapter", value: .text(teacherAdapter ?? "none")),
            Part(name: "context_sha256", key: "distill.context", value: .text(context ?? "none")),
            Part(name: "tokenizer_sha256", key: "vocabulary", value: .text(tokenizer)),
            Part(name: "template_sha256", key: "chat template", value: .text(template ?? "none")),
            Part(name: "vocabulary_size", key: "vocabulary size", value: .whole(vocabularySize)),
            Part(name: "method", key: "distill.keep", value: .text(method.name)),
            Part(name: size.key, key: "distill.\(size.key)", value: .whole(size.value)),
            Part(name: "temperature", key: "distill.temperature", value: .real(temperature)),
            Part(name: "seed", key: "seed", value: .whole(seed), decidesDraws: true),
            Part(name: "precision", key: "model.precision", value: .text(precision), decidesDraws: true),
        ]
    }

    /// All of it, a line each: what a journal is about.
    var text: String { parts.map { "\($0.name) \($0.value.text)\n" }.joined() }

    /// Throws at the first part that differs from what `file` holds.
    ///
    /// - Parameter draws: whether the same would be drawn of the same row: what is added to a capture must be, what is learnt
    ///   from it need not.
    func require(_ found: CaptureIdentity, in file: String, draws: Bool) throws(CaptureError) {
        for (ours, theirs) in zip(parts, found.parts) where draws || !ours.decidesDraws {
            guard ours.name != theirs.name || ours.value != theirs.value else { continue }
            throw CaptureError.differs(
                file: file, key: ours.key, found: theirs.value.shown, expected: ours.value.shown)
        }
    }

    /// The same for a journal, of which only the text is known.
    func require(journal subject: String, in file: String) throws(CaptureError) {
        let lines = subject.split(separator: "\n").map(String.init)
        for (number, part) in parts.enumerated() {
            let line = number < lines.count ? lines[number] : ""
            guard line != "\(part.name) \(part.value.text)" else { continue }
            let found = line.hasPrefix(part.name + " ") ? String(line.dropFirst(part.name.count + 1)) : line
            throw CaptureError.differs(
                file: file, key: part.key, found: Value.text(found).shown, expected: part.value.shown)
        }
    }
}

extension CaptureIdentity.Value {
    var text: String {
        switch self {
        case .text(let text): text
        case .whole(let number): "\(number)"
        case .real(let number): "\(number)"
        }
    }

    /// A digest by its beginning: it tells a person nothing but that it is another.
    var shown: String { text.utf8.count == 64 ? String(text.prefix(12)) + "…" : text }
}
