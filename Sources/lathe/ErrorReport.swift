// Errors in words on standard error, and the exit code that goes with them.

internal import ArgumentParser
internal import Foundation
internal import Workbench

extension Lathe {
    /// Ends the process: what ArgumentParser knows (help, usage) in its own words, everything else as a `Failure`.
    static func exit(reporting error: any Error) -> Never {
        // Errors of its own have exit codes of their own; those of others get the general one.
        if error is ExitCode || Self.exitCode(for: error) != .failure { Self.exit(withError: error) }
        let failure = Failure(describing: error)
        FileHandle.standardError.write(Data("lathe: \(failure.description)\n".utf8))
        fflush(nil)
        // At once: a thread may still be reading weights, and libraries must not clean up under it.
        _exit(failure.kind.rawValue)
    }
}

extension Invocation {
    /// The call that this process answers.
    static var thisProcess: Invocation {
        @Sendable func write(_ text: String) {
            // Away from a progress line that is being drawn.
            let start = isatty(STDERR_FILENO) == 1 ? "\n" : ""
            FileHandle.standardError.write(Data((start + text).utf8))
        }
        return Invocation(
            command: command(CommandLine.arguments), tell: { write("   \($0)\n") },
            end: {
                write("")
                Lathe.exit(reporting: $0)
            })
    }
}
