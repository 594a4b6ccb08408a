// A capture that may not be there yet: what learns from it is planned before it is made.

public import Models
public import Objectives
internal import Synchronization
internal import Tensors

/// A capture as a teacher, opened when it is first asked.
public final class CapturedTeacher: TeacherSource {
    public let form: TeacherForm
    private let open: @Sendable () throws -> CaptureFile
    private let opened = Mutex<CaptureFile?>(nil)

    /// - Parameters:
    ///   - method: what the capture keeps.
    ///   - open: opens it, and throws where it is not what is asked for.
    public init(_ method: CaptureMethod, open: @escaping @Sendable () throws -> CaptureFile) {
        form = method.form
        self.open = open
    }

    public func withTargets<Result>(
        _ pass: ObjectivePass, _ body: (TeacherTargets) throws -> Result
    ) throws -> Result {
        guard !pass.measures else { return try body(form.nothing) }
        let file = try opened.withLock { opened in
            let file = try opened ?? open()
            opened = file
            return file
        }
        return try file.withTargets(pass, body)
    }
}

extension CaptureMethod {
    var form: TeacherForm {
        switch self {
        case .sampled: .sampled
        case .topK: .topK
        }
    }
}

extension TeacherForm {
    /// No rows.
    fileprivate var nothing: TeacherTargets {
        self == .sampled ? .sampled(SparseRows()) : .topK(SparseRows(), restLogProbabilities: [])
    }
}
