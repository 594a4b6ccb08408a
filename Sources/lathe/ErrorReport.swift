// Errors in words on standard error, and the exit code that goes with them.

internal import ArgumentParser
internal import Foundation
internal import Spelling
internal import Workbench

extension Lathe {
    /// Ends the process: what ArgumentParser knows (help, usage) in its own words, everything else as a `Failure`.
    static func exit(reporting error: any Error) -> Never {
        StopSignals.claimEnd()
        TerminalMode.restore()
        // Errors of its own have exit codes of their own; those of others get the general one.
        if error is ExitCode || exitCode(for: error) != .failure { sayAndExit(error) }
        let failure = Failure(describing: error)
        StandardError.say("lathe: \(failure.description)")
        // At once: a thread may still be reading weights, and libraries must not clean up under it.
        _exit(failure.kind.rawValue)
    }

    /// Help that was asked for is a result; usage that was not met is a message.
    private static func sayAndExit(_ error: any Error) -> Never {
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if !text.isEmpty {
            if code.isSuccess {
                do { try StandardOutput.show(text, isStyled: true) } catch { exit(reporting: error) }
            } else {
                StandardError.say(text)
            }
        }
        _exit(code.rawValue)
    }
}

extension Invocation {
    /// The call that this process answers.
    static var thisProcess: Invocation {
        @Sendable func write(_ text: String) {
            // Away from a progress line that is being drawn.
            StandardError.send((StandardError.isTerminal ? "\n" : "") + ShownText.message(text))
        }
        return Invocation(command: command(CommandLine.arguments), tell: { write("   \($0)\n") })
    }
}
