// The one error of this module: facts, not sentences.

internal import Spelling
public import Vocabulary

/// Why an adapter cannot be made, read or written, with everything that is wrong at once.
public struct AdapterError: ClassifiedError, Equatable {
    /// One thing that is wrong.
    public struct Problem: Sendable, Equatable {
        /// A key of a file, a module's path or a pattern.
        public var subject: String?
        /// What is wrong, as a fragment.
        public var text: String
        public var expected: String?
        public var found: String?
        /// The name that was probably meant.
        public var nearest: String?

        public init(
            _ text: String, subject: String? = nil, expected: String? = nil, found: String? = nil,
            nearest: String? = nil
        ) {
            self.text = text
            self.subject = subject
            self.expected = expected
            self.found = found
            self.nearest = nearest
        }
    }

    /// The file concerned, if it is one.
    public var file: String?
    public var problems: [Problem]
    public var kind: FailureKind

    /// An error of what an adapter holds, unless `kind` says otherwise.
    public init(file: String? = nil, problems: [Problem], kind: FailureKind = .badInput) {
        self.file = file
        self.problems = problems
        self.kind = kind
    }

    /// What the system said of an adapter's file.
    public init(_ error: SystemError) {
        self.init(file: error.path, problems: [Problem("\(error.problem): \(error.cause)")], kind: error.kind)
    }

    /// The same error, of the file it was found in.
    public func located(_ file: String) -> AdapterError {
        var located = self
        located.file = file
        return located
    }

    public var namedFile: String? { file }

    public init(
        file: String? = nil, _ text: String, subject: String? = nil, expected: String? = nil, found: String? = nil,
        nearest: String? = nil, kind: FailureKind = .badInput
    ) {
        let problem = Problem(text, subject: subject, expected: expected, found: found, nearest: nearest)
        self.init(file: file, problems: [problem], kind: kind)
    }
}

extension AdapterError {
    public var description: String {
        var groups = MessageGroups(of: "tensors")
        for problem in problems {
            groups.add(problem.sentence, of: ShownText.name(problem.subject ?? ""), sense: problem.text)
        }
        let lines = groups.lines
        let all = lines.joined(separator: lines.count > 1 ? "\n  " : "")
        return (file.map { "\($0): " } ?? "") + (lines.count > 1 ? "\(problems.count) problems\n  " : "") + all
    }
}

extension AdapterError.Problem {
    /// Everything but the subject.
    fileprivate var sentence: String {
        var text = text
        if let expected { text += ", expected \(expected)" }
        if let found { text += ", found \(ShownText.name(found))" }
        if let nearest { text += " (did you mean \(nearest)?)" }
        return text
    }
}
