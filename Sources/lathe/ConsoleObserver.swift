// Progress on standard error: one line that redraws itself on a terminal, plain lines elsewhere.

internal import DataReports
internal import Foundation
internal import Spelling
internal import Training
internal import Workbench

/// Tells a person what a run is doing.
final class ConsoleObserver: RunObserver {
    private let quiet: Bool
    private let isTerminal = StandardError.isTerminal
    private var lineIsOpen = false
    /// How far all stages are: "42% of all, 3 min 20 s left".
    private var overall: String?
    private var lastPlainLine = ContinuousClock.now - .seconds(3600)
    /// Without a terminal, a progress line at most this often.
    private static let plainInterval = Duration.seconds(5)

    init(quiet: Bool) { self.quiet = quiet }

    deinit { closeLine() }

    func receive(_ event: RunEvent) {
        switch event {
        case .warning(let text): line("warning: " + text)
        case .stage(let name, let detail) where !quiet: line("── \(name)" + (detail.isEmpty ? "" : "  \(detail)"))
        case .note(let text) where !quiet: line("   " + text)
        case .progress(let done, let total, let unit) where !quiet:
            progress("   \(done)/\(total) \(unit)" + (overall.map { ", " + $0 } ?? ""), isLast: done == total)
            overall = nil
        case .overall(let share, let seconds):
            overall =
                "\(Int(100 * share))% of all" + (seconds.map { ", \(Self.duration($0)) left" } ?? "")
        case .training(let event) where !quiet: training(event)
        default: break
        }
    }

    private func training(_ event: TrainingEvent) {
        switch event {
        case .started(let fromStep, let totalSteps, let examples, let parameters):
            line(
                "   \(examples) examples, \(totalSteps) steps, \(parameters) trainable parameters"
                    + (fromStep > 0 ? ", going on after step \(fromStep)" : ""))
        case .step(let step, let total, let record, let tokensPerSecond, let secondsLeft):
            progress(
                String(
                    format: "   step %d/%d loss %.4f lr %.1e norm %.2f, %.0f tokens/s, %@", step, total, record.loss,
                    record.learningRate, record.gradientNorm, tokensPerSecond,
                    overall ?? Self.duration(secondsLeft) + " left"),
                isLast: step == total)
            overall = nil
        case .evaluated(let step, let loss, let isBest):
            line(String(format: "   step %d  held-out loss %.4f%@", step, loss, isBest ? "  (best so far)" : ""))
        case .saved(_, let path): line("   saved \(path)")
        case .stoppedEarly(let step, let bestStep, let bestLoss):
            line(String(format: "   stopped after step %d: no better than %.4f at step %d", step, bestLoss, bestStep))
        case .interrupted(let step): line("   interrupted after step \(step)")
        case .finished(let step, let loss, let seconds):
            line(String(format: "   %d steps in %@, loss %.4f", step, Self.duration(seconds), loss))
        }
    }

    private func progress(_ text: String, isLast: Bool) {
        if isTerminal {
            // One column stays free: a line that ends in the last one wraps on some terminals. The width may change meanwhile.
            let columns = TerminalLine.columns(of: STDERR_FILENO) ?? 80
            StandardError.send(
                "\r\u{1B}[K" + TerminalLine.cut(ShownText.name(text), to: columns - 1) + (isLast ? "\n" : ""))
            lineIsOpen = !isLast
        } else if isLast || ContinuousClock.now - lastPlainLine >= Self.plainInterval {
            lastPlainLine = .now
            StandardError.say(text)
        }
    }

    private func line(_ text: String) {
        closeLine()
        StandardError.say(text)
    }

    private func closeLine() {
        if lineIsOpen { StandardError.send("\n") }
        lineIsOpen = false
    }

    /// "1 h 05 min", "3 min 20 s", "12 s".
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        default: return String(format: "%d h %02d min", whole / 3600, whole / 60 % 60)
        }
    }
}
