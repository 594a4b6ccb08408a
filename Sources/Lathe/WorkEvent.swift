// What happens during long work, for a listener.

internal import Training
internal import Workbench

/// Something that happened. Nothing depends on who listens.
public enum WorkEvent: Sendable {
    /// A part of the work began: "prepare", "train", "evaluate", "merge".
    case stage(String)
    /// A line worth reading.
    case note(String)
    /// Something to know before trusting the result.
    case warning(String)
    /// Step `step` of `total` is done; `loss` is the mean over its target tokens, natural logarithm.
    case step(Int, total: Int, loss: Double)
    /// `done` of `total` of what `unit` names.
    case progress(done: Int, total: Int, unit: String)
}

/// Hands on to a closure what stages tell.
struct Listener: RunObserver {
    let onEvent: ((WorkEvent) -> Void)?

    func receive(_ event: RunEvent) {
        guard let onEvent, let told = Self.told(event) else { return }
        onEvent(told)
    }

    private static func told(_ event: RunEvent) -> WorkEvent? {
        switch event {
        case .stage(let name, _): .stage(name)
        case .note(let text): .note(text)
        case .warning(let text): .warning(text)
        case .training(.step(let step, let total, let record, _, _, _)): .step(step, total: total, loss: record.loss)
        case .training, .facts, .overall: nil
        case .health(let finding): .warning(finding.line)
        case .progress(let done, let total, let unit): .progress(done: done, total: total, unit: unit)
        }
    }
}
