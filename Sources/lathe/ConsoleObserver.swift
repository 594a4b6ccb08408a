// Progress on standard error: one line that redraws itself on a terminal, with colours and a small curve of the losses; plain lines
// elsewhere.

internal import DataReports
internal import Foundation
internal import Objectives
internal import Spelling
internal import Training
internal import Workbench

/// Tells a person what a run is doing.
final class ConsoleObserver: RunObserver {
    private let quiet: Bool
    private let isTerminal = StandardError.isTerminal
    private var lineIsOpen = false
    /// How far all stages are: "42% of all", "3 min 20 s left".
    private var overall: [ProgressLine.Part] = []
    private var lastSaved = ""
    private var losses = TerminalCurve()
    /// Characters of the curve of losses.
    private static let curveColumns = 12
    private var lastPlainLine = ContinuousClock.now - .seconds(3600)
    /// Without a terminal, a progress line at most this often.
    private static let plainInterval = Duration.seconds(5)

    init(quiet: Bool) { self.quiet = quiet }

    deinit { closeLine() }

    func receive(_ event: RunEvent) {
        switch event {
        case .warning(let text): line("warning: " + text, "warning:", .warning)
        case .health(let finding): line("health: " + ShownText.name(finding.line), "health:", .warning)
        case .stage(let name, let detail) where !quiet:
            line("── \(name)" + (detail.isEmpty ? "" : "  \(ShownText.name(detail))"), "── \(name)", .strong)
        case .note(let text) where !quiet:
            line(
                text.split(separator: "\n", omittingEmptySubsequences: false).map { "   " + $0 }.joined(separator: "\n")
            )
        case .progress(let done, let total, let unit) where !quiet:
            progress([.init("   \(done)/\(total) \(unit)", .essential)] + overall, isLast: done == total)
            overall = []
        case .overall(let share, let seconds):
            overall = [.init(", \(Int(100 * share))% of all", .share)]
            if let seconds { overall.append(Self.left(seconds)) }
        case .training(let event) where !quiet: training(event)
        default: break
        }
    }

    private func training(_ event: TrainingEvent) {
        switch event {
        case .started(let fromStep, let totalSteps, let examples, let parameters):
            line(
                "   \(Count.text(examples, "example")), \(Count.text(totalSteps, "step")), "
                    + "\(parameters) trainable parameters"
                    + (fromStep > 0 ? ", going on after step \(fromStep)" : ""))
        case .step(let step, let total, let record, _, let tokensPerSecond, let secondsLeft):
            let facts: [ProgressLine.Part] = [
                .init("   step \(step)/\(total)", .essential),
                .init(" loss " + ShownNumber.fourDigits(record.loss), .result, .strong), curve(with: record.loss),
                .init(Self.measures(record.measures), .result),
                .init(String(format: " lr %.1e", record.learningRate), .detail, .calm),
                .init(String(format: " norm %.2f", record.gradientNorm), .detail, .calm),
                .init(String(format: ", %.0f tokens/s", tokensPerSecond), .rate, .calm),
            ]
            progress(facts + (overall.isEmpty ? [Self.left(secondsLeft)] : overall), isLast: step == total)
            overall = []
        case .evaluated(let record, let isBest):
            line(
                "   step \(record.step)  held-out loss \(ShownNumber.fourDigits(record.loss))"
                    + Self.measures(record.measures) + (isBest ? "  (best so far)" : ""))
        case .saved(_, let path):
            // A checkpoint is written again with what its evaluation came to: one line is enough.
            if path != lastSaved { line("   saved \(ShownText.name(path))") }
            lastSaved = path
        case .stoppedEarly(let step, let bestStep, let bestLoss):
            let best = ShownNumber.fourDigits(bestLoss)
            line("   stopped after step \(step): no better than \(best) at step \(bestStep)")
        // What ends the run is its last word.
        case .failed: closeLine()
        case .interrupted(let step): line("   interrupted after step \(step)")
        case .finished(let step, let loss, let seconds):
            line(
                "   \(Count.text(step, "step")) in \(Self.duration(seconds)), loss \(ShownNumber.fourDigits(loss))")
        }
    }

    /// How the losses went so far, where the line is redrawn.
    private func curve(with loss: Double) -> ProgressLine.Part {
        losses.add(loss)
        let text = isTerminal ? losses.text(columns: Self.curveColumns) : ""
        return .init(text.isEmpty ? "" : " " + text, .rate, .curve)
    }

    /// What an objective tells beside its loss: " reward margin 0.1234".
    private static func measures(_ measures: [MeasuredValue]) -> String {
        measures.map { " " + $0.name.replacing("_", with: " ") + " " + ShownNumber.fourDigits($0.value) }.joined()
    }

    private static func left(_ seconds: Double) -> ProgressLine.Part {
        .init(", \(duration(seconds)) left", .essential)
    }

    private func progress(_ parts: [ProgressLine.Part], isLast: Bool) {
        let line = ProgressLine(parts.map { .init(ShownText.name($0.text), $0.weight, $0.style) })
        if isTerminal {
            // One column stays free: a line that ends in the last one wraps on some terminals. The width may change meanwhile.
            let columns = TerminalLine.columns(of: STDERR_FILENO) ?? 80
            let text = line.text(columns: columns - 1, hasColours: StandardError.hasColours)
            StandardError.send("\r\u{1B}[K" + text + (isLast ? "\n" : ""))
            lineIsOpen = !isLast
        } else if isLast || ContinuousClock.now - lastPlainLine >= Self.plainInterval {
            lastPlainLine = .now
            StandardError.say(line.text)
        }
    }

    /// - Parameter word: with which the line begins, and which looks as `style` says.
    private func line(_ text: String, _ word: String = "", _ style: TerminalStyle = .plain) {
        closeLine()
        StandardError.say(text, word, style)
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
