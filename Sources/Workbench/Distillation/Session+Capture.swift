// The capture of a session's recipe: where it lies, and what it is of.

internal import Adapters
internal import Distillation
internal import Files
internal import Foundation
internal import Recipes
internal import Tensors

extension DistillSection {
    /// What is kept of each distribution.
    var captureMethod: CaptureMethod {
        switch keep {
        case .sampled: .sampled(tokens: tokens)
        case .topK: .topK(k: k)
        }
    }
}

extension DistillSection {
    /// What a capture of so many target tokens takes on disk, more or less; nil where nothing is captured.
    func captureBytes(targets: Int) -> Int? {
        guard isAsked, source.isCaptured else { return nil }
        // A number of each target, and of each token that is kept its id with a count or a log-probability, compressed.
        return targets * (keep == .sampled ? 8 + 2 * tokens : 8 + 6 * k)
    }
}

extension Session {
    /// Where the teacher's distributions are kept.
    var capturePlace: URL { RunDirectory(planned: RunDirectory.place(of: recipe)).capturePlace(recipe) }

    /// What decides them.
    func captureIdentity(_ teacher: Teacher) throws -> CaptureIdentity {
        let distill = recipe.distill
        return CaptureIdentity(
            teacher: try teacher.opened.weights.contentDigest(),
            teacherAdapter: try distill.teacherAdapter.map(StoredAdapter.digest), context: teacher.context?.digest,
            tokenizer: try base().tokenizerDigest, template: try base().templateDigest,
            vocabularySize: teacher.vocabulary.size, method: distill.captureMethod, temperature: distill.temperature,
            seed: recipe.seed, precision: "\(teacher.model.precision)")
    }

    /// The capture of what `teacher` says. At a place that a person named, other students may have rows of their own.
    func capture(_ teacher: Teacher) throws -> Capture {
        Capture(at: capturePlace, of: try captureIdentity(teacher), isShared: recipe.distill.path != nil)
    }

    /// Removes a capture in the run's own directory that is of another teacher, or kept in another way.
    func removeOtherCapture(_ teacher: Teacher) throws {
        guard recipe.distill.path == nil else { return }
        try capture(teacher).removeOthers()
    }

    /// What is learnt from, once it is captured. Its file is opened when the first step asks.
    func capturedTeacher(_ teacher: Teacher) throws -> CapturedTeacher {
        let identity = try captureIdentity(teacher), place = capturePlace
        return CapturedTeacher(identity.method) {
            let file = try CaptureFile(place)
            try file.require(identity)
            return file
        }
    }
}
