// Any error as a failure in words: its kind is what the thrower said, its text is shown and never read.

internal import Datasets
internal import Preparation
internal import Vocabulary

extension Failure {
    /// Any error as a failure in words. One that is not of Lathe is a defect: at every border an error gets its kind.
    ///
    /// What an error quotes of rows is covered: messages go to terminals and logs.
    public init(describing error: any Error) {
        switch Self.covered(error) {
        case let failure as Failure: self = failure
        case let error as any ClassifiedError: self.init(error.kind, error.description, namedFile: error.namedFile)
        case let error: self.init(.internal, "\(error)")
        }
    }

    /// The same failure with the file's name before it, unless it names one already.
    func located(_ file: String) -> Failure {
        namedFile == nil ? Failure(kind, "\(path: file): \(message)", hint: hint, namedFile: file) : self
    }

    private static func covered(_ error: any Error) -> any Error {
        let cover = PersonalDataCover()
        switch error {
        case let error as DatasetError:
            let problems = error.problems.map { problem in
                DatasetProblem(
                    problem.kind, problem.place, cover.text(problem.message), hint: problem.hint.map { cover.text($0) })
            }
            return DatasetError(problems, count: error.count, groups: error.groups.mapTexts { cover.text($0) })
        case let error as StepError: return error.covered(cover)
        default: return error
        }
    }
}
